"""`quantise`: a run's INT8 network and what it costs in missed parts."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from models.make.data_set import load_data_set
from models.make.quantise import CALIBRATION_PATCHES
from models.make.quantise.quantising import PERCENTILES, QuantisePlan, quantise
from models.make.quantise.verdict import Overruling, refusal
from models.make.run_folder import RunFolder


def add(commands: Any) -> None:
    """The sub-parser."""
    parser = commands.add_parser("quantise", help="make a run's INT8 network and hold it against float, part by part")
    parser.add_argument("--run", required=True, type=Path, metavar="DIR", help="a finished training run")
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="the folder it was trained on")
    parser.add_argument("--calibration-patches", type=int, default=CALIBRATION_PATCHES, metavar="N")
    tried = ", ".join(f"{percentile:g}" for percentile in PERCENTILES)
    parser.add_argument(
        "--percentile",
        type=float,
        action="append",
        metavar="P",
        help=f"of the samples' ranges; once for each to try (default: {tried}; the best on validation is taken)",
    )
    parser.add_argument("--test", action="store_true", help="judge the test split too; what it misses refuses as well")
    parser.add_argument("--accept-missed", action="append", default=[], metavar="PART", help="give up this part")
    parser.add_argument("--by", default="", metavar="NAME", help="who answers for the parts that are given up")
    parser.add_argument("--allow-split-graph", action="store_true", help="also a network that the engine runs slowly")
    parser.add_argument("--seed", type=int, help="of the calibration windows (default: the run's own)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there too")
    parser.set_defaults(run_command=quantise_command)


def quantise_command(options: argparse.Namespace) -> int:
    """Quantise; 1 where INT8 misses parts that float finds and nobody answers for them."""
    plan = QuantisePlan(
        calibration_patches=options.calibration_patches,
        percentiles=tuple(dict.fromkeys(options.percentile or PERCENTILES)),
        splits=("val", "test") if options.test else ("val",),
        seed=options.seed,
        threads=options.threads,
        allow_split_graph=options.allow_split_graph,
        overruling=Overruling(tuple(options.accept_missed), options.by),
    )
    run = RunFolder.open(options.run)
    data = load_data_set(options.data, run.product, ("train", *plan.splits), run.order.limit)
    report = quantise(run, data, plan)
    print("\n".join(report.lines()))
    if options.json is not None:
        options.json.write_text(json.dumps(report.as_json(), indent=1) + "\n", encoding="utf-8")
    if report.refused:
        print(f"station: {refusal(report.not_accepted)}", file=sys.stderr)
        return 1
    print(f"quantised: {run.int8}")
    return 0
