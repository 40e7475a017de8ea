"""`make check`: every check, in the order of what fails fastest, and one verdict at the end."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
TRAINING = REPO / ".venv-train" / "bin" / "python"
ROOMS = ("station", "drivers", "models", "tests")
CHECKS = (
    ("format", ["ruff", "format", "--check", *ROOMS]),
    ("lint", ["ruff", "check", *ROOMS]),
    ("arrows", ["lint-imports"]),
    ("types", ["pyright"]),
    ("tests", ["python", "-m", "tests.run"]),
    ("training", [str(TRAINING), "-m", "pytest", "tests/train"]),
)


def main() -> int:
    failed: list[str] = []
    for name, command in CHECKS:
        if name == "training" and not TRAINING.exists():
            print("== training: SKIPPED, there is no training environment; make setup-train", flush=True)
            continue
        started = time.monotonic()
        print(f"== {name}: {' '.join(command)}", flush=True)
        result = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=REPO, check=False)
        print(
            f"== {name}: {'good' if result.returncode == 0 else 'FAILED'} ({time.monotonic() - started:.0f} s)",
            flush=True,
        )
        if result.returncode != 0:
            failed.append(name)
    print(f"== {'NOT GOOD: ' + ', '.join(failed) if failed else 'All checks are good.'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
