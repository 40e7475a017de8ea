"""Makes a product's bundle from a data folder: load, train, quantise, choose thresholds, evaluate, write.

The one function that `station model train` and `python -m models.make train` call.
"""

from __future__ import annotations

import importlib.metadata
import logging
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.engine import Engine, LiteRtEngine, Tensors, open_engine
from models.make.evaluation import (
    all_patches,
    inspect_parts,
    joined_parts,
    known,
    part_metrics,
    part_scores,
    patch_metrics,
    vote_parts,
)
from models.make.export import export_int8
from models.make.frameworks import expect
from models.make.manifest import SPLITS, Audit, Row, audit, read_manifest
from models.make.networks import NETWORKS
from models.make.pictures import Picture, load_pictures
from models.make.products import PRODUCTS, Product
from models.make.thresholds import choose_thresholds
from models.make.training import TrainingPlan, float_scores, fold, train
from models.make.windows import WindowSampler
from models.make.writing import BundlePlan, write_bundle

log = logging.getLogger(__name__)

CALIBRATION_PATCHES: Final = 192
GOLDEN_PER_LABEL: Final = 2
GOLDEN_CANDIDATES: Final = 8
LEAST_AGREEMENT: Final = 0.9
LIBRARIES: Final = ("torch", "litert_torch", "ai_edge_quantizer")


class MakingError(Exception):
    """One sentence: why no bundle was written."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to make. None takes the product's own value; `limit`: so many pictures a split and class, for trials."""

    product: str
    data: Path
    out: Path
    seed: int = 1
    epochs: int | None = None
    network: str | None = None
    limit: int | None = None
    threads: int = 2
    checkpoint: Path | None = None


def make_bundle(order: Order) -> Bundle:
    """Train and write the bundle; DataError, TrainingUnavailableError or MakingError say why there is none."""
    begin = monotonic()
    for library in LIBRARIES:
        expect(library)
    product = PRODUCTS[order.product]
    network_name = order.network or product.network
    rows = read_manifest(order.data, product.set_name)
    checked = audit(rows)
    split = {name: limited(rows, name, order.limit) for name in SPLITS}
    pictures = {name: load_pictures(order.data, split[name], product) for name in SPLITS}
    log.info("%s: %s pictures (%.0f s)", product.name, [len(split[name]) for name in SPLITS], monotonic() - begin)
    plan = TrainingPlan(network_name, order.seed, order.epochs or product.epochs, order.threads, order.checkpoint)
    network = train(product, plan, pictures["train"], pictures["val"])
    log.info("%s: trained (%.0f s)", product.name, monotonic() - begin)
    rng = np.random.default_rng(order.seed)
    int8, engine = quantised(network, network_name, product, pictures["train"], rng, order.threads)
    windows = windows_of(pictures["val"], product, network_name)
    val_parts = joined_parts(pictures["val"], part_scores(pictures["val"], product, engine.run(windows)))
    thresholds = choose_thresholds(val_parts, len(product.labels), product.recall_floor)
    block = NETWORKS[network_name].space_to_depth
    golden, golden_scores = golden_windows(pictures["val"], product, engine, block, thresholds, rng)
    bundle_plan = BundlePlan(
        product=product.name,
        version=f"1-seed{order.seed}",
        labels=product.labels,
        thresholds=thresholds,
        space_to_depth=block,
        geometry=product.geometry,
        crop=product.crop,
        network=int8,
        architecture=network_name,
        golden=golden,
        golden_scores=golden_scores,
        metrics=network_metrics(network, engine, pictures["test"], product, network_name, thresholds),
        provenance=provenance(order, plan, checked, split, monotonic() - begin),
    )
    bundle_plan = replace(bundle_plan, metrics={**bundle_plan.metrics, **inspected(bundle_plan, order, split)})
    bundle = write_bundle(order.out, bundle_plan)
    log.info("%s: written to %s (%.0f s)", product.name, order.out, monotonic() - begin)
    return bundle


def limited(rows: Sequence[Row], split: str, limit: int | None) -> list[Row]:
    """Rows of a split; with a limit the first `limit` of each class."""
    taken: dict[str, int] = {}
    chosen: list[Row] = []
    for row in rows:
        if row.split == split and (limit is None or taken.get(row.class_name, 0) < limit):
            taken[row.class_name] = taken.get(row.class_name, 0) + 1
            chosen.append(row)
    return chosen


def quantised(
    network: Any,
    network_name: str,
    product: Product,
    pictures: Sequence[Picture],
    rng: np.random.Generator,
    threads: int,
) -> tuple[bytes, Engine]:
    """The INT8 network, calibrated on training windows of all classes, and an engine that runs it."""
    block = NETWORKS[network_name].space_to_depth
    pixels, _ = WindowSampler(pictures, product).draw(CALIBRATION_PATCHES, rng)
    int8 = export_int8(network, fold(pixels, block))
    edge = product.geometry.patch_px // block
    tensors = Tensors((1, edge, edge, block * block), 1 / 64, 0, len(product.labels))
    return int8, LiteRtEngine(int8, tensors, Path(f"{product.name}.tflite"), threads)


def windows_of(pictures: Sequence[Picture], product: Product, network_name: str) -> NDArray[np.int8]:
    """All patches of all pictures, in order, as the network takes them."""
    return fold(all_patches(pictures, product), NETWORKS[network_name].space_to_depth)


def golden_windows(
    pictures: Sequence[Picture],
    product: Product,
    engine: Engine,
    block: int,
    thresholds: Sequence[float],
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """GOLDEN_PER_LABEL windows of each label that the pictures have, (n, patch, patch) u8, and their scores.

    Of GOLDEN_CANDIDATES those are taken whose scores lie farthest from the thresholds: another engine's rounding
    must not look like another decision.
    """
    sampler = WindowSampler(pictures, product)
    windows: list[NDArray[np.uint8]] = []
    scores: list[NDArray[np.float32]] = []
    for label in (0, *sampler.defect_labels):
        candidates = np.stack([sampler.one(label, rng)[0] for _ in range(GOLDEN_CANDIDATES)])
        found = engine.run(fold(candidates, block))
        margins = np.abs(found[:, 1:] - np.asarray(thresholds, dtype=np.float32)).min(axis=1)
        best = np.argsort(-margins)[:GOLDEN_PER_LABEL]
        windows.append(candidates[best])
        scores.append(found[best])
    return np.concatenate(windows), np.concatenate(scores)


def network_metrics(
    network: Any,
    engine: Engine,
    pictures: Sequence[Picture],
    product: Product,
    network_name: str,
    thresholds: Sequence[float],
) -> dict[str, object]:
    """Patch figures of the test split, float and INT8, and how often they agree; MakingError if that is too rare."""
    windows = windows_of(pictures, product, network_name)
    by_float, by_int8 = float_scores(network, windows), engine.run(windows)
    agreement = float((by_float.argmax(axis=1) == by_int8.argmax(axis=1)).mean())
    if agreement < LEAST_AGREEMENT:
        raise MakingError(
            f"{product.name}: expected INT8 and float to agree on {LEAST_AGREEMENT:.0%} of the test patches, "
            f"found {agreement:.1%}"
        )
    figures: dict[str, object] = {"int8_agrees_with_float": round(agreement, 4)}
    for kind, scores in (("float", by_float), ("int8", by_int8)):
        parts = part_scores(pictures, product, scores)
        figures[f"test_patches_{kind}"] = patch_metrics(*known(parts), product.labels)
        figures[f"test_parts_{kind}"] = part_metrics(vote_parts(parts, thresholds), product.labels)
    return figures


def inspected(plan: BundlePlan, order: Order, split: Mapping[str, Sequence[Row]]) -> dict[str, object]:
    """Part figures of the test split through the whole runtime: framed picture, crop, patches, engine, vote."""
    with tempfile.TemporaryDirectory(prefix="station-draft-") as folder:
        draft = write_bundle(Path(folder) / "draft", plan)
        engine = open_engine(draft, order.threads)
        seen = inspect_parts(draft, engine, order.data, split["test"], PRODUCTS[order.product])
        return {
            "test_parts_inspected": part_metrics(seen, draft.labels),
            "engine": engine.identity.name,
            "fully_delegated": engine.identity.delegated,
        }


def provenance(
    order: Order, plan: TrainingPlan, checked: Audit, split: Mapping[str, Sequence[Row]], made_in_s: float
) -> dict[str, object]:
    """Where the bundle comes from: data, audit, seed, libraries. No path of the machine that made it."""
    product = PRODUCTS[order.product]
    return {
        "set": product.set_name,
        "manifest_sha256": checked.digest,
        "pictures": {name: len(rows) for name, rows in split.items()},
        "parts": {name: len({row.group for row in rows}) for name, rows in split.items()},
        "audit": {
            "groups_in_two_splits": checked.groups_in_two_splits,
            "files_in_two_splits": checked.files_in_two_splits,
        },
        "network": plan.network,
        "seed": plan.seed,
        "epochs": plan.epochs,
        "windows_per_epoch": product.windows_per_epoch,
        "min_mask_px": product.min_mask_px,
        "recall_floor_validation_parts": product.recall_floor,
        "libraries": {library: importlib.metadata.version(library) for library in LIBRARIES},
        "made_in_s": round(made_in_s),
        "notes": list(product.notes),
    }
