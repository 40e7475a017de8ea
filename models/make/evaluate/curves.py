"""Curves over all thresholds (ROC, precision and recall) and whether scores mean what they say (calibration).

Arrays in, plain lists out; knows nothing of parts, pictures or plots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.make.frameworks import require

MOST_POINTS: Final = 400  # of a drawn curve
CALIBRATION_BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Curve:
    """A ROC and a precision-recall curve of one question, with their areas; points (x, y) as (points, 2)."""

    positives: int
    negatives: int
    roc: NDArray[np.float64]
    roc_area: float
    pr: NDArray[np.float64]
    pr_area: float

    def as_json(self) -> dict[str, Any]:
        """Areas, numbers of cases, and the points: false alarms against recall, recall against precision."""
        return {
            "positives": self.positives,
            "negatives": self.negatives,
            "roc_area": round(self.roc_area, 5),
            "pr_area": round(self.pr_area, 5),
            "roc_false_alarms_recall": np.round(self.roc, 5).tolist(),
            "pr_recall_precision": np.round(self.pr, 5).tolist(),
        }


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of `cases` the mean score and the share that was right, bin by bin (bins,), and their weighted distance."""

    cases: int
    counts: NDArray[np.intp]
    mean_score: NDArray[np.float64]
    share_right: NDArray[np.float64]
    expected_error: float

    def as_json(self) -> dict[str, Any]:
        """Bins that hold something."""
        return {
            "cases": self.cases,
            "expected_calibration_error": round(self.expected_error, 5),
            "bins": [
                {"cases": int(count), "mean_score": round(float(score), 5), "share_right": round(float(right), 5)}
                for count, score, right in zip(self.counts, self.mean_score, self.share_right, strict=True)
            ],
        }


def curve(truth: NDArray[np.bool_], scores: NDArray[np.floating[Any]]) -> Curve | None:
    """The curves of a yes-or-no question; None where only one answer occurs: there is nothing to tell apart."""
    positives = int(truth.sum())
    if positives in (0, truth.size):
        return None
    metrics: Any = require("sklearn.metrics")
    false_alarms, recall, _ = metrics.roc_curve(truth, scores)
    precision, found, _ = metrics.precision_recall_curve(truth, scores, drop_intermediate=True)
    return Curve(
        positives,
        int(truth.size) - positives,
        _thinned(np.column_stack([false_alarms, recall])),
        float(metrics.roc_auc_score(truth, scores)),
        _thinned(np.column_stack([found, precision])),
        float(metrics.average_precision_score(truth, scores)),
    )


def calibration(right: NDArray[np.bool_], scores: NDArray[np.floating[Any]]) -> Calibration | None:
    """How often cases of a score were right, in bins of equal width; None without cases.

    Expected calibration error: the mean over cases of |share right - mean score| of the case's bin.
    """
    if not right.size:
        return None
    bins = np.minimum((np.asarray(scores, np.float64) * CALIBRATION_BINS).astype(np.intp), CALIBRATION_BINS - 1)
    counts = np.bincount(bins, minlength=CALIBRATION_BINS)
    held = counts > 0
    mean_score = np.bincount(bins, weights=scores, minlength=CALIBRATION_BINS)[held] / counts[held]
    share_right = np.bincount(bins, weights=right, minlength=CALIBRATION_BINS)[held] / counts[held]
    error = float(np.sum(counts[held] * np.abs(share_right - mean_score)) / right.size)
    return Calibration(int(right.size), counts[held].astype(np.intp), mean_score, share_right, error)


def _thinned(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """At most MOST_POINTS of a curve, both ends kept; areas are computed before."""
    if points.shape[0] <= MOST_POINTS:
        return points
    last = points.shape[0] - 1
    kept = sorted({round(step * last / (MOST_POINTS - 1)) for step in range(MOST_POINTS)})
    return points[kept]
