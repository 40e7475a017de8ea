"""What was measured on one split: parts and patches, escapes and overkill with their intervals, curves, calibration.

Values only; what is drawn or printed of them is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.make.evaluate.curves import Calibration, Curve, calibration, curve
from models.make.evaluate.intervals import Share
from models.make.evaluate.parts import SeenPart, judge_parts
from models.make.evaluate.scored import ScoredPicture
from models.make.frameworks import require
from models.make.windows import AMBIGUOUS
from models.vote import UNKNOWN_CLASS

NOT_INSPECTED = "not inspected"


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class: `precision`, `recall`, `f1` are None where no case can tell; `cases` are those of the class."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    cases: int

    def as_json(self) -> dict[str, Any]:
        """As it is."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "cases": self.cases,
        }


@dataclass(frozen=True, slots=True)
class Level:
    """Patches, or parts: confusion (labels, columns) with rows true and columns seen, figures by class, curves."""

    cases: int
    columns: tuple[str, ...]
    confusion: NDArray[np.int64]
    classes: tuple[ClassFigures, ...]
    right: Share
    curves: dict[str, Curve]
    calibration: Calibration | None

    def as_json(self, labels: Sequence[str]) -> dict[str, Any]:
        """Everything."""
        rows = {label: [int(count) for count in row] for label, row in zip(labels, self.confusion, strict=True)}
        return {
            "cases": self.cases,
            "right_class": self.right.as_json(),
            "confusion_rows_true_columns_seen": {"columns": list(self.columns), **rows},
            "by_class": {figures.label: figures.as_json() for figures in self.classes},
            "curves": {name: found.as_json() for name, found in self.curves.items()},
            "calibration": self.calibration.as_json() if self.calibration else None,
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """All figures of one split at given thresholds."""

    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    pictures: int
    seen: tuple[SeenPart, ...]
    parts: Level
    patches: Level
    ambiguous_patches: int
    false_alarms: Share
    """Sound patches that reach the threshold of some class; what is left to say where there is no sound part."""

    @property
    def escapes(self) -> Share:
        """Defective parts that passed."""
        return Share(sum(part.escaped for part in self.seen), sum(part.true_index > 0 for part in self.seen))

    @property
    def recall(self) -> Share:
        """Defective parts that were rejected, under whatever name."""
        return Share(self.escapes.of - self.escapes.count, self.escapes.of)

    @property
    def overkill(self) -> Share:
        """Sound parts that were rejected."""
        return Share(sum(part.overkilled for part in self.seen), sum(part.true_index == 0 for part in self.seen))

    @property
    def not_inspected(self) -> Share:
        """Parts with a picture that could not be inspected."""
        return Share(sum(part.class_index == UNKNOWN_CLASS for part in self.seen), len(self.seen))

    @property
    def recall_by_class(self) -> dict[str, Share]:
        """Rejected parts of each defect class."""
        return {
            label: Share(
                sum(part.true_index == index and part.class_index != 0 for part in self.seen),
                sum(part.true_index == index for part in self.seen),
            )
            for index, label in enumerate(self.labels)
            if index
        }

    def as_json(self) -> dict[str, Any]:
        """Everything, parts by name."""
        return {
            "escapes": self.escapes.as_json(),
            "overkill": self.overkill.as_json(),
            "recall": self.recall.as_json(),
            "recall_by_class": {label: share.as_json() for label, share in self.recall_by_class.items()},
            "not_inspected": self.not_inspected.as_json(),
            "pictures": self.pictures,
            "ambiguous_patches": self.ambiguous_patches,
            "sound_patches_rejected": self.false_alarms.as_json(),
            "part_level": self.parts.as_json(self.labels),
            "patch_level": self.patches.as_json(self.labels),
            "missed_parts": [part.as_json(self.labels) for part in self.seen if part.escaped],
            "false_rejects": [part.as_json(self.labels) for part in self.seen if part.overkilled],
            "parts": [part.as_json(self.labels) for part in self.seen],
        }


def measure(pictures: Sequence[ScoredPicture], labels: Sequence[str], thresholds: Sequence[float]) -> Measured:
    """The figures of scored pictures at these thresholds of `labels[1:]`."""
    seen = judge_parts(pictures, thresholds)
    scores = np.concatenate([np.zeros((0, len(labels)), np.float32), *(picture.scores for picture in pictures)])
    truth = np.concatenate([np.zeros(0, np.intp), *(picture.patch_labels for picture in pictures)])
    known = truth != AMBIGUOUS
    limits = np.asarray(thresholds, dtype=np.float32)
    return Measured(
        tuple(labels),
        tuple(thresholds),
        len(pictures),
        tuple(seen),
        _part_level(seen, labels),
        _patch_level(scores[known], truth[known], labels),
        int((~known).sum()),
        Share(int((scores[truth == 0, 1:] >= limits).any(axis=1).sum()), int((truth == 0).sum())),
    )


def level(
    truth: NDArray[np.intp],
    predicted: NDArray[np.intp],
    labels: Sequence[str],
    curves: dict[str, Curve | None],
    reliability: Calibration | None,
) -> Level:
    """Confusion and figures by class; `predicted` may hold UNKNOWN_CLASS, which gets a column of its own."""
    columns = (*labels, NOT_INSPECTED) if (predicted == UNKNOWN_CLASS).any() else tuple(labels)
    confusion = np.zeros((len(labels), len(columns)), dtype=np.int64)
    np.add.at(confusion, (truth, np.where(predicted == UNKNOWN_CLASS, len(labels), predicted)), 1)
    metrics: Any = require("sklearn.metrics")
    precision, recall, f1, cases = (
        metrics.precision_recall_fscore_support(truth, predicted, labels=list(range(len(labels))), zero_division=np.nan)
        if truth.size
        else (np.full(len(labels), np.nan),) * 3 + (np.zeros(len(labels)),)
    )
    classes = tuple(
        ClassFigures(label, _told(precision[at]), _told(recall[at]), _told(f1[at]), int(cases[at]))
        for at, label in enumerate(labels)
    )
    right = Share(int((truth == predicted).sum()), int(truth.size))
    told = {name: found for name, found in curves.items() if found is not None}
    return Level(int(truth.size), columns, confusion, classes, right, told, reliability)


def _part_level(seen: Sequence[SeenPart], labels: Sequence[str]) -> Level:
    truth = np.array([part.true_index for part in seen], dtype=np.intp)
    predicted = np.array([part.class_index for part in seen], dtype=np.intp)
    tops = np.array([part.score for part in seen], dtype=np.float64)
    inspected = predicted != UNKNOWN_CLASS
    return level(
        truth,
        predicted,
        labels,
        {"defective": curve(truth > 0, tops)},
        calibration(truth[inspected] > 0, tops[inspected]),
    )


def _patch_level(scores: NDArray[np.float32], truth: NDArray[np.intp], labels: Sequence[str]) -> Level:
    predicted = scores.argmax(axis=1).astype(np.intp)
    curves = {"defective": curve(truth > 0, scores[:, 1:].max(axis=1, initial=0.0))}
    if len(labels) > 2:
        curves |= {label: curve(truth == at, scores[:, at]) for at, label in enumerate(labels) if at}
    return level(truth, predicted, labels, curves, calibration(predicted == truth, scores.max(axis=1, initial=0.0)))


def _told(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 5)
