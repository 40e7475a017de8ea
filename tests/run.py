"""Runs the whole suite in two lanes side by side, since most tests of programs wait more than they work. One verdict.

    python -m tests.run [pytest's own options]

The second lane's words come when the first has ended, so that they can be read.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
LANES = (
    ("tests/contract", "tests/browser", "tests/deploy"),
    ("tests/pipeline", "tests/timed", "tests/unit"),
)
NOTHING_COLLECTED = 5


def main() -> int:
    """Exit 0 where both are good."""
    command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    began_s = time.monotonic()
    with tempfile.TemporaryFile() as said:
        second = subprocess.Popen([*command, *LANES[1]], cwd=REPO, stdout=said, stderr=subprocess.STDOUT)
        try:
            codes = [subprocess.run([*command, *LANES[0]], cwd=REPO, check=False).returncode, second.wait()]
        finally:
            if second.poll() is None:
                second.terminate()
                second.wait()
        said.seek(0)
        print(f"== {' '.join(LANES[1])}, which ran beside these:", flush=True)
        sys.stdout.buffer.write(said.read())
        sys.stdout.flush()
    print(f"== both lanes: {time.monotonic() - began_s:.0f} s")
    return next((code for code in codes if code not in {0, NOTHING_COLLECTED}), 0)


if __name__ == "__main__":
    sys.exit(main())
