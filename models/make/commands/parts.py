"""`parts`: what several bundles say together of parts that are pictured several times."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from models.bundle import load_bundle
from models.make.manifest import SPLITS


def add(commands: Any) -> None:
    """The sub-parser."""
    parts = commands.add_parser("parts", help="judge parts by all their pictures, through several bundles together")
    parts.add_argument("--data", required=True, type=Path, metavar="DIR", help="folder with manifest.csv")
    parts.add_argument(
        "--bundle", required=True, type=Path, action="append", metavar="DIR", help="once for each bundle"
    )
    parts.add_argument("--split", default="test", choices=SPLITS)
    parts.add_argument("--threads", type=int, default=2)
    parts.set_defaults(run_command=parts_command)


def parts_command(options: argparse.Namespace) -> int:
    """Print the figures as JSON."""
    from models.make.whole_parts import measure_whole_parts

    bundles = [load_bundle(folder) for folder in options.bundle]
    print(json.dumps(measure_whole_parts(bundles, options.data, options.split, options.threads)))
    return 0
