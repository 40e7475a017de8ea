"""`curve`: candidates trained alike, milliseconds a part against missed parts, and which one is made for the limit."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from models.make.commands.train import product_of
from models.make.data_set import load_data_set


def add(commands: Any) -> None:
    """The sub-parser."""
    curve = commands.add_parser("curve", help="compare networks: ms a part against missed parts and overkill, as INT8")
    curve.add_argument("--product", required=True)
    curve.add_argument("--data", required=True, type=Path, metavar="DIR")
    curve.add_argument(
        "--runs", required=True, type=Path, metavar="DIR", help="a run a network; finished ones are kept"
    )
    curve.add_argument(
        "--networks", nargs="+", metavar="NAME", help="the full ResNet18 is the limit and always among them"
    )
    curve.add_argument("--patch-px", type=int, help="smaller patches than the product's, to choose at less cost")
    curve.add_argument("--epochs", type=int)
    curve.add_argument("--seed", type=int, default=1)
    curve.add_argument("--threads", type=int, default=1)
    curve.add_argument("--limit", type=int, help="so many pictures of each split and class, for trials")
    curve.add_argument("--out", type=Path, metavar="DIR", help="curve.json, curve.png and curve.svg")
    curve.set_defaults(run_command=curve_command)


def curve_command(options: argparse.Namespace) -> int:
    """Measure and draw; a stopped comparison goes on."""
    from models.make.figures.candidates import CANDIDATES, LIMIT, draw, lines, measure, smaller_patches

    product = product_of(options)
    epochs = options.epochs or product.training.epochs
    product = smaller_patches(product, options.patch_px or product.geometry.patch_px, epochs)
    networks = list(dict.fromkeys([LIMIT, *(options.networks or CANDIDATES)]))
    data = load_data_set(options.data, product, limit=options.limit)
    result = measure(options.runs, networks, data, options.seed, options.threads)
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "curve.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        for kind in ("png", "svg"):
            draw(result, options.out / f"curve.{kind}")
    print("\n".join(lines(result)))
    return 0
