"""`tiny`: writes the bundles that the tests use; their networks are set by hand, so a test can foresee a verdict."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """The sub-parser."""
    tiny = commands.add_parser("tiny", help="write a tiny bundle of the tests")
    tiny.add_argument("--kind", choices=("patches", "identity"), default="patches")
    tiny.add_argument("--out", required=True, type=Path, metavar="DIR")
    tiny.set_defaults(run_command=tiny_command)


def tiny_command(options: argparse.Namespace) -> int:
    """Write it, unsigned."""
    from models.make.tiny import write_tiny_bundle
    from models.make.tiny_identity import write_tiny_identity

    write = write_tiny_identity if options.kind == "identity" else write_tiny_bundle
    print(f"written, unsigned: {write(options.out).path}")
    return 0
