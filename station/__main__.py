"""The `station` command."""

from __future__ import annotations

import sys

from station.cli.arguments import run_command


def main() -> None:
    """Run the command line; the exit code is the verdict."""
    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
