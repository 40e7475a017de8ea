"""One threshold for all classes, from 0.1 to 0.9: what parts it gets right, over several seeds of one product.

Source: casting study, threshold table (accuracy and recall, mean and deviation over runs). There the table was read on
the test set; here the threshold is chosen on validation parts alone, and test parts only say what that was worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.make.evaluate.intervals import Share, per_cent
from models.make.evaluate.parts import SeenPart
from models.make.manifest import DataError

STEPS: Final = tuple(round(0.1 * step, 1) for step in range(1, 10))


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation over seeds (None with one seed); `seeds` have the figure."""

    mean: float
    deviation: float | None
    seeds: int

    @classmethod
    def of(cls, values: Sequence[float | None]) -> Spread | None:
        """Of the values that are known; None without any."""
        known = [value for value in values if value is not None]
        if not known:
            return None
        return cls(float(np.mean(known)), float(np.std(known, ddof=1)) if len(known) > 1 else None, len(known))

    def as_json(self) -> dict[str, Any]:
        """Rounded."""
        deviation = None if self.deviation is None else round(self.deviation, 5)
        return {"mean": round(self.mean, 5), "sd": deviation, "seeds": self.seeds}

    def __str__(self) -> str:
        if self.deviation is None:
            return per_cent(self.mean, 2)
        return f"{100 * self.mean:.2f} ± {100 * self.deviation:.2f} %"


@dataclass(frozen=True, slots=True)
class Row:
    """One threshold on one split; accuracy is that of sound against defective. None: unknown."""

    threshold: float
    accuracy: Spread
    recall: Spread | None
    least_recall: float | None
    f1: Spread | None
    overkill: Spread | None
    missed: tuple[int, ...]
    overkilled: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return {
            "threshold": self.threshold,
            "accuracy": self.accuracy.as_json(),
            "recall": self.recall.as_json() if self.recall else None,
            "least_recall_of_a_seed": None if self.least_recall is None else round(self.least_recall, 5),
            "f1": self.f1.as_json() if self.f1 else None,
            "overkill": self.overkill.as_json() if self.overkill else None,
            "missed_by_seed": list(self.missed),
            "overkilled_by_seed": list(self.overkilled),
        }


@dataclass(frozen=True, slots=True)
class Sweep:
    """Both tables, and the threshold that was chosen on validation (None: none holds the floor for every seed)."""

    names: tuple[str, ...]
    recall_floor: float
    split: str
    validation: tuple[Row, ...]
    reported: tuple[Row, ...]
    chosen: float | None
    defective_parts: tuple[int, int]
    sound_parts: tuple[int, int]

    @property
    def reported_row(self) -> Row | None:
        """What the chosen threshold is worth on the reported split."""
        return next((row for row in self.reported if row.threshold == self.chosen), None)

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return {
            "seeds": list(self.names),
            "recall_floor": self.recall_floor,
            "chosen_on": "val",
            "chosen_threshold": self.chosen,
            "split": self.split,
            "defective_parts": dict(zip(("val", self.split), self.defective_parts, strict=True)),
            "sound_parts": dict(zip(("val", self.split), self.sound_parts, strict=True)),
            "validation": [row.as_json() for row in self.validation],
            "reported": [row.as_json() for row in self.reported],
        }


def sweep(
    names: Sequence[str],
    validation: Sequence[Sequence[SeenPart]],
    reported: Sequence[Sequence[SeenPart]],
    recall_floor: float,
    split: str,
) -> Sweep:
    """Tables over the parts that every seed saw, `validation[i]` and `reported[i]` being seed i's.

    DataError where validation has no defective part: no floor can be held then.
    """
    defective, sound = _counts(validation[0]), _counts(reported[0])
    if not defective[0]:
        raise DataError(
            "threshold sweep: expected defective parts in validation, found none: no recall floor can be held; "
            "put parts of every defect class into the val split"
        )
    rows = tuple(table_row(validation, step) for step in STEPS)
    return Sweep(
        tuple(names),
        recall_floor,
        split,
        rows,
        tuple(table_row(reported, step) for step in STEPS),
        chosen(rows, recall_floor),
        (defective[0], sound[0]),
        (defective[1], sound[1]),
    )


def chosen(rows: Sequence[Row], recall_floor: float) -> float | None:
    """Of the thresholds at which every seed holds the floor, the one of least overkill; of equals the lowest.

    Where overkill is unknown the highest one: it can only reject the fewest sound parts.
    """
    holding = [row for row in rows if row.least_recall is not None and row.least_recall >= recall_floor - 1e-9]
    if not holding:
        return None
    if any(row.overkill is None for row in holding):
        return holding[-1].threshold
    return min(holding, key=lambda row: (row.overkill.mean if row.overkill else 1.0, row.threshold)).threshold


def table_row(seeds: Sequence[Sequence[SeenPart]], threshold: float) -> Row:
    """One line of the table; a part is rejected from this highest score on (1 for what was not inspected)."""
    accuracy: list[float | None] = []
    recall: list[float | None] = []
    f1: list[float | None] = []
    overkill: list[float | None] = []
    missed: list[int] = []
    overkilled: list[int] = []
    for parts in seeds:
        rejected = np.array([part.score >= threshold for part in parts])
        defective = np.array([part.true_index > 0 for part in parts])
        caught, false = int((rejected & defective).sum()), int((rejected & ~defective).sum())
        missed.append(int(defective.sum()) - caught)
        overkilled.append(false)
        accuracy.append(Share(int((rejected == defective).sum()), len(parts)).rate)
        recall.append(Share(caught, int(defective.sum())).rate)
        f1.append(Share(2 * caught, 2 * caught + false + missed[-1]).rate if defective.any() else None)
        overkill.append(Share(false, int((~defective).sum())).rate)
    known = [value for value in recall if value is not None]
    spread = Spread.of(accuracy)
    if spread is None:
        raise ValueError("a table of no parts")
    return Row(
        threshold,
        spread,
        Spread.of(recall),
        min(known, default=None),
        Spread.of(f1),
        Spread.of(overkill),
        tuple(missed),
        tuple(overkilled),
    )


def _counts(parts: Sequence[SeenPart]) -> tuple[int, int]:
    defective = sum(part.true_index > 0 for part in parts)
    return defective, len(parts) - defective
