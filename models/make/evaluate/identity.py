"""What an identity network is worth: which part type each picture shows, and how often it says "unknown".

A type that is mistaken for another is the worst outcome (the wrong recipe inspects it); "unknown" stops the part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle import Bundle
from models.engine import open_engine
from models.identity import IdentityInspector
from models.make.evaluate.intervals import Share
from models.make.evaluate.measures import Level, level
from models.make.evaluate.scored import NetworkScorer
from models.make.evaluation import framed
from models.make.manifest import DataError, Row, read_manifest
from models.make.pictures import read_grey
from models.make.product import Product
from models.make.progress import shown
from models.recognition import UNKNOWN_TYPE, recognise


@dataclass(frozen=True, slots=True)
class SeenType:
    """One picture: its part type, the type that was recognised (UNKNOWN_TYPE: none) and the one that scored best."""

    part: str
    picture: str
    true_index: int
    type_index: int
    best_index: int
    score: float
    problem: str | None

    def as_json(self, labels: Sequence[str]) -> dict[str, Any]:
        """With types in words."""
        return {
            "part": self.part,
            "picture": self.picture,
            "is": labels[self.true_index],
            "seen": "unknown" if self.type_index == UNKNOWN_TYPE else labels[self.type_index],
            "best": None if self.best_index == UNKNOWN_TYPE else labels[self.best_index],
            "score": round(self.score, 5),
            "problem": self.problem,
        }


@dataclass(frozen=True, slots=True)
class IdentityMeasured:
    """Figures over pictures; macro F1 is the mean over the types that occur."""

    labels: tuple[str, ...]
    seen: tuple[SeenType, ...]
    level: Level

    @property
    def right(self) -> Share:
        """Pictures whose own type was recognised."""
        return self.level.right

    @property
    def mistaken(self) -> Share:
        """Pictures in which another type was recognised."""
        wrong = sum(seen.type_index not in (UNKNOWN_TYPE, seen.true_index) for seen in self.seen)
        return Share(wrong, len(self.seen))

    @property
    def unknown(self) -> Share:
        """Pictures in which no type was recognised, or that could not be looked at."""
        return Share(sum(seen.type_index == UNKNOWN_TYPE for seen in self.seen), len(self.seen))

    @property
    def macro_f1(self) -> float | None:
        """Mean F1 over the types of which there are pictures."""
        known = [0.0 if figures.f1 is None else figures.f1 for figures in self.level.classes if figures.cases]
        return round(float(np.mean(known)), 5) if known else None

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return {
            "accuracy": self.right.as_json(),
            "mistaken": self.mistaken.as_json(),
            "unknown": self.unknown.as_json(),
            "macro_f1": self.macro_f1,
            **self.level.as_json(self.labels),
            "mistaken_pictures": [
                seen.as_json(self.labels)
                for seen in self.seen
                if seen.type_index not in (UNKNOWN_TYPE, seen.true_index)
            ],
            "unknown_pictures": [seen.as_json(self.labels) for seen in self.seen if seen.type_index == UNKNOWN_TYPE],
        }


def measure_identity(seen: Sequence[SeenType], labels: Sequence[str]) -> IdentityMeasured:
    """The figures of looked-at pictures."""
    truth = np.array([one.true_index for one in seen], dtype=np.intp)
    predicted = np.array([one.type_index for one in seen], dtype=np.intp)
    return IdentityMeasured(tuple(labels), tuple(seen), level(truth, predicted, labels, {}, None))


def look_with_bundle(bundle: Bundle, product: Product, folder: Path, split: str, threads: int) -> list[SeenType]:
    """Every picture of a split, framed, through the runtime's own identity inspector."""
    if bundle.labels != product.labels:
        raise DataError(f"{bundle.path}: expected the part types of product {product.name}, found others")
    inspector = IdentityInspector(bundle, open_engine(bundle, threads))
    seen: list[SeenType] = []
    for at, row in enumerate(
        shown(rows := rows_of(folder, product, split), f"{bundle.spec.product}, {split}", len(rows))
    ):
        found = inspector.look(framed(read_grey(folder / row.path), np.random.default_rng(at)))
        best = product.labels.index(found.label) if found.label is not None else UNKNOWN_TYPE
        type_index = best if found.recognised else UNKNOWN_TYPE
        seen.append(SeenType(row.group, row.path, _truth(row, product), type_index, best, found.score, found.problem))
    return seen


def look_with_network(scorer: NetworkScorer, folder: Path, split: str) -> list[SeenType]:
    """Every picture of a split through the float network; it has no least scores, so the best type counts."""
    product, seen = scorer.product, list[SeenType]()
    least = [0.0] * len(product.labels)
    for row in shown(rows := rows_of(folder, product, split), f"{scorer.name}, {split}", len(rows)):
        scored = scorer.score(folder, row)
        found = recognise(scored.scores, least)
        problem = scored.problem or found.problem
        seen.append(
            SeenType(row.group, row.path, scored.label_index, found.type_index, found.best_index, found.score, problem)
        )
    return seen


def rows_of(folder: Path, product: Product, split: str) -> list[Row]:
    """Manifest rows of a split; DataError where there are none."""
    rows = [row for row in read_manifest(folder, product.set_name) if row.split == split]
    if not rows:
        raise DataError(f"{folder}: {product.set_name}: expected pictures in the split {split!r}, found none")
    return rows


def _truth(row: Row, product: Product) -> int:
    label = product.label_of_class.get(row.class_name)
    if label is None:
        raise DataError(
            f"{row.path}: expected one of the classes {sorted(product.label_of_class)}, found {row.class_name!r}"
        )
    return product.labels.index(label)
