"""Which parts a data set has: splits by part, labels in turn, seeds that nothing else draws.

Pure. It must not know how a part is drawn or written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drivers.cell.drawing.dice import Dice
from drivers.cell.drawing.seeds import DATASETS, PARTS_A_DATASET, SPLITS, dataset_part_seed


class DatasetError(Exception):
    """The folder cannot be written; one sentence."""


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One part of a data set before it is drawn."""

    split: str
    seed: int
    label: str
    size_category: int


def plan_parts(
    seed: int, parts: int, sound_share: float, labels: Sequence[str], size_categories: int
) -> list[PlannedPart]:
    """The parts of a data set: a fifth each for val and test, the rest for train.

    `seed` is 0..2999; `labels` begin with the sound one. The defect kinds take turns among the defective parts of a
    split. Each split of a larger data set begins with the parts of a smaller one. DatasetError for what cannot be.
    """
    if not 0 <= seed < DATASETS:
        raise DatasetError(f"the seed of a data set is 0..{DATASETS - 1}, found {seed}")
    if not len(SPLITS) <= parts <= PARTS_A_DATASET:
        raise DatasetError(f"a data set has {len(SPLITS)}..{PARTS_A_DATASET} parts, found {parts}")
    if not 0.0 <= sound_share <= 1.0:
        raise DatasetError(f"the share of sound parts is 0..1, found {sound_share}")
    fifth = max(1, parts // 5)
    counts = zip(SPLITS, (parts - 2 * fifth, fifth, fifth), strict=True)
    return [
        PlannedPart(split, part_seed, label, Dice(part_seed).whole(0, size_categories - 1))
        for split, count in counts
        for part_seed, label in _plan_split(split, seed, count, sound_share, labels)
    ]


def _plan_split(
    split: str, seed: int, count: int, sound_share: float, labels: Sequence[str]
) -> Iterator[tuple[int, str]]:
    defective = 0
    for index in range(count):
        label = labels[0]
        if int((index + 1) * sound_share) == int(index * sound_share):
            label = labels[1 + defective % (len(labels) - 1)]
            defective += 1
        yield dataset_part_seed(split, seed, index), label
