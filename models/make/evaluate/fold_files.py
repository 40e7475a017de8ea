"""What a cross-validation keeps on disk: its order, and what each fold's network said of its held-out pictures.

A file appears whole or not at all; a folder belongs to one order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import JsonValue, ValidationError

from models.make.evaluate.scored import ScoredPicture
from models.make.manifest import DataError, Row
from models.make.product import Product
from models.spec import Strict

ORDER_FILE = "folds.json"


class FoldOrder(Strict):
    """Everything that decides a cross-validation's figures."""

    product: Product
    network: str
    folds: int
    seed: int
    epochs: int
    limit: int | None
    data_digest: str


def claim(out: Path, order: FoldOrder) -> None:
    """Make the folder, or find it with the same order; DataError where another order lies in it."""
    file = out / ORDER_FILE
    try:
        if file.exists():
            if FoldOrder.model_validate_json(file.read_text(encoding="utf-8")) != order:
                raise DataError(f"{out}: another cross-validation lies here; name another folder or remove it")
            return
        out.mkdir(parents=True, exist_ok=True)
        _write(file, order.model_dump(mode="json"))
    except ValidationError as error:
        raise DataError(f"{file}: expected the order of a cross-validation, found something else; remove it") from error
    except OSError as error:
        raise DataError(f"{out}: the folds cannot be written: {error.strerror}") from error


def write_fold(path: Path, pictures: Sequence[ScoredPicture]) -> None:
    """What one fold's network said of its held-out pictures; the file appears whole or not at all."""
    values: list[JsonValue] = [
        {
            "path": picture.row.path,
            "label": picture.label_index,
            "scores": [[round(float(score), 6) for score in row] for row in picture.scores],
            "patch_labels": [int(label) for label in picture.patch_labels],
            "origins": [list(origin) for origin in picture.origins],
            "problem": picture.problem,
        }
        for picture in pictures
    ]
    try:
        _write(path, values)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written: {error.strerror}; make room and give the same command again: "
            "the folds that are done are kept"
        ) from error


def read_fold(path: Path, rows: Sequence[Row], product: Product) -> list[ScoredPicture]:
    """What `write_fold` wrote; DataError where it does not belong to these rows."""
    try:
        values: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        same = [value["path"] for value in values] == [row.path for row in rows]
        found = [
            ScoredPicture(
                row,
                product.verdict_of(row.group, row.path),
                int(value["label"]),
                np.array(value["scores"], np.float32).reshape(-1, len(product.labels)),
                np.array(value["patch_labels"], np.intp),
                tuple((int(y), int(x)) for y, x in value["origins"]),
                value["problem"],
            )
            for row, value in zip(rows, values, strict=False)
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: expected the scores of this fold, found something else; remove the file") from error
    if not same:
        raise DataError(f"{path}: expected the scores of this fold's pictures, found others; remove the file")
    return found


def _write(path: Path, values: JsonValue | dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(values, allow_nan=False) + "\n", encoding="utf-8")
    partial.replace(path)
