"""The command line of `station model` and `python -m models.make`: one sentence for a mistake, never a traceback."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from models.bundle import BundleError
from models.make.commands import (
    curve,
    data,
    evaluate,
    explain,
    export,
    figures,
    parts,
    quantise,
    robustness,
    tiny,
    train,
    verify,
)
from models.make.errors import MakingError
from models.make.frameworks import TrainingUnavailableError
from models.make.manifest import DataError

Family = Callable[[Any], None]
FAMILIES: Final[tuple[Family, ...]] = (
    data.add,
    train.add,
    curve.add,
    quantise.add,
    evaluate.add,
    parts.add,
    robustness.add,
    explain.add,
    export.add,
    verify.add,
    figures.add,
    tiny.add,
)


def parser(program: str, others: Sequence[Family] = ()) -> argparse.ArgumentParser:
    """The arguments of all commands; `others` add commands that are not made here."""
    top = argparse.ArgumentParser(prog=program, description="From labelled pictures to a signed INT8 bundle.")
    commands = top.add_subparsers(dest="model_command", required=True, metavar="COMMAND")
    for add in (*others, *FAMILIES):
        add(commands)
    return top


def run(arguments: Sequence[str], program: str = "station model", others: Sequence[Family] = ()) -> int:
    """Do what the arguments say: 0 good, 1 went through and is not good, 2 after one sentence on stderr."""
    options = parser(program, others).parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("models").setLevel(logging.INFO)
    logging.getLogger("torchao").setLevel(logging.ERROR)  # says at each start which kernels it has not
    try:
        return int(options.run_command(options))
    except (BundleError, DataError, MakingError, TrainingUnavailableError, argparse.ArgumentTypeError) as error:
        print(f"station: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(
            f"station: {where}{error.strerror or error}; make room or name another place, and give the same command "
            "again: what is finished is kept",
            file=sys.stderr,
        )
        return 2
