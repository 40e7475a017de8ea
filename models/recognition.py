"""From the scores of an identity network to one part type, or to "unknown". A pure function of scores and recipe.

What cannot be judged (not one patch, NaN, a score outside 0..1, two types with the same best score) is never a
type that was recognised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.vote import SCORE_SLACK

UNKNOWN_TYPE: Final = -1


@dataclass(frozen=True, slots=True)
class Recognition:
    """`type_index`: the recognised type, UNKNOWN_TYPE if none has enough score; `best_index`: the one that scored best.

    With a `problem` both are UNKNOWN_TYPE and the score is 0.
    """

    type_index: int
    best_index: int
    score: float
    problem: str | None = None

    def __post_init__(self) -> None:
        contradicts = self.type_index not in (UNKNOWN_TYPE, self.best_index)
        if contradicts or (self.problem is not None and self.best_index != UNKNOWN_TYPE):
            raise ValueError(f"a recognition that contradicts itself: {self!r}")


def recognise(scores: NDArray[np.float32], least_scores: Sequence[float]) -> Recognition:
    """The part type of scores (1, types): the best one, if it reaches its entry of `least_scores` (types).

    Two types that share the best score are told apart by nothing: unknown. ValueError if the shapes do not fit
    together.
    """
    if scores.ndim != 2 or scores.shape[1] != len(least_scores) or not least_scores:
        raise ValueError(f"scores {scores.shape}, expected (1, {len(least_scores)})")
    limits = np.asarray(least_scores, dtype=np.float32)
    if not bool(((limits >= 0.0) & (limits <= 1.0)).all()):
        return _refused("a least score is not a number from 0 to 1")
    if scores.shape[0] != 1:
        return _refused(f"{scores.shape[0]} patches were looked at, expected 1")
    row = scores[0]
    sane = np.isfinite(row) & (row >= -SCORE_SLACK) & (row <= 1.0 + SCORE_SLACK)
    if not bool(sane.all()):
        return _refused("a score is not a number from 0 to 1")
    best = int(np.argmax(row))
    score = min(1.0, max(0.0, float(row[best])))
    alone = int(np.count_nonzero(row == row[best])) == 1
    enough = bool(np.float32(score) >= limits[best])
    return Recognition(best if alone and enough else UNKNOWN_TYPE, best, score)


def _refused(problem: str) -> Recognition:
    return Recognition(UNKNOWN_TYPE, UNKNOWN_TYPE, 0.0, problem)
