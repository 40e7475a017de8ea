"""`python -m models.make`: what `station model` can do, without the station."""

import sys

from models.make.command import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], "python -m models.make"))
