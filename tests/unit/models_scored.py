"""Builders for evaluation tests: scored pictures and judged parts whose figures can be told by hand."""

from collections.abc import Sequence

import numpy as np

from models.make.evaluate.parts import SeenPart
from models.make.evaluate.scored import ScoredPicture
from models.make.manifest import Row
from models.make.thresholds import PartScores

LABELS = ("defect-free", "spot", "hole")


def row(path: str, part: str, class_name: str = "good", split: str = "test") -> Row:
    return Row(path, class_name, split, f"{path:0<64}", part, "", "")


def scored(
    part: str,
    label: int,
    defect_scores: Sequence[tuple[float, float]],
    *,
    picture: str = "",
    patch_labels: Sequence[int] | None = None,
    problem: str | None = None,
) -> ScoredPicture:
    """A picture of a part with (spot, hole) scores for each patch; its patches have the picture's label if not told."""
    scores = np.array([[1.0 - a - b, a, b] for a, b in defect_scores], np.float32).reshape(-1, 3)
    labels = np.array([label] * len(defect_scores) if patch_labels is None else patch_labels, np.intp)
    origins = tuple((0, 16 * index) for index in range(len(defect_scores)))
    return ScoredPicture(row(picture or f"{part}.png", part), part, label, scores, labels, origins, problem)


def part(name: str, label: int, score: float, problem: str | None = None) -> SeenPart:
    """A judged part at the threshold 0.5."""
    seen = -1 if problem else int(score >= 0.5)
    return SeenPart(name, label, seen, 1.0 if problem else score, 1, f"{name}.png", (0, 0), 1, problem)


def parts_of(sound: Sequence[float], defective: Sequence[float]) -> list[PartScores]:
    """Parts of one patch each, of two classes, with these defect scores."""
    return [
        PartScores(np.array([[1 - score, score]], np.float32), label, np.array([label]))
        for label, scores in ((0, sound), (1, defective))
        for score in scores
    ]
