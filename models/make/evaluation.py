"""From scores of patches to figures of patches and of physical parts.

Pure NumPy; who gave the scores (a float network, an engine) is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.make.pictures import Picture
from models.make.product import Product
from models.make.thresholds import PartScores
from models.make.windows import AMBIGUOUS, grid
from models.vote import UNKNOWN_CLASS, vote

FRAME_PX: Final = 48
BACKGROUND_LEVELS: Final = 7  # 0..6


def framed(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The picture with FRAME_PX of near-black background around it, as a camera would deliver it."""
    height, width = picture.shape
    frame = rng.integers(0, BACKGROUND_LEVELS, (height + 2 * FRAME_PX, width + 2 * FRAME_PX), dtype=np.uint8)
    frame[FRAME_PX : FRAME_PX + height, FRAME_PX : FRAME_PX + width] = picture
    return frame


def vote_parts(parts: Sequence[PartScores], thresholds: Sequence[float]) -> list[tuple[int, int]]:
    """For every part its label index and the class that its scores vote for."""
    return [(part.label_index, vote(part.scores, thresholds).class_index) for part in parts]


def part_metrics(seen: Sequence[tuple[int, int]], labels: Sequence[str]) -> dict[str, object]:
    """Counts and rates over parts (label index, class seen); what was not inspected is rejected."""
    names = [*labels, "not inspected"]
    confusion = np.zeros((len(labels), len(names)), dtype=np.int64)
    for label_index, class_index in seen:
        confusion[label_index, len(labels) if class_index == UNKNOWN_CLASS else class_index] += 1
    sound, defective = confusion[0], confusion[1:]
    return {
        "parts": len(seen),
        "confusion_rows_true_columns_seen": {"columns": names, **_rows(confusion, labels)},
        "missed": int(defective[:, 0].sum()),
        "recall": _rate(int(defective[:, 1:].sum()), int(defective.sum())),
        "recall_by_class": {
            label: _rate(int(row[1:].sum()), int(row.sum())) for label, row in zip(labels[1:], defective, strict=True)
        },
        "overkilled": int(sound[1:].sum()),
        "overkill": _rate(int(sound[1:].sum()), int(sound.sum())),
        "right_class": _rate(int(np.trace(confusion[:, : len(labels)])), len(seen)),
    }


def patch_metrics(scores: NDArray[np.float32], truth: NDArray[np.intp], labels: Sequence[str]) -> dict[str, object]:
    """Counts and rates over patches by the highest score; `truth` (n,) without ambiguous ones."""
    predicted = scores.argmax(axis=1)
    confusion = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(confusion, (truth, predicted), 1)
    return {
        "patches": int(truth.size),
        "confusion_rows_true_columns_seen": {"columns": list(labels), **_rows(confusion, labels)},
        "accuracy": _rate(int(np.trace(confusion)), int(truth.size)),
        "defect_recall": _rate(int(confusion[1:, 1:].sum()), int(confusion[1:].sum())),
        "false_alarms": _rate(int(confusion[0, 1:].sum()), int(confusion[0].sum())),
    }


def all_patches(pictures: Sequence[Picture], product: Product) -> NDArray[np.uint8]:
    """Every window that inspection cuts from the pictures, in order, (n, patch, patch) u8."""
    return np.concatenate([grid(picture, product)[0] for picture in pictures])


def part_scores(pictures: Sequence[Picture], product: Product, scores: NDArray[np.float32]) -> list[PartScores]:
    """Cut `scores` (all grid windows of all pictures, in order) back into parts."""
    parts: list[PartScores] = []
    first = 0
    for picture in pictures:
        _, patch_labels = grid(picture, product)
        last = first + patch_labels.size
        parts.append(PartScores(scores[first:last], picture.label_index, patch_labels))
        first = last
    if first != scores.shape[0]:
        raise ValueError(f"{scores.shape[0]} scores for {first} windows")
    return parts


def judged_names(pictures: Sequence[Picture], product: Product) -> list[str]:
    """What gets a verdict, in the order of `joined_parts`: physical parts, or pictures where the product says so."""
    return list(dict.fromkeys(product.verdict_of(picture.row.group, picture.row.path) for picture in pictures))


def joined_parts(pictures: Sequence[Picture], scores: Sequence[PartScores], product: Product) -> list[PartScores]:
    """One PartScores for each verdict, of the scores of all its pictures; a defect in one of them labels it."""
    by_part: dict[str, list[PartScores]] = {}
    for picture, seen in zip(pictures, scores, strict=True):
        by_part.setdefault(product.verdict_of(picture.row.group, picture.row.path), []).append(seen)
    return [
        PartScores(
            np.concatenate([seen.scores for seen in group]),
            max(seen.label_index for seen in group),
            np.concatenate([seen.patch_labels for seen in group]),
        )
        for group in by_part.values()
    ]


def known(parts: Sequence[PartScores]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Scores and labels of all patches that are not ambiguous."""
    scores = np.concatenate([part.scores for part in parts])
    labels = np.concatenate([part.patch_labels for part in parts])
    return scores[labels != AMBIGUOUS], labels[labels != AMBIGUOUS]


def _rows(confusion: NDArray[np.int64], labels: Sequence[str]) -> dict[str, object]:
    return {label: [int(count) for count in row] for label, row in zip(labels, confusion, strict=True)}


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
