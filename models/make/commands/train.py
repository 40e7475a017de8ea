"""`train` and `distill`: from labelled pictures to a finished run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from models.make.data_set import load_data_set
from models.make.learning import Learning, learn
from models.make.product import Product, load_product, shipped_products
from models.make.run_folder import RunFolder
from models.make.training.plan import Distillation


def add(commands: Any) -> None:
    """Both sub-parsers."""
    train = commands.add_parser("train", help="train a network on a product's patches, into a run folder")
    _common(train)
    train.set_defaults(run_command=train_command)
    distill = commands.add_parser("distill", help="train a student that listens to finished runs")
    _common(distill)
    distill.add_argument("--teacher", type=Path, required=True, action="append", metavar="RUN", help="once a teacher")
    distill.add_argument("--temperature", type=float, default=4.0, help="softens teachers and student (default: 4)")
    distill.add_argument("--alpha", type=float, default=0.9, help="0: labels alone, 1: teachers alone (default: 0.9)")
    distill.add_argument("--student", type=Path, metavar="RUN", help="the same network trained alone, to compare with")
    distill.set_defaults(run_command=distill_command)


def train_command(options: argparse.Namespace) -> int:
    """Train; a stopped run goes on."""
    data = load_data_set(options.data, product_of(options), ("train", "val"), options.limit)
    run = learn(_learning(options), data)
    print(f"trained: {run.path} ({run.order.network}, seed {run.order.seed}, {run.order.epochs} epochs)")
    return 0


def distill_command(options: argparse.Namespace) -> int:
    """Distil, then say what student alone, teachers, ensemble and distilled student reach."""
    from models.make.distilling import compare, lines

    try:
        how = Distillation(options.temperature, options.alpha)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    data = load_data_set(options.data, product_of(options), limit=options.limit)
    run = learn(_learning(options, tuple(options.teacher), how), data)
    student = RunFolder.open(options.student) if options.student else None
    found = compare(run, [RunFolder.open(path) for path in options.teacher], student, data)
    run.write_json(run.path / "distil.json", found)
    print("\n".join(lines(found)))
    return 0


def product_of(options: argparse.Namespace) -> Product:
    """The product with what the options switch off or on."""
    product = load_product(options.product)
    balance = product.training.balance.model_copy(
        update={
            key: value
            for key in ("sampling", "weighting", "oversampling")
            if (value := getattr(options, key, None)) is not None
        }
    )
    changes: dict[str, object] = {"balance": balance}
    if getattr(options, "photometric", None) is False:
        changes["photometry"] = product.training.photometry.model_copy(update={"of": ()})
    return product.model_copy(update={"training": product.training.model_copy(update=changes)})


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--product", required=True, help=f"one of {', '.join(shipped_products())}, or a product's YAML file"
    )
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="folder with manifest.csv")
    parser.add_argument(
        "--run", required=True, type=Path, metavar="DIR", help="the run's folder; a stopped one goes on"
    )
    parser.add_argument("--network", help="instead of the product's own")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--weights", type=Path, metavar="FILE", help="begin with these weights, as far as they fit")
    parser.add_argument("--limit", type=int, help="so many pictures of each split and class, for trials")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="auto: a GPU if there is one")
    switches = parser.add_argument_group("against rare classes and for other light; the product says what is on")
    for name, what in (
        ("sampling", "defect classes in equal parts"),
        ("weighting", "a loss that weighs rare classes more"),
        ("oversampling", "rare classes through the geometric list"),
        ("photometric", "changed light, noise and so on"),
    ):
        switches.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=None, help=what)


def _learning(
    options: argparse.Namespace, teachers: tuple[Path, ...] = (), how: Distillation | None = None
) -> Learning:
    return Learning(
        options.run,
        options.network,
        options.seed,
        options.epochs,
        options.threads,
        options.device,
        options.weights,
        options.limit,
        teachers,
        how,
    )
