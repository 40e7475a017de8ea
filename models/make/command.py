"""The command line of `python -m models.make`: train bundles, judge whole parts, write the tests' tiny bundle."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from models.bundle import BundleError, load_bundle
from models.make.frameworks import TrainingUnavailableError
from models.make.making import MakingError, Order, make_bundle
from models.make.manifest import SPLITS, DataError
from models.make.networks import NETWORKS
from models.make.products import PRODUCTS
from models.make.tiny import write_tiny_bundle
from models.make.whole_parts import measure_whole_parts

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    top = argparse.ArgumentParser(prog="python -m models.make", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train, quantise, evaluate and write a bundle")
    train.add_argument("--product", required=True, choices=sorted(PRODUCTS))
    train.add_argument("--data", required=True, type=Path, help="folder with manifest.csv")
    train.add_argument("--out", required=True, type=Path, help="the bundle's folder; an older one is replaced")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--epochs", type=int)
    train.add_argument("--network", choices=sorted(NETWORKS))
    train.add_argument("--limit", type=int, help="use so many pictures of each split and class, for trials")
    train.add_argument("--threads", type=int, default=2)
    train.add_argument("--checkpoint", type=Path, help="file to save to after each epoch and to resume from")
    parts = commands.add_parser("parts", help="judge parts by all their pictures, through several bundles together")
    parts.add_argument("--data", required=True, type=Path, help="folder with manifest.csv")
    parts.add_argument("--bundle", required=True, type=Path, action="append", help="once for each bundle")
    parts.add_argument("--split", default="test", choices=SPLITS)
    parts.add_argument("--threads", type=int, default=2)
    tiny = commands.add_parser("tiny", help="write the tiny bundle of the tests")
    tiny.add_argument("--out", required=True, type=Path)
    return top


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; 0, or 2 after one sentence in the log."""
    values = parser().parse_args(arguments)
    try:
        if values.command == "tiny":
            write_tiny_bundle(values.out)
            return 0
        if values.command == "parts":
            bundles = [load_bundle(folder) for folder in values.bundle]
            log.info("%s", json.dumps(measure_whole_parts(bundles, values.data, values.split, values.threads)))
            return 0
        make_bundle(
            Order(
                product=values.product,
                data=values.data,
                out=values.out,
                seed=values.seed,
                epochs=values.epochs,
                network=values.network,
                limit=values.limit,
                threads=values.threads,
                checkpoint=values.checkpoint,
            )
        )
    except (BundleError, DataError, MakingError, TrainingUnavailableError) as error:
        log.error("%s", error)  # noqa: TRY400  one sentence, no traceback
        return 2
    return 0
