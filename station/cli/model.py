"""`station model …`: drawing training data and training, each in the environment that it needs."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from station.cli.exits import OK, UserError


def model(options: argparse.Namespace) -> int:
    """Run the model command."""
    if options.model_command == "draw":
        return _draw(options.product, options.out, options.parts, options.seed)
    if importlib.util.find_spec("torch") is None:
        raise UserError(
            "training needs PyTorch, which the station itself never imports: run `make setup-train`, then "
            "`.venv-train/bin/station model train …`"
        )
    from models.make.command import run as make_model

    return make_model(["train", *options.rest])


def _draw(product: str, out: Path, parts: int, seed: int) -> int:
    from drivers.cell.drawing.dataset import write_dataset
    from drivers.cell.drawing.dataset_fastener import write_fastener_dataset
    from drivers.cell.drawing.dataset_plan import DatasetError

    def progress(done: int, total: int) -> None:
        end = "\n" if done == total else ""
        print(f"\rdrawn {done} of {total} parts", end=end, file=sys.stderr, flush=True)

    write = write_fastener_dataset if product == "fastener" else write_dataset
    try:
        write(out, seed, parts, progress=progress)
    except (DatasetError, OSError) as error:
        raise UserError(str(error)) from None
    print(f"{parts} parts with masks and manifest.csv in {out}")
    return OK
