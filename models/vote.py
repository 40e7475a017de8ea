"""From patch scores to one verdict for the part: Algorithm 1 of the source study, a threshold per class.

A pure function of scores and recipe. What cannot be judged (no patch, NaN, a score outside 0..1) is never a
pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

UNKNOWN_CLASS: Final = -1
NO_PATCH: Final = -1
SCORE_SLACK: Final = 1e-3  # rounding of a softmax in float32 and of int8 softmax outputs (sum 1 +- n/256)


@dataclass(frozen=True, slots=True)
class Vote:
    """Verdict over a part's patches.

    `class_index` 0 and `defective` False only if every patch was judged and none was defective. With a
    `problem` the vote is defective, `class_index` is UNKNOWN_CLASS and `patch_index` NO_PATCH or the patch
    at fault.
    """

    defective: bool
    class_index: int
    score: float
    patch_index: int
    problem: str | None = None

    def __post_init__(self) -> None:
        if self.defective == (self.class_index == 0) or (self.problem is not None and not self.defective):
            raise ValueError(f"a vote that contradicts itself: {self!r}")


def vote(scores: NDArray[np.float32], thresholds: Sequence[float]) -> Vote:
    """Judge scores (patches, classes), class 0 sound, against `thresholds` of the classes from 1 on.

    If and only if no patch has a defect score at or above its threshold, the part is defect-free and the
    score is the lowest sound score of its patches. Otherwise the highest such defect score names class,
    score and patch (the first of equals). Raises ValueError if the shapes do not fit together.
    """
    if scores.ndim != 2 or scores.shape[1] != len(thresholds) + 1:
        raise ValueError(f"scores {scores.shape}, expected (patches, {len(thresholds) + 1})")
    limits = np.asarray(thresholds, dtype=np.float32)
    if not bool(((limits >= 0.0) & (limits <= 1.0)).all()):
        return _refused("a threshold is not a number from 0 to 1", NO_PATCH)
    if scores.shape[0] == 0:
        return _refused("no patch was inspected", NO_PATCH)
    sane = np.isfinite(scores) & (scores >= -SCORE_SLACK) & (scores <= 1.0 + SCORE_SLACK)
    if not bool(sane.all()):
        patch = int(np.argmin(sane.all(axis=1)))
        return _refused("a score is not a number from 0 to 1", patch)
    defects = np.maximum(scores[:, 1:], np.float32(0.0))
    exceeding = np.where(defects >= limits, defects, np.float32(-1.0))
    best = int(np.argmax(exceeding))
    patch, column = divmod(best, defects.shape[1])
    if exceeding[patch, column] < 0.0:
        weakest = int(np.argmin(scores[:, 0]))
        return Vote(False, 0, float(scores[weakest, 0]), weakest)
    return Vote(True, column + 1, float(defects[patch, column]), patch)


def _refused(problem: str, patch_index: int) -> Vote:
    return Vote(True, UNKNOWN_CLASS, 0.0, patch_index, problem)
