"""Grouped, stratified shares of a data set: whole physical parts go to one side, classes are spread evenly.

Works on manifest rows alone; reads no picture.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from models.make.manifest import DataError, Row


def folds(rows: Sequence[Row], k: int, seed: int) -> list[tuple[list[Row], list[Row]]]:
    """Pairs (train rows, held-out rows) of k folds, in the rows' order; a part is held out once.

    Stratified by class as far as whole parts allow. DataError where k is below 2 or above the number of parts.
    """
    groups = sorted({row.group for row in rows})
    if not 2 <= k <= len(groups):
        raise DataError(f"{k} folds: expected 2 to {len(groups)}, as many as there are parts at most")
    held_out = fold_of_group(rows, k, seed)
    return [
        (
            [row for row in rows if held_out[row.group] != index],
            [row for row in rows if held_out[row.group] == index],
        )
        for index in range(k)
    ]


def fold_of_group(rows: Sequence[Row], k: int, seed: int) -> dict[str, int]:
    """Which of k folds each part is held out in; the same for the same rows in any order."""
    from sklearn.model_selection import StratifiedGroupKFold

    ordered = sorted(rows, key=lambda row: (row.group, row.path))
    classes = [row.class_name for row in ordered]
    groups = [row.group for row in ordered]
    if k > max(classes.count(name) for name in set(classes)):
        raise DataError(f"{k} folds: expected as many pictures of some class at least, found none so common")
    splitter: Any = StratifiedGroupKFold(n_splits=k, shuffle=True, random_state=seed)
    out: dict[str, int] = {}
    with warnings.catch_warnings():
        # a class of fewer pictures than folds is no fault here: it goes where its parts go
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        parted = list(splitter.split(np.zeros(len(ordered)), np.array(classes), np.array(groups)))
    for index, (_, held) in enumerate(parted):
        out.update((groups[int(place)], index) for place in held)
    return out
