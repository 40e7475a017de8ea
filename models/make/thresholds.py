"""Chooses, for each defect class, the score from which a patch is defective: by validation parts, for a recall floor.

Pure NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LOWEST: Final = 0.05
HIGHEST: Final = 0.95
FEWEST_SOUND_PARTS: Final = 20
SOUND_PATCH_QUANTILE: Final = 0.995


@dataclass(frozen=True, slots=True)
class PartScores:
    """One part: scores (patches, classes) f32, its label's index, and each patch's own label (-1: not known)."""

    scores: NDArray[np.float32]
    label_index: int
    patch_labels: NDArray[np.intp]


def choose_thresholds(parts: Sequence[PartScores], classes: int, recall_floor: float) -> tuple[float, ...]:
    """Thresholds of the classes from 1 on.

    For each class the highest score that at least `recall_floor` of its parts reach is the upper bound, the
    highest score of the sound parts the lower one; between them the middle in logits, and the upper bound
    itself where sound parts score higher. With fewer than FEWEST_SOUND_PARTS sound parts, sound patches stand
    in for them. Then a threshold that rejects sound parts is raised as far as the floor allows: a part that is
    rejected under another class's name is rejected too.
    """
    limits = np.array([_choose(parts, label, recall_floor) for label in range(1, classes)])
    seen = [part for part in parts if part.scores.size]
    if any(part.label_index == 0 for part in seen):
        tops = np.array([part.scores[:, 1:].max(axis=0) for part in seen], dtype=np.float64)
        limits = _raised(limits, tops, np.array([part.label_index for part in seen]), recall_floor)
    return tuple(float(limit) for limit in limits)


def _raised(
    limits: NDArray[np.float64], tops: NDArray[np.float64], truth: NDArray[np.intp], recall_floor: float
) -> NDArray[np.float64]:
    """Raise thresholds, the one that rejects most sound parts first, while every class keeps its floor.

    `tops` (parts, classes - 1) is each part's highest score of each defect class, `truth` (parts,) its label.
    """
    sound = tops[truth == 0]
    worst_first: list[int] = np.argsort(-(sound >= limits).sum(axis=0)).tolist()
    for column in worst_first:
        if not (sound[:, column] >= limits[column]).any():
            continue
        steps = {HIGHEST} | {min(_floored(float(top)), HIGHEST) for top in tops[:, column]}
        for step in sorted((value for value in steps if value > limits[column]), reverse=True):
            trial = limits.copy()
            trial[column] = step
            if _holds(trial, tops, truth, recall_floor):
                limits = trial
                break
    return limits


def _holds(
    limits: NDArray[np.float64], tops: NDArray[np.float64], truth: NDArray[np.intp], recall_floor: float
) -> bool:
    caught: NDArray[np.bool_] = np.any(tops >= limits, axis=1)
    defects: set[int] = set(truth.tolist()) - {0}
    return all(float(caught[truth == label].mean()) >= recall_floor for label in defects)


def _choose(parts: Sequence[PartScores], label: int, recall_floor: float) -> float:
    own = sorted(float(p.scores[:, label].max()) for p in parts if p.label_index == label and p.scores.size)
    sound = [float(p.scores[:, label].max()) for p in parts if p.label_index == 0 and p.scores.size]
    if len(sound) < FEWEST_SOUND_PARTS:
        patches = np.concatenate([p.scores[p.patch_labels == 0, label] for p in parts] or [np.zeros(0)])
        sound = [float(np.quantile(patches, SOUND_PATCH_QUANTILE))] if patches.size else []
    upper = own[int((1.0 - recall_floor) * len(own) + 1e-9)] if own else 0.5
    lower = max(sound, default=LOWEST)
    chosen = _logit_middle(lower, upper) if lower < upper else upper
    return _floored(float(np.clip(chosen, LOWEST, HIGHEST)))


def _floored(score: float) -> float:
    """Four decimals, never above the score, so that its part still reaches the threshold."""
    return float(np.floor(score * 1e4)) / 1e4


def _logit_middle(low: float, high: float) -> float:
    pair = np.clip(np.array([low, high]), 1e-4, 1.0 - 1e-4)
    middle = float(np.mean(np.log(pair / (1.0 - pair))))
    return 1.0 / (1.0 + float(np.exp(-middle)))
