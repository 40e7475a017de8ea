"""Chooses, for each defect class, the score from which a patch is defective: by validation parts, for a recall floor.

Pure NumPy. Refuses to choose where the parts cannot say anything, and tells how far what it chose can be trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.make.evaluate.intervals import Share, per_cent
from models.make.manifest import DataError

LOWEST: Final = 0.05
HIGHEST: Final = 0.95
FEWEST_SOUND_PARTS: Final = 20
SOUND_PATCH_QUANTILE: Final = 0.995
SHOWN_WITHIN: Final = 0.1  # a recall whose lower bound lies further below the floor is not shown by its parts

How = Literal[
    "between sound and defective",
    "at the floor, sound ones score higher",
    "raised as far as the floor allows",
    "below the defective, nothing sound to compare with",
]
SoundFrom = Literal["parts", "patches", "nothing"]


@dataclass(frozen=True, slots=True)
class PartScores:
    """One part: scores (patches, classes) f32, its label's index, and each patch's own label (-1: not known)."""

    scores: NDArray[np.float32]
    label_index: int
    patch_labels: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class ClassThreshold:
    """One class: its threshold, and how many of its validation parts all thresholds together reject."""

    label: str
    value: float
    how: How
    caught: Share
    floor_reached: bool


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The chosen thresholds and what they are worth on the parts that they were chosen on.

    `sound_rejected` counts sound parts; with none of them overkill is unknown. `sound_from` says against what sound
    scores the thresholds were held.
    """

    classes: tuple[ClassThreshold, ...]
    recall_floor: float
    sound_rejected: Share
    sound_from: SoundFrom

    @property
    def values(self) -> tuple[float, ...]:
        """Thresholds of the classes from 1 on, as the vote takes them."""
        return tuple(found.value for found in self.classes)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person must know before trusting them, a sentence each."""
        said = [
            f"{found.label}: no threshold from {LOWEST:g} on holds the recall floor "
            f"{per_cent(self.recall_floor)}: {found.caught} of its validation parts are caught"
            for found in self.classes
            if not found.floor_reached
        ]
        few = [
            f"{found.label} {per_cent(low)} ({found.caught.of})"
            for found in self.classes
            if (low := (found.caught.interval or (0.0, 1.0))[0]) < self.recall_floor - SHOWN_WITHIN
        ]
        if few:
            said.append(f"few validation parts: they show a recall of at least (95 %, parts) {', '.join(few)}, no more")
        if self.sound_from != "parts":
            stead = "sound patches stand in" if self.sound_from == "patches" else "nothing stands in"
            said.append(f"{self.sound_rejected.of} sound validation parts, expected {FEWEST_SOUND_PARTS}: {stead}")
        if not self.sound_rejected.of:
            said.append("overkill of parts is unknown: no sound part in validation")
        return tuple(said)

    def as_json(self) -> dict[str, Any]:
        """For the provenance of a bundle."""
        return {
            "recall_floor": self.recall_floor,
            "by_class": {
                found.label: {
                    "threshold": found.value,
                    "how": found.how,
                    "validation_parts": found.caught.of,
                    "caught": found.caught.count,
                    "recall_low_95": found.caught.as_json()["low_95"],
                    "floor_reached": found.floor_reached,
                }
                for found in self.classes
            },
            "sound_parts": self.sound_rejected.of,
            "sound_parts_rejected": self.sound_rejected.count if self.sound_rejected.of else None,
            "sound_scores_from": self.sound_from,
            "remarks": list(self.remarks),
        }


def choose_thresholds(
    parts: Sequence[PartScores], labels: Sequence[str], recall_floor: float, sound_expected: bool = True
) -> Thresholds:
    """Thresholds of `labels[1:]`, chosen on validation parts; what was not inspected (no scores) says nothing.

    For each class the highest score that at least `recall_floor` of its parts reach is the upper bound, the
    highest score of the sound parts the lower one; between them the middle in logits, and the upper bound
    itself where sound parts score higher. With fewer than FEWEST_SOUND_PARTS sound parts, sound patches stand
    in for them. Then a threshold that rejects sound parts is raised as far as the floor allows: a part that is
    rejected under another class's name is rejected too.

    DataError where a defect class has no part, or there is no sound part though the product has such pictures
    (`sound_expected`): any number would be a guess.
    """
    seen = [part for part in parts if part.scores.size]
    _refuse_what_says_nothing(seen, labels, sound_expected)
    sound_from, sound = _sound_scores(seen, len(labels))
    own = [_own_scores(seen, label) for label in range(1, len(labels))]
    limits = np.array([_choose(own[at], sound[at], recall_floor) for at in range(len(own))])
    tops = np.array([part.scores[:, 1:].max(axis=0) for part in seen], dtype=np.float32)
    truth = np.array([part.label_index for part in seen])
    raised = _raised(limits, tops, truth, recall_floor) if (truth == 0).any() else limits
    caught = _caught(tops, raised)
    found: list[ClassThreshold] = []
    for at, label in enumerate(labels[1:]):
        share = Share(int(caught[truth == at + 1].sum()), int((truth == at + 1).sum()))
        how = _how(float(raised[at]), float(limits[at]), sound[at])
        reached = share.count >= recall_floor * share.of - 1e-9
        found.append(ClassThreshold(label, float(raised[at]), how, share, reached))
    rejected = Share(int(caught[truth == 0].sum()), int((truth == 0).sum()))
    return Thresholds(tuple(found), recall_floor, rejected, sound_from)


def _how(value: float, before_raising: float, sound: float | None) -> How:
    if value > before_raising:
        return "raised as far as the floor allows"
    if sound is None:
        return "below the defective, nothing sound to compare with"
    return "at the floor, sound ones score higher" if sound >= value else "between sound and defective"


def _refuse_what_says_nothing(parts: Sequence[PartScores], labels: Sequence[str], sound_expected: bool) -> None:
    there = {part.label_index for part in parts}
    if not there - {0}:
        raise DataError(
            f"thresholds: expected defective parts in validation, found none among {len(parts)} inspected parts: "
            "no recall can be held; put parts of every defect class into the val split"
        )
    wanted = range(0 if sound_expected else 1, len(labels))
    missing = [labels[index] for index in wanted if index not in there]
    if missing:
        raise DataError(
            f"thresholds: expected parts of every class in validation, found none of {', '.join(missing)} among "
            f"{len(parts)} inspected parts: its threshold would be a guess; put some into the val split"
        )


def _own_scores(parts: Sequence[PartScores], label: int) -> list[float]:
    """Each part's highest score of its own class, ascending."""
    return sorted(float(part.scores[:, label].max()) for part in parts if part.label_index == label)


def _sound_scores(parts: Sequence[PartScores], classes: int) -> tuple[SoundFrom, list[float | None]]:
    """For each defect class the score that sound parts, or patches in their stead, stay below."""
    sound = [part.scores.max(axis=0) for part in parts if part.label_index == 0]
    if len(sound) >= FEWEST_SOUND_PARTS:
        tops = np.max(sound, axis=0)
        return "parts", [float(top) for top in tops[1:]]
    patches = np.concatenate([part.scores[part.patch_labels == 0] for part in parts])
    if not patches.size:
        return "nothing", [None] * (classes - 1)
    return "patches", [float(np.quantile(patches[:, label], SOUND_PATCH_QUANTILE)) for label in range(1, classes)]


def _choose(own: Sequence[float], sound: float | None, recall_floor: float) -> float:
    upper = own[min(int((1.0 - recall_floor) * len(own) + 1e-9), len(own) - 1)]
    lower = LOWEST if sound is None else sound
    chosen = _logit_middle(lower, upper) if lower < upper else upper
    return _floored(float(np.clip(chosen, LOWEST, HIGHEST)))


def _raised(
    limits: NDArray[np.float64], tops: NDArray[np.float32], truth: NDArray[np.intp], recall_floor: float
) -> NDArray[np.float64]:
    """Raise thresholds, the one that rejects most sound parts first, while every class keeps its floor.

    `tops` (parts, classes - 1) is each part's highest score of each defect class, `truth` (parts,) its label.
    """
    sound = tops[truth == 0]
    worst_first: list[int] = np.argsort(-(sound >= limits.astype(np.float32)).sum(axis=0)).tolist()
    for column in worst_first:
        if not (sound[:, column] >= np.float32(limits[column])).any():
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
    limits: NDArray[np.float64], tops: NDArray[np.float32], truth: NDArray[np.intp], recall_floor: float
) -> bool:
    caught = _caught(tops, limits)
    defects: set[int] = set(truth.tolist()) - {0}
    return all(float(caught[truth == label].mean()) >= recall_floor for label in defects)


def _caught(tops: NDArray[np.float32], limits: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which parts a vote would reject; it compares in float32, and a score of 0.95 in float32 lies below 0.95."""
    return np.any(tops >= limits.astype(np.float32), axis=1)


def _floored(score: float) -> float:
    """Four decimals, never above the score, so that its part still reaches the threshold."""
    return float(np.floor(score * 1e4)) / 1e4


def _logit_middle(low: float, high: float) -> float:
    pair = np.clip(np.array([low, high]), 1e-4, 1.0 - 1e-4)
    middle = float(np.mean(np.log(pair / (1.0 - pair))))
    return 1.0 / (1.0 + float(np.exp(-middle)))
