"""`figures`: the table of README, from drawn and real data, by one command that goes on where it stopped."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """The sub-parser."""
    figures = commands.add_parser("figures", help="the table of README: every product, three seeds, student to INT8")
    figures.add_argument("--data", type=Path, metavar="DIR", help="folder with manifest.csv of the public sets")
    figures.add_argument("--drawn", type=Path, metavar="DIR", help="folder with a drawn set a folder (mantle, ...)")
    figures.add_argument("--work", required=True, type=Path, metavar="DIR", help="runs and results; finished ones stay")
    figures.add_argument("--only", nargs="+", metavar="PRODUCT")
    figures.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    figures.add_argument(
        "--teachers",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="off: students alone, a fifth of the time",
    )
    figures.add_argument("--threads", type=int, default=1)
    figures.add_argument("--table", type=Path, metavar="FILE.md", help="write the table there, between its marks")
    figures.set_defaults(run_command=figures_command)


def figures_command(options: argparse.Namespace) -> int:
    """Measure what is missing, then print the table of all that is there."""
    from models.make.figures.all_sets import measure_all, table
    from models.make.figures.marked_text import put_between_marks

    measure_all(
        options.data, options.drawn, options.work, options.only, options.seeds, options.threads, options.teachers
    )
    lines = table(options.work)
    if options.table is not None:
        put_between_marks(options.table, lines)
    print("\n".join(lines))
    (options.work / "figures.json").write_text(json.dumps({"table": lines}, indent=1) + "\n", encoding="utf-8")
    return 0
