"""Least scores and test figures of an identity network, through the runtime's own inspector.

A type that is mistaken for another is the worst outcome; "unknown" stops the part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.bundle import Bundle
from models.engine import open_engine
from models.identity import IdentityInspector
from models.make.evaluate.intervals import Share
from models.make.evaluation import framed
from models.make.manifest import DataError, Row
from models.make.pictures import read_grey
from models.make.product import Product
from models.make.progress import shown

NONE: Final = -1
LOWEST: Final = 0.5
HIGHEST: Final = 0.99
STEP: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Looked:
    """One picture: its type, the best-scoring type (NONE: not looked at) and that score."""

    true_index: int
    best_index: int
    score: float


def look_at(bundle: Bundle, product: Product, folder: Path, rows: Sequence[Row], threads: int) -> list[Looked]:
    """Every row's picture, framed, as the station would look at it."""
    inspector = IdentityInspector(bundle, open_engine(bundle, threads))
    seen: list[Looked] = []
    for at, row in enumerate(shown(rows, f"{product.name}, {rows[0].split}", len(rows))):
        found = inspector.look(framed(read_grey(folder / row.path), np.random.default_rng(at)))
        best = NONE if found.label is None else product.labels.index(found.label)
        seen.append(Looked(_truth(row, product), best, found.score))
    return seen


def choose_least(seen: Sequence[Looked], labels: Sequence[str]) -> tuple[tuple[float, ...], dict[str, Any]]:
    """For each type the least score that no validation picture of another type reaches, from LOWEST to HIGHEST.

    DataError where a type has no picture: any number would be a guess.
    """
    least: list[float] = []
    by_type: dict[str, Any] = {}
    for index, label in enumerate(labels):
        own = [one for one in seen if one.true_index == index]
        if not own:
            raise DataError(f"least scores: expected pictures of {label} in validation, found none; put some there")
        strange = [one.score for one in seen if one.best_index == index and one.true_index != index]
        chosen = float(np.ceil((max([LOWEST, *strange]) + (STEP if strange else 0.0)) / STEP) * STEP)
        least.append(round(min(chosen, HIGHEST), 4))
        kept = sum(one.best_index == index and one.score >= least[-1] for one in own)
        by_type[label] = {
            "least_score": least[-1],
            "validation": len(own),
            "recognised": kept,
            "mistaken": len(strange),
        }
    return tuple(least), {"by_type": by_type}


def identity_metrics(seen: Sequence[Looked], least: Sequence[float], labels: Sequence[str]) -> dict[str, Any]:
    """Test pictures recognised, mistaken for another type and unknown, with 95 % intervals."""
    decided = [
        one.best_index if one.best_index != NONE and one.score >= least[one.best_index] else NONE for one in seen
    ]
    confusion = np.zeros((len(labels), len(labels) + 1), dtype=np.int64)
    for one, found in zip(seen, decided, strict=True):
        confusion[one.true_index, len(labels) if found == NONE else found] += 1
    right = int(np.trace(confusion[:, : len(labels)]))
    unknown = int(confusion[:, len(labels)].sum())
    rows = {label: [int(count) for count in row] for label, row in zip(labels, confusion, strict=True)}
    return {
        "test_types_inspected": {
            "pictures": len(seen),
            "recognised": Share(right, len(seen)).as_json(),
            "mistaken": Share(len(seen) - right - unknown, len(seen)).as_json(),
            "unknown": Share(unknown, len(seen)).as_json(),
            "confusion_rows_true_columns_seen": {"columns": [*labels, "unknown"], **rows},
        }
    }


def _truth(row: Row, product: Product) -> int:
    label = product.label_of_class.get(row.class_name)
    if label is None:
        raise DataError(
            f"{row.path}: expected one of the classes {sorted(product.label_of_class)}, found {row.class_name!r}"
        )
    return product.labels.index(label)
