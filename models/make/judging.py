"""What a network is worth on a data set: thresholds from validation parts, figures from test parts and patches.

Works with anything that gives scores for int8 patches: a float network, an ensemble, an engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.make.data_set import DataSet
from models.make.evaluation import (
    all_patches,
    joined_parts,
    known,
    part_metrics,
    part_scores,
    patch_metrics,
    vote_parts,
)
from models.make.thresholds import PartScores, choose_thresholds
from models.make.training.scoring import fold

Scorer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Judged:
    """Thresholds of the classes from 1 on, and the figures of the test split."""

    thresholds: tuple[float, ...]
    patches: dict[str, Any]
    parts: dict[str, Any]


def judge(scores: Scorer, data: DataSet) -> Judged:
    """Choose on val, measure on test; `scores` gives (n, classes) for windows (n, patch, patch) u8."""
    product = data.product
    chosen = choose_thresholds(
        parts_of(scores, data, "val"), product.labels, product.recall_floor, product.sound_is_a_class
    )
    thresholds = chosen.values
    return judge_with(scores, thresholds, data)


def judge_with(scores: Scorer, thresholds: Sequence[float], data: DataSet) -> Judged:
    """Measure on test with thresholds that were chosen elsewhere."""
    product, pictures = data.product, data.pictures["test"]
    of_windows = scores(all_patches(pictures, product))
    single = part_scores(pictures, product, of_windows)
    return Judged(
        tuple(thresholds),
        patch_metrics(*known(single), product.labels),
        part_metrics(vote_parts(joined_parts(pictures, single, product), thresholds), product.labels),
    )


def parts_of(scores: Scorer, data: DataSet, split: str) -> list[PartScores]:
    """Scores of every part of a split that gets a verdict."""
    pictures, product = data.pictures[split], data.product
    return joined_parts(pictures, part_scores(pictures, product, scores(all_patches(pictures, product))), product)


def folded(run: Callable[[NDArray[np.int8]], NDArray[np.float32]], block: int) -> Scorer:
    """A scorer of windows from one of folded int8 patches."""
    return lambda windows: run(fold(windows, block))
