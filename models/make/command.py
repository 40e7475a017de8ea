"""The command line of `python -m models.make`: train a product's bundle, or write the tiny one that tests use."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from models.bundle import BundleError
from models.make.frameworks import TrainingUnavailableError
from models.make.making import MakingError, Order, make_bundle
from models.make.manifest import DataError
from models.make.networks import NETWORKS
from models.make.products import PRODUCTS
from models.make.tiny import write_tiny_bundle

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
