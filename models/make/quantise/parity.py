"""What quantising changes, part by part: which defective parts float finds and INT8 does not.

Pure functions of scores. Accuracy over patches is told too, but decides nothing: a network can lose a part and gain
accuracy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.make.evaluation import known, part_metrics, patch_metrics, vote_parts
from models.make.thresholds import PartScores
from models.vote import vote

Under = Literal["float's thresholds", "INT8's own thresholds", "the best-scoring type"]
FLOAT: Final[Under] = "float's thresholds"
OWN: Final[Under] = "INT8's own thresholds"
TYPE: Final[Under] = "the best-scoring type"
POINTS_ALLOWED: Final = 0.3
SIZE_ALLOWED: Final = 0.26


@dataclass(frozen=True, slots=True)
class MissedPart:
    """A part that float finds and INT8 does not: best scores of the class that float named, and INT8's threshold."""

    part: str
    label: str
    split: str
    under: Under
    seen_class: str
    float_score: float
    int8_score: float
    threshold: float | None

    def __str__(self) -> str:
        limit = "" if self.threshold is None else f", threshold {self.threshold:.4f}"
        return (
            f"{self.part} ({self.label}, {self.split}): float finds it as {self.seen_class} {self.float_score:.4f}, "
            f"INT8 {self.int8_score:.4f}{limit}, under {self.under}"
        )


@dataclass(frozen=True, slots=True)
class SplitParity:
    """One split. `missed` has a part once for each kind of thresholds; `found_anew` are parts that only INT8 finds.

    `part_points` and `patch_points`: accuracy of INT8 less that of float in percentage points, float with its
    thresholds and INT8 with its own.
    """

    split: str
    parts: int
    missed: tuple[MissedPart, ...]
    found_anew: tuple[str, ...]
    overkilled_anew: tuple[str, ...]
    agreement: float
    part_points: float
    patch_points: float
    float_parts: dict[str, Any]
    int8_parts: dict[str, Any]
    float_patches: dict[str, Any]
    int8_patches: dict[str, Any]

    @property
    def missed_names(self) -> frozenset[str]:
        """The parts that count against INT8, under either kind of thresholds."""
        return frozenset(missed.part for missed in self.missed)

    @property
    def within_points(self) -> bool:
        """Whether part and patch accuracy fall by no more than POINTS_ALLOWED."""
        return min(self.part_points, self.patch_points) >= -POINTS_ALLOWED - 1e-9

    def as_json(self) -> dict[str, Any]:
        """For parity.json."""
        return {
            **asdict(self),
            "missed": [asdict(missed) for missed in self.missed],
            "within_points": self.within_points,
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """The same parts of one split, scored by float and by INT8; `names` are the physical parts."""

    split: str
    names: Sequence[str]
    by_float: Sequence[PartScores]
    by_int8: Sequence[PartScores]

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.by_float) == len(self.by_int8):
            counts = len(self.names), len(self.by_float), len(self.by_int8)
            raise ValueError(f"names, float and INT8 scores of {counts} parts")


def compare(
    pair: Pair, labels: Sequence[str], float_thresholds: Sequence[float], int8_thresholds: Sequence[float]
) -> SplitParity:
    """Compare defect scores. A part is found if it is voted defective, under whatever class.

    INT8 is held against float twice: both under float's thresholds, which shows what quantising alone changes, and
    each under its own, as the bundle will judge.
    """
    missed: list[MissedPart] = []
    kinds: tuple[tuple[Under, Sequence[float]], ...] = ((FLOAT, float_thresholds), (OWN, int8_thresholds))
    for under, limits in kinds:
        for name, first, second in zip(pair.names, pair.by_float, pair.by_int8, strict=True):
            seen = vote(first.scores, float_thresholds)
            if first.label_index and seen.defective and not vote(second.scores, limits).defective:
                column = max(seen.class_index, 1)
                missed.append(
                    MissedPart(
                        part=name,
                        label=labels[first.label_index],
                        split=pair.split,
                        under=under,
                        seen_class=labels[column],
                        float_score=_top(first, column),
                        int8_score=_top(second, column),
                        threshold=float(limits[column - 1]),
                    )
                )
    then, now = vote_parts(pair.by_float, float_thresholds), vote_parts(pair.by_int8, int8_thresholds)
    changed = [
        (name, truth)
        for name, (truth, before), (_, after) in zip(pair.names, then, now, strict=True)
        if before == 0 and after != 0
    ]
    right = [float(np.mean([(truth != 0) == (seen != 0) for truth, seen in parts])) for parts in (then, now)]
    return _parity(
        pair,
        labels,
        missed,
        found_anew=tuple(name for name, truth in changed if truth),
        overkilled_anew=tuple(name for name, truth in changed if not truth),
        points=100.0 * (right[1] - right[0]),
        metrics=(part_metrics(then, labels), part_metrics(now, labels)),
    )


def compare_types(pair: Pair, labels: Sequence[str]) -> SplitParity:
    """Compare part types: a part is found if its own type scores best."""
    missed: list[MissedPart] = []
    anew: list[str] = []
    right = [0, 0]
    for name, first, second in zip(pair.names, pair.by_float, pair.by_int8, strict=True):
        truth = first.label_index
        then, now = (int(part.scores.mean(axis=0).argmax()) == truth for part in (first, second))
        right[0] += then
        right[1] += now
        if then and not now:
            scores = _top(first, truth), _top(second, truth)
            missed.append(MissedPart(name, labels[truth], pair.split, TYPE, labels[truth], *scores, threshold=None))
        elif now and not then:
            anew.append(name)
    count = max(1, len(pair.names))
    metrics = tuple({"parts": len(pair.names), "right_type": round(hits / count, 4)} for hits in right)
    return _parity(
        pair, labels, missed, tuple(anew), (), 100.0 * (right[1] - right[0]) / count, (metrics[0], metrics[1])
    )


def order_of_preference(parity: SplitParity) -> tuple[float, ...]:
    """Smaller is better: missed parts first, then new overkill, then how rarely the patches agree."""
    return (len(parity.missed_names), len(parity.overkilled_anew), -parity.agreement)


def _parity(
    pair: Pair,
    labels: Sequence[str],
    missed: Sequence[MissedPart],
    found_anew: tuple[str, ...],
    overkilled_anew: tuple[str, ...],
    points: float,
    metrics: tuple[dict[str, Any], dict[str, Any]],
) -> SplitParity:
    patches = [patch_metrics(*known(parts), labels) for parts in (pair.by_float, pair.by_int8)]
    then, now = (_patch_accuracy(parts) for parts in (pair.by_float, pair.by_int8))
    return SplitParity(
        split=pair.split,
        parts=len(pair.names),
        missed=tuple(missed),
        found_anew=found_anew,
        overkilled_anew=overkilled_anew,
        agreement=round(_agreement(pair), 5),
        part_points=round(points, 3),
        patch_points=round(100.0 * (now - then), 3),
        float_parts=metrics[0],
        int8_parts=metrics[1],
        float_patches=patches[0],
        int8_patches=patches[1],
    )


def _patch_accuracy(parts: Sequence[PartScores]) -> float:
    scores, truth = known(parts)
    return float((scores.argmax(axis=1) == truth).mean()) if truth.size else 0.0


def _agreement(pair: Pair) -> float:
    """Share of all patches, ambiguous ones too, whose highest score is of the same class."""
    same = [
        first.scores.argmax(axis=1) == second.scores.argmax(axis=1)
        for first, second in zip(pair.by_float, pair.by_int8, strict=True)
    ]
    joined: NDArray[np.bool_] = np.concatenate([*same, np.zeros(0, dtype=np.bool_)])
    return float(joined.mean()) if joined.size else 1.0


def _top(part: PartScores, column: int) -> float:
    return round(float(part.scores[:, column].max()), 5)
