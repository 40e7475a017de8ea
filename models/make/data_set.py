"""A product's pictures, split by part and audited, as every making command begins with them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.make.manifest import SPLITS, Audit, DataError, Row, audit, read_manifest
from models.make.pictures import Picture, load_pictures
from models.make.product import Product

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DataSet:
    """Rows of every split, pictures of those that were asked for, and the audit that they passed."""

    folder: Path
    product: Product
    rows: dict[str, list[Row]]
    pictures: dict[str, list[Picture]]
    audit: Audit

    @property
    def picture_counts(self) -> dict[str, int]:
        """Pictures a split."""
        return {split: len(rows) for split, rows in self.rows.items()}

    @property
    def part_counts(self) -> dict[str, int]:
        """Physical parts a split."""
        return {split: len({row.group for row in rows}) for split, rows in self.rows.items()}


def load_data_set(folder: Path, product: Product, splits: Sequence[str] = SPLITS, limit: int | None = None) -> DataSet:
    """Read, audit and load; DataError for a leak, an empty split or a picture that cannot be used.

    With `limit` only the first so many pictures of each split and class.
    """
    rows = read_manifest(folder, product.set_name)
    checked = audit(rows)
    chosen = {split: limited(rows, split, limit) for split in SPLITS}
    for split in splits:
        if not chosen[split]:
            raise DataError(f"{folder}: {product.set_name}: expected pictures in the split {split!r}, found none")
    pictures = {split: load_pictures(folder, chosen[split], product) for split in splits}
    log.info("%s: %s", product.name, ", ".join(f"{len(kept)} pictures to {split}" for split, kept in pictures.items()))
    return DataSet(folder, product, chosen, pictures, checked)


def limited(rows: Sequence[Row], split: str, limit: int | None) -> list[Row]:
    """Rows of a split; with a limit the first `limit` of each class."""
    taken: dict[str, int] = {}
    chosen: list[Row] = []
    for row in rows:
        if row.split == split and (limit is None or taken.get(row.class_name, 0) < limit):
            taken[row.class_name] = taken.get(row.class_name, 0) + 1
            chosen.append(row)
    return chosen
