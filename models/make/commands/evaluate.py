"""`evaluate`: what a bundle or a run is worth, a threshold sweep over seeds, a grouped cross-validation."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from models.bundle import load_bundle
from models.make.evaluate.cross_validation import FoldSettings, cross_validate, fold_rows
from models.make.evaluate.fold_files import FoldOrder
from models.make.evaluate.identity import look_with_bundle, look_with_network, measure_identity
from models.make.evaluate.measures import measure
from models.make.evaluate.page import page, write_whole
from models.make.evaluate.parts import SeenPart, judge_parts
from models.make.evaluate.plots import as_data_uri, confusion, figures_of, save_figures, sweep_figure
from models.make.evaluate.report import Evaluation
from models.make.evaluate.scored import BundleScorer, NetworkScorer, Scorer, joined, score_split
from models.make.evaluate.sweep import sweep
from models.make.evaluate.telling import fold_lines, identity_lines, sweep_lines, whole_part_lines
from models.make.frameworks import expect, require
from models.make.manifest import SPLITS, DataError, audit
from models.make.product import Product, load_product, shipped_products
from models.make.run_folder import ORDER_FILE, RunFolder
from models.make.thresholds import Thresholds, choose_thresholds
from models.make.whole_parts import measure_whole_parts
from models.spec import IDENTITY

NEEDED = ("scipy", "sklearn", "matplotlib", "jinja2")


def add(commands: Any) -> None:
    """The sub-parser."""
    parser = commands.add_parser(
        "evaluate",
        help="escapes, overkill, curves and calibration of a bundle or run; threshold sweep; cross-validation",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--bundle",
        type=Path,
        action="append",
        metavar="DIR",
        help="judge a bundle through the runtime's inspector; several together judge parts that each of them pictures",
    )
    what.add_argument("--run", type=Path, metavar="DIR", help="judge a training run's float network")
    what.add_argument(
        "--sweep",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="threshold table over runs or bundles (seeds) of one product",
    )
    what.add_argument("--folds", type=int, metavar="K", help="train and judge K networks on grouped folds")
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="folder with manifest.csv")
    parser.add_argument("--split", default="test", choices=SPLITS)
    parser.add_argument(
        "--product", help=f"one of {', '.join(shipped_products())}, or a YAML file (default: the bundle's or run's own)"
    )
    parser.add_argument(
        "--recall-floor",
        type=_share,
        metavar="R",
        help="0..1: choose thresholds on val for it; exit 1 if it is not held",
    )
    parser.add_argument("--report", type=Path, metavar="FILE.html", help="write one page with everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="write every plot as PNG and SVG")
    parser.add_argument("--threads", type=int, default=2)
    folds = parser.add_argument_group("cross-validation (--folds)")
    folds.add_argument("--out", type=Path, metavar="DIR", help="where the folds are kept; a stopped one goes on")
    folds.add_argument("--network", help="instead of the product's own")
    folds.add_argument("--seed", type=int, default=1)
    folds.add_argument("--epochs", type=int)
    folds.add_argument("--limit", type=int, help="so many pictures of each class, for trials")
    folds.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.set_defaults(run_command=evaluate_command)


def evaluate_command(options: argparse.Namespace) -> int:
    """Measure, write what was asked for, say it in ten lines; 1 where a recall floor was given and is not held."""
    for library in NEEDED:
        expect(library)
    if options.folds is not None:
        return _folds(options)
    if options.sweep:
        return _sweep(options)
    if options.bundle and len(options.bundle) > 1:
        return _whole_parts(options)
    if _is_identity(options):
        return _identity(options)
    scorer = _scorer(options.bundle[0] if options.bundle else options.run, options)
    chosen = None
    if scorer.thresholds is None or options.recall_floor is not None:
        chosen = choose_on_validation(scorer, options.data, options.recall_floor)
    thresholds = chosen.values if chosen is not None else scorer.thresholds
    if thresholds is None:
        raise DataError(f"{scorer.name}: expected thresholds, found none")
    product = scorer.product
    measured = measure(score_split(scorer, options.data, options.split), product.labels, thresholds)
    found = Evaluation(scorer.name, scorer.about, product.set_name, options.split, chosen, measured)
    figures = figures_of(measured) if options.report or options.plots else {}
    _write(options, found.as_json(), figures)
    if options.report:
        write_whole(options.report, found.page(options.data, scorer, figures))
    print("\n".join([*found.lines(), *(f"note           {remark}" for remark in found.remarks)]))
    recall = measured.recall.rate
    held = options.recall_floor is None or (recall is not None and recall >= options.recall_floor)
    return 0 if held else 1


def choose_on_validation(scorer: Scorer, folder: Path, recall_floor: float | None) -> Thresholds:
    """Thresholds from the val split, for this floor or the product's own; DataError where val cannot say anything."""
    product = scorer.product
    floor = product.recall_floor if recall_floor is None else recall_floor
    parts = joined(score_split(scorer, folder, "val"))
    return choose_thresholds(parts, product.labels, floor, product.sound_is_a_class)


def _whole_parts(options: argparse.Namespace) -> int:
    if options.report or options.plots or options.recall_floor is not None:
        raise DataError("several bundles together: expected --json alone, found --report, --plots or --recall-floor")
    bundles = [load_bundle(path) for path in options.bundle]
    values = measure_whole_parts(bundles, options.data, options.split, options.threads)
    _write(options, values, {})
    print("\n".join(whole_part_lines(values)))
    return 0


def _sweep(options: argparse.Namespace) -> int:
    validation: list[list[SeenPart]] = []
    reported: list[list[SeenPart]] = []
    names: list[str] = []
    product: Product | None = None
    for path in options.sweep:
        scorer = _scorer(path, options)
        if product is not None and (scorer.product.name, scorer.product.labels) != (product.name, product.labels):
            raise DataError(f"{path}: expected another seed of {product.name}, found {scorer.product.name}")
        product = scorer.product
        none = [0.5] * (len(product.labels) - 1)  # the table applies its own thresholds to the parts' scores
        validation.append(judge_parts(score_split(scorer, options.data, "val"), none))
        reported.append(judge_parts(score_split(scorer, options.data, options.split), none))
        names.append(f"{path.name}: {scorer.about}")
    if product is None:
        raise DataError("threshold sweep: expected at least one run or bundle, found none")
    floor = product.recall_floor if options.recall_floor is None else options.recall_floor
    found = sweep(names, validation, reported, floor, options.split)
    figures = {"sweep": sweep_figure(found)} if options.report or options.plots else {}
    _write(options, found.as_json(), figures)
    title = f"Threshold sweep of {product.name}, {len(names)} seeds"
    if options.report:
        drawn = {name: as_data_uri(figure) for name, figure in figures.items()}
        values = {"title": title, "about": product.set_name, "found": found, "figures": drawn}
        write_whole(options.report, page("sweep.html.j2", values))
    print("\n".join([title, *sweep_lines(found)]))
    return 0 if found.chosen is not None else 1


def _folds(options: argparse.Namespace) -> int:
    if options.out is None or options.product is None:
        raise DataError("cross-validation: expected --product and --out, found one of them missing")
    expect("torch")
    product = load_product(options.product)
    if product.kind == IDENTITY:
        raise DataError(f"{product.name}: cross-validation expects a product of patches, found an identity product")
    rows = fold_rows(options.data, product, options.limit)
    order = FoldOrder(
        product=product,
        network=options.network or product.training.network,
        folds=options.folds,
        seed=options.seed,
        epochs=options.epochs or product.training.epochs,
        limit=options.limit,
        data_digest=audit(rows).digest,
    )
    found = cross_validate(options.data, order, FoldSettings(options.out, options.threads, options.device))
    values = found.as_json()
    write_whole(options.out / "result.json", json.dumps(values, indent=1, allow_nan=False) + "\n")
    _write(options, values, {})
    title = f"{order.folds}-fold cross-validation of {product.name}"
    about = f"{order.network} on {product.set_name}, test split left out"
    write_whole(
        options.report or options.out / "report.html",
        page("folds.html.j2", {"title": title, "about": about, "found": found}),
    )
    print("\n".join([f"{title}: {about}", *fold_lines(found)]))
    return 0


def _identity(options: argparse.Namespace) -> int:
    if options.bundle:
        bundle = load_bundle(options.bundle[0])
        product = load_product(options.product or bundle.spec.product)
        name, about = f"{bundle.spec.product} {bundle.spec.version}", "INT8 identity bundle, through the runtime"
        seen = look_with_bundle(bundle, product, options.data, options.split, options.threads)
    else:
        scorer = _network(options.run, options.threads)
        product, name, about = scorer.product, scorer.name, f"{scorer.about}; no least scores, so nothing is unknown"
        seen = look_with_network(scorer, options.data, options.split)
    measured = measure_identity(seen, product.labels)
    title = f"{name} on {product.set_name}, {options.split} split"
    figures = {"confusion": confusion(measured.level, measured.labels, "Part types")}
    values = {"name": name, "about": about, "set": product.set_name, "split": options.split, **measured.as_json()}
    _write(options, values, figures)
    if options.report:
        drawn = {key: as_data_uri(figure) for key, figure in figures.items()}
        wrong = [*values["mistaken_pictures"], *values["unknown_pictures"]]
        page_values = {
            "title": title,
            "about": about,
            "measured": measured,
            "wrong": wrong,
            "most": 60,
            "figures": drawn,
        }
        write_whole(options.report, page("identity.html.j2", page_values))
    print("\n".join([f"{title}; {about}", *identity_lines(measured)]))
    return 0


def _is_identity(options: argparse.Namespace) -> bool:
    if options.bundle:
        return load_bundle(options.bundle[0]).spec.kind == IDENTITY
    return RunFolder.open(options.run).product.kind == IDENTITY


def _scorer(path: Path, options: argparse.Namespace) -> Scorer:
    """A run where the folder holds an order, a bundle otherwise."""
    if options.run is not None or (options.sweep and (path / ORDER_FILE).exists()):
        return _network(path, options.threads)
    bundle = load_bundle(path)
    return BundleScorer(bundle, load_product(options.product or bundle.spec.product), options.threads)


def _network(path: Path, threads: int) -> NetworkScorer:
    run = RunFolder.open(path)
    require("torch").set_num_threads(threads)
    return NetworkScorer.of_run(run)


def _write(options: argparse.Namespace, values: dict[str, Any], figures: dict[str, Any]) -> None:
    if options.json:
        write_whole(options.json, json.dumps(values, indent=1, allow_nan=False) + "\n")
    if options.plots:
        save_figures(figures, options.plots)


def _share(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"expected 0 to 1, found {text}")
    return value
