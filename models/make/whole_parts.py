"""What several bundles say together of a part that is pictured several times: one defective picture rejects it.

Each picture goes through the whole runtime of its own product's bundle; the part's class is the one with the highest
score over all its pictures, as the station decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.bundle import Bundle
from models.make.errors import MakingError
from models.make.evaluate.intervals import Share
from models.make.evaluate.scored import BundleScorer, ScoredPicture, score_split
from models.make.evaluation import part_metrics
from models.make.manifest import SPLITS
from models.make.product import load_product
from models.vote import UNKNOWN_CLASS, vote


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in one picture: the class its mask has, the class that was voted (or UNKNOWN_CLASS), its score."""

    true_index: int
    class_index: int
    score: float

    @classmethod
    def of(cls, picture: ScoredPicture, thresholds: Sequence[float]) -> Seen:
        """The vote over one picture's patches."""
        if picture.problem is not None:
            return cls(picture.label_index, UNKNOWN_CLASS, 0.0)
        verdict = vote(picture.scores, thresholds)
        return cls(picture.label_index, verdict.class_index, verdict.score)


def judge_part(pictures: Sequence[Seen]) -> tuple[int, int]:
    """The part's own label index and the class it is judged to have.

    A part has the label of those of its pictures that show a defect. One picture that could not be inspected makes
    UNKNOWN_CLASS, which is a reject; otherwise the highest score among the defective pictures names the class.
    """
    truth = max(picture.true_index for picture in pictures)
    if any(picture.class_index == UNKNOWN_CLASS for picture in pictures):
        return truth, UNKNOWN_CLASS
    defective = [picture for picture in pictures if picture.class_index]
    return truth, max(defective, key=lambda picture: picture.score).class_index if defective else 0


def measure_whole_parts(bundles: Sequence[Bundle], folder: Path, split: str, threads: int) -> dict[str, Any]:
    """Part figures of one split of a data folder, every part judged by all its pictures in the bundles' sets.

    MakingError where the bundles have different labels or the split is none; DataError where a product of their name
    is not known or the data cannot be used.
    """
    if not bundles or split not in SPLITS:
        raise MakingError(f"expected bundles and one of the splits {', '.join(SPLITS)}, found {split!r}")
    labels = bundles[0].labels
    for bundle in bundles:
        if bundle.labels != labels:
            raise MakingError(
                f"{bundle.path}: expected the labels of {bundles[0].path} ({', '.join(labels)}), "
                f"found {', '.join(bundle.labels)}"
            )
    by_part: dict[str, list[Seen]] = {}
    for bundle in bundles:
        scorer = BundleScorer(bundle, load_product(bundle.spec.product), threads)
        for picture in score_split(scorer, folder, split):
            by_part.setdefault(picture.row.group, []).append(Seen.of(picture, bundle.spec.threshold_row))
    seen = {part: judge_part(pictures) for part, pictures in by_part.items()}
    defective = sum(truth > 0 for truth, _ in seen.values())
    missed = [part for part, (truth, found) in seen.items() if truth and not found]
    overkilled = [part for part, (truth, found) in seen.items() if not truth and found]
    return {
        "bundles": [f"{bundle.spec.product} {bundle.spec.version}" for bundle in bundles],
        "split": split,
        "pictures": sum(len(pictures) for pictures in by_part.values()),
        **part_metrics(list(seen.values()), labels),
        "escapes_with_interval": Share(len(missed), defective).as_json(),
        "overkill_with_interval": Share(len(overkilled), len(seen) - defective).as_json(),
        "missed_parts": missed,
        "false_rejects": overkilled,
    }
