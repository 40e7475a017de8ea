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
    itself where sound parts score higher. With fewer than FEWEST_SOUND_PARTS sound parts, sound patches
    stand in for them.
    """
    return tuple(_choose(parts, label, recall_floor) for label in range(1, classes))


def _choose(parts: Sequence[PartScores], label: int, recall_floor: float) -> float:
    own = sorted(float(p.scores[:, label].max()) for p in parts if p.label_index == label and p.scores.size)
    sound = [float(p.scores[:, label].max()) for p in parts if p.label_index == 0 and p.scores.size]
    if len(sound) < FEWEST_SOUND_PARTS:
        patches = np.concatenate([p.scores[p.patch_labels == 0, label] for p in parts] or [np.zeros(0)])
        sound = [float(np.quantile(patches, SOUND_PATCH_QUANTILE))] if patches.size else []
    upper = own[int((1.0 - recall_floor) * len(own) + 1e-9)] if own else 0.5
    lower = max(sound, default=LOWEST)
    chosen = _logit_middle(lower, upper) if lower < upper else upper
    return round(float(np.clip(chosen, LOWEST, HIGHEST)), 4)


def _logit_middle(low: float, high: float) -> float:
    pair = np.clip(np.array([low, high]), 1e-4, 1.0 - 1e-4)
    middle = float(np.mean(np.log(pair / (1.0 - pair))))
    return 1.0 / (1.0 + float(np.exp(-middle)))
