"""Gives every physical part a split: shares kept as well as whole parts allow, every class everywhere where it can be.

Greedy (iterative stratification, Sechidis et al. 2011, on parts instead of pictures), because scikit-learn's
StratifiedGroupKFold makes equal folds alone and does not see to it that a rare class gets into each. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.make.manifest import SPLITS, DataError, Row

SUM_TOLERANCE: Final = 1e-6
SERVED_FIRST: Final = ("train", "test", "val")  # where a class has too few parts for all splits


@dataclass(frozen=True, slots=True)
class Splitting:
    """The split of each part, and a sentence for each class that could not be in every split."""

    split_of: Mapping[str, str]
    notes: tuple[str, ...]


def parse_shares(text: str) -> tuple[float, float, float]:
    """Shares of train, val and test from "0.7,0.15,0.15"; DataError unless they are three that make 1."""
    try:
        train, val, test = (float(word) for word in text.split(","))
    except ValueError:
        train, val, test = 0.0, 0.0, 0.0
    if not (train > 0 and min(val, test) >= 0 and abs(train + val + test - 1) <= SUM_TOLERANCE):
        raise DataError(f"shares {text!r}: expected three for {', '.join(SPLITS)} that make 1, as in 0.7,0.15,0.15")
    return train, val, test


def split_parts(rows: Sequence[Row], shares: tuple[float, float, float], seed: int) -> Splitting:
    """Parts to splits; the same for the same rows, whatever their order."""
    share_of = {split: share for split, share in zip(SPLITS, shares, strict=True) if share > 0}
    parts: dict[str, Counter[str]] = {}
    for row in rows:
        parts.setdefault(row.group, Counter())[row.class_name] += 1
    names = sorted(parts)
    order = [names[int(place)] for place in np.random.default_rng(seed).permutation(len(names))]
    parts_of_class = {
        name: [part for part in order if parts[part][name]] for name in {c for p in parts.values() for c in p}
    }
    rarest_first = sorted(parts_of_class, key=lambda name: (len(parts_of_class[name]), name))
    split_of: dict[str, str] = {}
    notes: list[str] = []
    for name in rarest_first:
        without = _reserve(name, parts_of_class[name], parts, list(share_of), split_of)
        if without:
            have = len(parts_of_class[name])
            notes.append(
                f"{name}: {have} part{'s' * (have > 1)} for {len(share_of)} splits, so none in {' and '.join(without)}"
            )
    _share_out(order, parts, rarest_first, share_of, split_of)
    return Splitting(split_of, tuple(notes))


def _reserve(
    name: str,
    of_class: Sequence[str],
    parts: Mapping[str, Counter[str]],
    splits: Sequence[str],
    split_of: dict[str, str],
) -> list[str]:
    """See to a part of the class in each split, the smallest ones first; the splits that stay without."""
    free = sorted((part for part in of_class if part not in split_of), key=lambda part: parts[part].total())
    have = {split_of[part] for part in of_class if part in split_of}
    without: list[str] = []
    for split in [split for split in SERVED_FIRST if split in splits and split not in have]:
        if free:
            split_of[free.pop(0)] = split
        else:
            without.append(split)
    return without


def _share_out(
    order: Sequence[str],
    parts: Mapping[str, Counter[str]],
    rarest_first: Sequence[str],
    share_of: Mapping[str, float],
    split_of: dict[str, str],
) -> None:
    """The remaining parts, those of rare classes and large ones first, to the split that lacks their classes most."""
    total = sum((parts[part] for part in order), Counter[str]())
    have = {split: sum((parts[p] for p, s in split_of.items() if s == split), Counter[str]()) for split in share_of}
    rank = {name: index for index, name in enumerate(rarest_first)}
    waiting = [part for part in order if part not in split_of]
    waiting.sort(key=lambda part: (min(rank[name] for name in parts[part]), -parts[part].total()))
    for part in waiting:

        def lack(split: str, part: str = part) -> tuple[float, float]:
            of_classes = sum(
                count * (share_of[split] - have[split][name] / total[name]) for name, count in parts[part].items()
            )
            return of_classes, share_of[split] - have[split].total() / total.total()

        chosen = max(share_of, key=lack)
        split_of[part] = chosen
        have[chosen] += parts[part]
