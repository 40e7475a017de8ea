"""`robustness`: recall and overkill of a bundle on perturbed pictures, by strength."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import Any

from models.bundle import Bundle, load_bundle
from models.make.data_set import limited
from models.make.manifest import SPLITS, DataError, Row, read_manifest
from models.make.product import Product, load_product
from models.make.robustness.kept import Kept
from models.make.robustness.measure import Step, Subject, measured
from models.make.robustness.page import page, table, write_page
from models.make.robustness.perturbations import PERTURBATIONS, Perturbation, chosen
from models.make.robustness.results import UNPERTURBED, Rung, Series
from models.make.robustness.samples import sample_picture, samples_of


def add(commands: Any) -> None:
    """The sub-parser."""
    names = ", ".join(perturbation.name for perturbation in PERTURBATIONS)
    robustness = commands.add_parser(
        "robustness",
        help="recall and overkill of a bundle under blur, noise, extreme light, scratches and line faults, by strength",
    )
    robustness.add_argument("--bundle", required=True, type=Path, metavar="DIR")
    robustness.add_argument("--data", required=True, type=Path, metavar="DIR", help="folder with manifest.csv")
    robustness.add_argument("--product", help="name or YAML file (default: the bundle's product)")
    robustness.add_argument("--split", default="test", choices=SPLITS)
    robustness.add_argument("--strengths", type=int, default=5, help="of each perturbation (default: 5)")
    robustness.add_argument("--only", default="", metavar="NAME,…", help=f"of {names}")
    robustness.add_argument("--sharpness-min", type=float, default=0.0, help="the recipe's; 0: blur is not judged")
    robustness.add_argument("--report", type=Path, metavar="FILE.html")
    robustness.add_argument("--json", type=Path, metavar="FILE", help="a stopped run goes on with what is in it")
    robustness.add_argument("--limit", type=int, help="so many pictures of each class, for trials")
    robustness.add_argument("--seed", type=int, default=1)
    robustness.add_argument("--threads", type=int, default=2)
    robustness.set_defaults(run_command=robustness_command)


def robustness_command(options: argparse.Namespace) -> int:
    """Measure, print, write; 0, or 1 where recall is below the floor even without a perturbation."""
    if options.threads < 1:
        raise argparse.ArgumentTypeError(f"--threads: expected 1 or more, found {options.threads}")
    perturbations = chosen([name.strip() for name in options.only.split(",") if name.strip()])
    try:
        ladders = {perturbation.name: perturbation.ladder(options.strengths) for perturbation in perturbations}
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"--strengths: {error}") from error
    bundle = load_bundle(options.bundle)
    product = load_product(options.product or bundle.spec.product)
    rows = _rows(options, bundle, product)
    subject = Subject(bundle, product, options.data, rows, options.seed, options.sharpness_min)
    kept = Kept(options.json, _measured_of(options, bundle, rows))
    steps = [Step(None, 0.0), *(Step(p, strength) for p in perturbations for strength in ladders[p.name])]
    for rung in measured(subject, [step for step in steps if not kept.get(step.name, step.strength)], options.threads):
        kept.add(rung)
    series = [_series(kept, p, ladders[p.name], product.recall_floor) for p in perturbations]
    kept.write(series)
    print(table(series))
    if options.report:
        _report(options, subject, series)
    return 1 if any(one.first_below() == 0 for one in series) else 0


def _rows(options: argparse.Namespace, bundle: Bundle, product: Product) -> list[Row]:
    if bundle.spec.kind != "patches":
        raise DataError(f"{bundle.path}: expected a bundle that finds defects, found kind {bundle.spec.kind!r}")
    if tuple(product.labels) != tuple(bundle.labels):
        raise DataError(
            f"{bundle.path}: expected the labels of the product {product.name!r} ({', '.join(product.labels)}), "
            f"found {', '.join(bundle.labels)}; name the right one with --product"
        )
    rows = limited(read_manifest(options.data, product.set_name), options.split, options.limit)
    if not rows:
        raise DataError(
            f"{options.data}: {product.set_name}: expected pictures in the split {options.split!r}, found none"
        )
    return rows


def _measured_of(options: argparse.Namespace, bundle: Bundle, rows: list[Row]) -> dict[str, Any]:
    """What a measurement is of: two with the same values have the same results."""
    content = "".join(f"{row.sha256}{row.class_name}{row.group}\n" for row in rows)
    return {
        "bundle": f"{bundle.spec.product} {bundle.spec.version}",
        "bundle_digest": bundle.digest,
        "split": options.split,
        "pictures": len(rows),
        "data_digest": hashlib.sha256(content.encode()).hexdigest(),
        "seed": options.seed,
        "sharpness_min": options.sharpness_min,
    }


def _series(kept: Kept, perturbation: Perturbation, ladder: tuple[float, ...], floor: float) -> Series:
    rungs: list[Rung] = []
    for name, strength in ((UNPERTURBED, 0.0), *((perturbation.name, strength) for strength in ladder)):
        rung = kept.get(name, strength)
        if rung is None:
            raise RuntimeError(f"{name} {strength} was not measured")
        rungs.append(rung)
    return Series(perturbation, tuple(rungs), floor)


def _report(options: argparse.Namespace, subject: Subject, series: list[Series]) -> None:
    shown = sample_picture(subject)
    samples = {
        one.perturbation.name: samples_of(
            subject, [Step(None, 0.0), *(Step(one.perturbation, rung.strength) for rung in one.rungs[1:])], shown
        )
        for one in series
    }
    title = f"{subject.bundle.spec.product} {subject.bundle.spec.version}"
    facts = {
        "bundle": f"{subject.bundle.path.name}, SHA-256 {subject.bundle.digest[:16]}…",
        "pictures": f"{len(subject.rows)} of the split {options.split!r} of {subject.product.set_name}, "
        f"{len({row.group for row in subject.rows})} parts",
        "seed": str(options.seed),
        "shown below": subject.rows[shown].path,
        "blur limit of the recipe": f"{options.sharpness_min:g}" if options.sharpness_min else "not checked",
    }
    write_page(options.report, page(title, facts, series, samples))
    print(f"report: {options.report}")
