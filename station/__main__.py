"""The `station` command."""

from __future__ import annotations

import os
import sys

from station.cli.arguments import run_command


def main() -> None:
    """Run the command line; the exit code is the verdict."""
    try:
        code = run_command(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # `station plc map | head`: the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt:  # before a command had begun to listen: nothing is running yet
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
