"""Runs the whole suite: the unit tests beside the tests that start programs, which mostly wait. One verdict.

    python -m tests.run [pytest's own options]

The unit tests give way (nice): they use a processor whole, the others need one at the right moment.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
UNIT = ("tests/unit",)
PROGRAMS = ("tests/browser", "tests/contract", "tests/deploy", "tests/pipeline", "tests/timed")
NICE = 10
NOTHING_COLLECTED = 5


def main() -> int:
    """Exit 0 where both are good."""
    command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    with tempfile.TemporaryFile() as said:
        unit = subprocess.Popen(
            ["nice", "-n", str(NICE), *command, *UNIT], cwd=REPO, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            programs = subprocess.run([*command, *PROGRAMS], cwd=REPO, check=False).returncode
            units = unit.wait()
        finally:
            if unit.poll() is None:
                unit.terminate()
                unit.wait()
        said.seek(0)
        print(f"== {' '.join(UNIT)}, which ran beside these:", flush=True)
        sys.stdout.buffer.write(said.read())
        sys.stdout.flush()
    bad = [code for code in (programs, units) if code not in {0, NOTHING_COLLECTED}]
    return bad[0] if bad else 0


if __name__ == "__main__":
    sys.exit(main())
