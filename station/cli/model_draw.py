"""`station model draw`: a folder of drawn parts to train and measure on. It must not know what is made of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from station.cli.exits import OK, UserError

if TYPE_CHECKING:
    from drivers.cell.drawing.dataset_files import Written

DRAWN_PRODUCTS = ("mantle", "fastener", "serials")
# As in drivers.cell.drawing.looks, which takes longer to import than the command line may.
LOOKS = ("standard", "bright", "dim", "slanted", "coarse", "fine", "noisy", "mixed")
PARTS = 1200
SERIAL_PARTS = 1885


def add_draw(commands: Any) -> None:
    """The sub-parser of `station model draw`."""
    draw_parser = commands.add_parser("draw", help="draw a data set of parts, to train and measure on")
    add_draw_arguments(draw_parser, _count)
    draw_parser.set_defaults(run_command=draw)


def add_draw_arguments(draw: argparse.ArgumentParser, count: Callable[[str], int]) -> None:
    """The options; `count` reads a whole number of 0 or more."""
    draw.add_argument("--out", type=Path, required=True, metavar="DIR")
    draw.add_argument(
        "--product",
        choices=DRAWN_PRODUCTS,
        default=DRAWN_PRODUCTS[0],
        help="what to draw; serials: look-alike part types with stamped numbers (default: mantle)",
    )
    draw.add_argument(
        "--parts",
        type=count,
        metavar="N",
        help=f"how many (default: {PARTS}; serials: {SERIAL_PARTS}, as in the study)",
    )
    draw.add_argument("--seed", type=count, default=1, help="another seed draws other parts (default: 1)")
    draw.add_argument(
        "--look",
        choices=LOOKS,
        default=LOOKS[0],
        help="mantle: light, grain or noise that the standard look never has, to measure how far a model holds; "
        "mixed: each part one of them (default: standard)",
    )
    draw.add_argument("--split", choices=("train", "val", "test"), help="mantle: draw the parts of this split alone")
    draw.add_argument(
        "--wrong-labels",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="serials: file this share of the train parts under the wrong type, to try the audit with (default: 0)",
    )


def draw(options: argparse.Namespace) -> int:
    """Draw the data set; UserError for what cannot be drawn or written."""
    from drivers.cell.drawing.dataset_plan import DatasetError

    try:
        written = _writer(options)(progress=_progress)
    except (DatasetError, OSError) as error:
        raise UserError(str(error)) from None
    masks = "types" if options.product == "serials" else "masks"
    print(f"{written.parts} parts with {masks} and manifest.csv in {options.out}")
    return OK


def _writer(options: argparse.Namespace) -> Callable[..., Written]:
    from drivers.cell.drawing.dataset import write_dataset
    from drivers.cell.drawing.dataset_fastener import write_fastener_dataset
    from drivers.cell.drawing.dataset_serials import write_serials

    if options.product != "mantle" and (options.look != LOOKS[0] or options.split):
        raise UserError(f"--look and --split are for mantles, found --product {options.product}; leave them out")
    if options.product != "serials" and options.wrong_labels:
        raise UserError(f"--wrong-labels is for serials, found --product {options.product}; leave it out")
    if options.product == "serials":
        parts = SERIAL_PARTS if options.parts is None else options.parts
        return partial(write_serials, options.out, options.seed, parts, wrong_share=options.wrong_labels)
    parts = PARTS if options.parts is None else options.parts
    if options.product == "fastener":
        return partial(write_fastener_dataset, options.out, options.seed, parts)
    return partial(write_dataset, options.out, options.seed, parts, look_name=options.look, only_split=options.split)


def _progress(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\rdrawn {done} of {total} parts", end=end, file=sys.stderr, flush=True)


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is below 0")
    return value
