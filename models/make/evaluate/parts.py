"""From scored pictures to judged parts: all pictures of a part voted together, as the station decides.

A picture that was not inspected rejects its part. Pure functions of scores and thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.make.evaluate.scored import ScoredPicture, by_part
from models.vote import UNKNOWN_CLASS, vote


@dataclass(frozen=True, slots=True)
class SeenPart:
    """One part: what it is, what it was judged to be, and the patch with the highest score of any defect.

    `class_index` is UNKNOWN_CLASS where a picture was not inspected (`problem`), which is a reject; `score` is 1 then,
    so that the part counts as rejected at every threshold. `origin` (y_px, x_px) at the geometry's scale.
    """

    name: str
    true_index: int
    class_index: int
    score: float
    score_index: int
    picture: str
    origin: tuple[int, int] | None
    pictures: int
    problem: str | None

    @property
    def escaped(self) -> bool:
        """Defective, and passed."""
        return self.true_index > 0 and self.class_index == 0

    @property
    def overkilled(self) -> bool:
        """Sound, and rejected."""
        return self.true_index == 0 and self.class_index != 0

    def as_json(self, labels: Sequence[str]) -> dict[str, Any]:
        """With labels in words."""
        return {
            "part": self.name,
            "is": labels[self.true_index],
            "seen": "not inspected" if self.class_index == UNKNOWN_CLASS else labels[self.class_index],
            "highest_score": None if self.problem else round(self.score, 5),
            "highest_score_of": None if self.problem else labels[self.score_index],
            "picture": self.picture,
            "patch_at_px": list(self.origin) if self.origin else None,
            "pictures": self.pictures,
            "problem": self.problem,
        }


def judge_parts(pictures: Sequence[ScoredPicture], thresholds: Sequence[float]) -> list[SeenPart]:
    """Every part of the pictures, in the order of its first picture; one defective picture makes a defective part."""
    return [_judge(name, group, thresholds) for name, group in by_part(pictures).items()]


def _judge(name: str, group: Sequence[ScoredPicture], thresholds: Sequence[float]) -> SeenPart:
    truth = max(picture.label_index for picture in group)
    for picture in group:
        if picture.problem is not None:
            return SeenPart(
                name, truth, UNKNOWN_CLASS, 1.0, UNKNOWN_CLASS, picture.row.path, None, len(group), picture.problem
            )
    verdict = vote(np.concatenate([picture.scores for picture in group]), thresholds)
    tops = [float(picture.scores[:, 1:].max()) for picture in group]
    shows = group[int(np.argmax(tops))]
    patch, column = divmod(int(np.argmax(shows.scores[:, 1:])), shows.scores.shape[1] - 1)
    return SeenPart(
        name,
        truth,
        verdict.class_index,
        max(tops),
        column + 1,
        shows.row.path,
        shows.origins[patch],
        len(group),
        verdict.problem,
    )
