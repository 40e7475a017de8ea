"""From a quantised run to a bundle: thresholds, golden set, test figures and where it all comes from.

Everything is measured through the runtime's own inspector, as the station will judge. Needs no training library.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from models.bundle import Bundle, BundleError
from models.engine import Interpreter, LiteRtEngine, Tensors, open_engine
from models.make.data_set import limited
from models.make.errors import MakingError
from models.make.evaluate.intervals import Share
from models.make.evaluate.parts import SeenPart, judge_parts
from models.make.evaluate.scored import BundleScorer, ScoredPicture, joined
from models.make.evaluation import known, part_metrics, patch_metrics
from models.make.golden import golden_types, golden_windows
from models.make.identity_figures import choose_least, identity_metrics, look_at
from models.make.manifest import SPLITS, DataError, Row, audit, read_manifest
from models.make.networks import plan_named
from models.make.pictures import Picture, load_pictures
from models.make.progress import shown
from models.make.provenance import audited_data, provenance
from models.make.run_folder import RunFolder
from models.make.thresholds import choose_thresholds
from models.make.writing import BundlePlan, drafted, write_bundle
from models.spec import IDENTITY

GOLDEN_PICTURES: Final = 8
"""Validation pictures of each class that the golden set is drawn from."""


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What to export. `version` None: from the seed; `key` None: the bundle is not signed."""

    run: Path
    data: Path
    out: Path
    version: str | None = None
    key: Ed25519PrivateKey | None = None
    threads: int = 2


def export_bundle(order: ExportOrder) -> Bundle:
    """Audit, choose, measure, write and sign; DataError, MakingError or BundleError, with nothing changed at `out`."""
    run = RunFolder.open(order.run)
    rows = _rows(run, order.data)
    audited = audited_data(run, order.data, order.threads)
    plan = first_plan(run, order.version)
    if run.product.kind == IDENTITY:
        plan, chosen, metrics = _with_least_scores(plan, run, order, rows)
    else:
        plan, chosen, metrics = _with_thresholds(plan, run, order, rows)
    draft = drafted(plan, order.out)
    engine = open_engine(draft, order.threads)
    pictures = load_pictures(order.data, limited(rows["val"], "val", GOLDEN_PICTURES), run.product)
    golden, scores = _golden(plan, run, engine, pictures)
    plan = replace(
        plan,
        golden=golden,
        golden_scores=scores,
        metrics={**metrics, "engine": engine.identity.name, "fully_delegated": engine.identity.delegated},
        provenance={**provenance(run), "audit": audited, "thresholds": chosen},
    )
    return write_bundle(order.out, plan, order.key)


def part_figures(seen: Sequence[SeenPart], pictures: Sequence[ScoredPicture], labels: Sequence[str]) -> dict[str, Any]:
    """Test figures of judged parts, rates with their 95 % intervals, and of their patches."""
    counts = part_metrics([(part.true_index, part.class_index) for part in seen], labels)
    escapes = Share(sum(part.escaped for part in seen), sum(part.true_index > 0 for part in seen))
    overkill = Share(sum(part.overkilled for part in seen), sum(part.true_index == 0 for part in seen))
    scores, truth = known(joined(pictures))
    return {
        "test_parts_inspected": {**counts, "escapes_95": escapes.as_json(), "overkill_95": overkill.as_json()},
        "test_patches_inspected": patch_metrics(scores, truth, labels),
    }


def _with_thresholds(
    plan: BundlePlan, run: RunFolder, order: ExportOrder, rows: Mapping[str, Sequence[Row]]
) -> tuple[BundlePlan, dict[str, Any], dict[str, Any]]:
    product = run.product
    scorer = BundleScorer(drafted(plan, order.out), product, order.threads)
    seen = {
        split: [
            scorer.score(order.data, row) for row in shown(rows[split], f"{product.name}, {split}", len(rows[split]))
        ]
        for split in ("val", "test")
    }
    chosen = choose_thresholds(joined(seen["val"]), product.labels, product.recall_floor, product.sound_is_a_class)
    figures = part_figures(judge_parts(seen["test"], chosen.values), seen["test"], product.labels)
    return replace(plan, thresholds=chosen.values), chosen.as_json(), figures


def _with_least_scores(
    plan: BundlePlan, run: RunFolder, order: ExportOrder, rows: Mapping[str, Sequence[Row]]
) -> tuple[BundlePlan, dict[str, Any], dict[str, Any]]:
    labels = run.product.labels
    draft = drafted(plan, order.out)
    seen = {split: look_at(draft, run.product, order.data, rows[split], order.threads) for split in ("val", "test")}
    least, told = choose_least(seen["val"], labels)
    return replace(plan, thresholds=least), told, identity_metrics(seen["test"], least, labels)


def _golden(
    plan: BundlePlan, run: RunFolder, engine: LiteRtEngine, pictures: Sequence[Picture]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    if plan.kind == IDENTITY:
        return golden_types(pictures, run.product, engine, plan.space_to_depth, plan.thresholds)
    rng = np.random.default_rng(run.order.seed)
    try:
        return golden_windows(pictures, run.product, engine, plan.space_to_depth, plan.thresholds, rng)
    except ValueError as error:
        raise MakingError(
            f"{run.product.name}: expected validation pictures of every class with windows of their own for the golden "
            f"set, found too few: {error}"
        ) from error


def _rows(run: RunFolder, folder: Path) -> dict[str, list[Row]]:
    """Rows by split, as the run's limit cut them; DataError where it is another data set than the one trained on."""
    rows = read_manifest(folder, run.product.set_name)
    found = audit(rows).digest
    if found != run.order.data_digest:
        raise DataError(
            f"{folder}: expected the data set and splits that {run.path} was trained on (digest "
            f"{run.order.data_digest[:12]}…), found another one ({found[:12]}…); its test parts may have been "
            "trained on"
        )
    split = {name: limited(rows, name, run.order.limit) for name in SPLITS}
    empty = [name for name in ("val", "test") if not split[name]]
    if empty:
        raise DataError(f"{folder}: expected pictures in the split {empty[0]!r}, found none")
    return split


def first_plan(run: RunFolder, version: str | None) -> BundlePlan:
    """What the run itself decides; thresholds, golden set and figures are still to come."""
    product, network = run.product, plan_named(run.order.network)
    content = _network(run)
    head, shape = _head(run, content)
    identity = product.kind == IDENTITY
    judged = product.labels if identity else product.labels[1:]
    scores = np.zeros((1, len(product.labels)), dtype=np.float32)
    edge = product.geometry.patch_px
    return BundlePlan(
        product=product.name,
        version=version or f"1-seed{run.order.seed}",
        labels=product.labels,
        thresholds=(0.0,) * len(judged),
        space_to_depth=network.space_to_depth,
        geometry=product.geometry,
        crop=product.crop,
        network=content,
        architecture=network.name,
        golden=np.zeros((1, edge, edge), dtype=np.uint8),
        golden_scores=scores,
        metrics={},
        provenance={},
        kind=product.kind,
        parity=_parity(run, content),
        head_weights=head,
        map_shape=shape,
    )


def _network(run: RunFolder) -> bytes:
    try:
        return run.int8.read_bytes()
    except OSError as error:
        raise DataError(
            f"{run.int8}: expected a quantised network, found none; `station model quantise --run {run.path}` makes it"
        ) from error


def _parity(run: RunFolder, network: bytes) -> dict[str, object]:
    """What quantising changed, which a bundle must tell; MakingError where INT8 was refused or is another network."""
    try:
        found: dict[str, object] = json.loads(run.parity.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MakingError(
            f"{run.parity}: expected the parity report of `station model quantise`, found none that can be read; "
            "quantise the run again"
        ) from error
    if found.get("refused"):
        raise MakingError(f"{run.parity}: INT8 was refused, because it misses parts that float finds; see the report")
    if found.get("network_sha256") != hashlib.sha256(network).hexdigest():
        raise MakingError(
            f"{run.int8}: expected the network of {run.parity.name}, found another; quantise the run again"
        )
    return found


def _head(run: RunFolder, content: bytes) -> tuple[NDArray[np.float32] | None, tuple[int, int, int, int] | None]:
    """Weights of the linear head and the shape of the second output; None, both, where the run has none."""
    if not run.head.exists():
        return None, None
    try:
        weights: NDArray[np.float32] = np.load(run.head, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BundleError(f"{run.head}: expected weights as a NumPy file, found something else") from error
    block = plan_named(run.order.network).space_to_depth
    edge = run.product.geometry.patch_px // block
    # names the file and what is wrong with it before the outputs are looked through
    LiteRtEngine(content, Tensors((1, edge, edge, block * block), 1 / 64, 0, len(run.product.labels)), run.int8, 1)
    interpreter: Any = Interpreter(model_content=content)
    shapes = [tuple(int(length) for length in detail["shape"]) for detail in interpreter.get_output_details()]
    maps = [shape for shape in shapes if len(shape) == 4]
    if len(maps) != 1:
        raise BundleError(f"{run.int8}: expected one feature map among the outputs, found {shapes}; quantise it again")
    one, height, width, channels = maps[0]
    return weights, (one, height, width, channels)
