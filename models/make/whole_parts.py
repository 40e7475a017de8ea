"""What several bundles say together of a part that is pictured several times: one defective picture rejects it.

Each picture goes through the whole runtime of its own product's bundle; the part's class is the one with the highest
score over all its pictures, as the station decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.bundle import Bundle
from models.engine import open_engine
from models.inspect import PartInspector
from models.make.evaluation import framed, part_metrics
from models.make.making import MakingError
from models.make.manifest import SPLITS, read_manifest
from models.make.pictures import read_grey
from models.make.products import PRODUCTS
from models.vote import UNKNOWN_CLASS


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in one picture: the class its mask has, the class that was voted (or UNKNOWN_CLASS), its score."""

    true_index: int
    class_index: int
    score: float


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


def measure_whole_parts(bundles: Sequence[Bundle], folder: Path, split: str, threads: int) -> dict[str, object]:
    """Part figures of one split of a data folder, every part judged by all its pictures in the bundles' sets.

    MakingError where the bundles have different labels or no product of their name is known.
    """
    if not bundles or split not in SPLITS:
        raise MakingError(f"expected bundles and one of the splits {', '.join(SPLITS)}, found {split!r}")
    labels = bundles[0].labels
    by_part: dict[str, list[Seen]] = {}
    for bundle in bundles:
        product = PRODUCTS.get(bundle.spec.product)
        if product is None or bundle.labels != labels:
            raise MakingError(f"{bundle.spec.product}: expected a known product with the labels {', '.join(labels)}")
        inspector = PartInspector(bundle, open_engine(bundle, threads))
        rows = [row for row in read_manifest(folder, product.set_name) if row.split == split]
        for index, row in enumerate(rows):
            inspection = inspector.inspect(framed(read_grey(folder / row.path), np.random.default_rng(index)))
            verdict = inspection.vote
            inspected = inspection.problem is None and verdict is not None
            true_index = labels.index(product.label_of_class[row.class_name])
            seen = (
                Seen(true_index, verdict.class_index, verdict.score)
                if inspected and verdict
                else Seen(true_index, UNKNOWN_CLASS, 0.0)
            )
            by_part.setdefault(row.group, []).append(seen)
    return {
        "bundles": [f"{bundle.spec.product} {bundle.spec.version}" for bundle in bundles],
        "split": split,
        "pictures": sum(len(pictures) for pictures in by_part.values()),
        **part_metrics([judge_part(pictures) for pictures in by_part.values()], labels),
    }
