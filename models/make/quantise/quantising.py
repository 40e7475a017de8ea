"""Quantises a finished run: calibrates on train, tries percentiles on validation, then keeps INT8 or refuses it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.engine import LiteRtEngine
from models.make.data_set import DataSet
from models.make.errors import MakingError
from models.make.evaluation import all_patches, joined_parts, judged_names, part_scores
from models.make.manifest import DataError
from models.make.networks import plan_named
from models.make.product import Product
from models.make.progress import shown
from models.make.quantise.calibration import CALIBRATION_PATCHES, calibration_patches
from models.make.quantise.converting import Conversion, Int8Network
from models.make.quantise.parity import Pair, SplitParity, compare, compare_types, order_of_preference
from models.make.quantise.verdict import Overruling, Report
from models.make.run_folder import RunFolder
from models.make.thresholds import PartScores, choose_thresholds
from models.make.training.scoring import fold
from models.spec import IDENTITY

PERCENTILES: Final = (97.0, 99.0, 95.0, 100.0)
CHUNK: Final = 64
Run = Callable[[NDArray[np.int8]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class QuantisePlan:
    """How to quantise. `seed` None: the run's own. The `splits` decide, validation is first among them."""

    calibration_patches: int = CALIBRATION_PATCHES
    percentiles: tuple[float, ...] = PERCENTILES
    splits: tuple[str, ...] = ("val",)
    seed: int | None = None
    threads: int = 2
    allow_split_graph: bool = False
    overruling: Overruling = field(default_factory=Overruling)

    def __post_init__(self) -> None:
        if self.calibration_patches < 1 or not self.percentiles:
            raise MakingError("expected at least one calibration patch and one percentile")
        for percentile in self.percentiles:
            if not 50.0 < percentile <= 100.0:
                raise MakingError(f"--percentile {percentile:g}: expected above 50 and at most 100")


def quantise(run: RunFolder, data: DataSet, plan: QuantisePlan) -> Report:
    """Quantise and judge; `data` has the pictures of train and of the plan's splits.

    Where the report is not refused, the run holds network.tflite and, for activation maps, head.npy; where it is, it
    holds neither, not even older ones. parity.json is written either way. DataError for data of another run,
    MakingError where no INT8 network can be made.
    """
    if data.audit.digest != run.order.data_digest:
        raise DataError(
            f"{data.folder}: expected the data set and splits that {run.path} was trained on, found another one's "
            "digest; calibration must not see what is measured"
        )
    seed = run.order.seed if plan.seed is None else plan.seed
    network_name, product = run.order.network, data.product
    network = run.load_network()
    patches = calibration_patches(product, network_name, data.pictures["train"], plan.calibration_patches, seed)
    shape = (patches.shape[1], patches.shape[2], patches.shape[3])
    scored = _Scored(data, plan_named(network_name).space_to_depth)
    with Conversion(network, patches, plan.threads) as conversion:
        by_float = {split: scored.parts(split, conversion.float_network.run, "float") for split in plan.splits}
        tried: dict[float, _Candidate] = {}
        for percentile in plan.percentiles:
            made = conversion.int8(percentile)
            engine = made.engine(shape, len(product.labels), run.int8, plan.threads)
            _expect_whole(engine, run, plan)
            by_int8 = scored.parts("val", engine.run, f"INT8, percentile {percentile:g}")
            tried[percentile] = _candidate(made, engine, scored.names("val"), by_float["val"], by_int8, product)
        best = min(tried, key=lambda percentile: order_of_preference(tried[percentile].parity))
        chosen, float_bytes = tried[best], conversion.float_bytes
    judged = [chosen.parity]
    for split in plan.splits[1:]:
        pair = Pair(split, scored.names(split), by_float[split], scored.parts(split, chosen.engine.run, "INT8"))
        judged.append(_compared(pair, product, chosen.thresholds))
    report = Report(
        labels=product.labels,
        seed=seed,
        calibration_patches=plan.calibration_patches,
        tried={percentile: candidate.parity for percentile, candidate in tried.items()},
        chosen=best,
        judged=tuple(judged),
        thresholds=chosen.thresholds,
        float_bytes=float_bytes,
        int8_bytes=len(chosen.made.content),
        network_sha256=hashlib.sha256(chosen.made.content).hexdigest(),
        feature_map=chosen.made.map_shape,
        delegated=chosen.engine.identity.delegated,
        overruling=plan.overruling,
    )
    _keep(run, chosen.made, report)
    return report


@dataclass(frozen=True, slots=True)
class _Candidate:
    made: Int8Network
    engine: LiteRtEngine
    thresholds: dict[str, tuple[float, ...]]
    parity: SplitParity


class _Scored:
    """Scores of what gets a verdict, and its names, in the same order."""

    def __init__(self, data: DataSet, block: int) -> None:
        self._data, self._block = data, block

    def names(self, split: str) -> list[str]:
        """The parts of a split, or its pictures where each is judged alone."""
        return judged_names(self._data.pictures[split], self._data.product)

    def parts(self, split: str, run: Run, what: str) -> list[PartScores]:
        """What `run` gives for every patch, cut into parts."""
        pictures, product = self._data.pictures[split], self._data.product
        windows = all_patches(pictures, product)
        starts = range(0, len(windows), CHUNK)
        scores = [
            run(fold(windows[start : start + CHUNK], self._block))
            for start in shown(starts, f"{what}, {split}", len(starts))
        ]
        return joined_parts(pictures, part_scores(pictures, product, np.concatenate(scores)), product)


def _candidate(
    made: Int8Network,
    engine: LiteRtEngine,
    names: Sequence[str],
    by_float: Sequence[PartScores],
    by_int8: Sequence[PartScores],
    product: Product,
) -> _Candidate:
    thresholds: dict[str, tuple[float, ...]] = {}
    if product.kind != IDENTITY:
        for whose, parts in (("float", by_float), ("int8", by_int8)):
            found = choose_thresholds(parts, product.labels, product.recall_floor, product.sound_is_a_class)
            thresholds[whose] = found.values
    return _Candidate(made, engine, thresholds, _compared(Pair("val", names, by_float, by_int8), product, thresholds))


def _compared(pair: Pair, product: Product, thresholds: dict[str, tuple[float, ...]]) -> SplitParity:
    if product.kind == IDENTITY:
        return compare_types(pair, product.labels)
    return compare(pair, product.labels, thresholds["float"], thresholds["int8"])


def _expect_whole(engine: LiteRtEngine, run: RunFolder, plan: QuantisePlan) -> None:
    if engine.identity.delegated is False and not plan.allow_split_graph:
        raise MakingError(
            f"{run.path}: the INT8 graph of {run.order.network} does not fit into one accelerated node and would be "
            "slow; choose another network, or --allow-split-graph for a comparison"
        )


def _keep(run: RunFolder, made: Int8Network, report: Report) -> None:
    """Write what may be used, remove what may not; the network last, so that it never lies beside an older report."""
    try:
        run.int8.unlink(missing_ok=True)
        run.head.unlink(missing_ok=True)
        run.write_json(run.parity, report.as_json())
        if report.refused:
            return
        if made.head_weights is not None:
            weights = io.BytesIO()
            np.save(weights, made.head_weights, allow_pickle=False)
            _write(run.head, weights.getvalue())
        _write(run.int8, made.content)
    except OSError as error:
        raise MakingError(f"{run.path}: cannot be written: {error.strerror}; no INT8 network was kept") from error


def _write(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
