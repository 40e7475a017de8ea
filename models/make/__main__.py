"""`python -m models.make`."""

import logging
import sys

from models.make.command import run

if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("models").setLevel(logging.INFO)
    sys.exit(run(sys.argv[1:]))
