"""Cuts a product's pictures into patches on disk: out/split/label/*.png and out/patches.csv. Stopped, it goes on.

The windows and labels are those of training and measuring; ambiguous windows get a folder of their own.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from models.make.evaluate.page import write_whole
from models.make.manifest import DataError, Row, data_digest, read_manifest
from models.make.pictures import load_picture
from models.make.product import Product
from models.make.progress import shown
from models.make.windows import AMBIGUOUS, grid, grid_origins

LIST: Final = "patches.csv"
UNFINISHED: Final = "patches.partial.csv"
ORDER: Final = "order.json"
AMBIGUOUS_NAME: Final = "ambiguous"
COLUMNS: Final = ("patch", "split", "label", "part", "picture", "y_px", "x_px", "mask_px", "patches_of_picture")


@dataclass(frozen=True, slots=True)
class Cut:
    """How many patches of each (split, label) there are, pictures without any, and pictures done before."""

    counts: dict[tuple[str, str], int]
    without: tuple[str, ...]
    done_before: int


def cut_patches(folder: Path, product: Product, out: Path, *, scale_16_bit: bool = False) -> Cut:
    """Cut every picture of the product's set.

    DataError: a picture or mask that cannot be used, a full disk (what is done stays, the same order goes on from
    there), or an `out` that holds patches of another order.
    """
    rows = read_manifest(folder, product.set_name)
    try:
        done = _begin(out, product, rows)
        if not (out / LIST).exists():
            with (out / UNFINISHED).open("a", encoding="utf-8", newline="") as journal:
                for row in shown(rows, f"cutting {product.name}", len(rows)):
                    if row.path not in done:
                        journal.write(_lines(_cut(folder, row, product, out, scale_16_bit)))
                        journal.flush()
            write_whole(out / LIST, _lines([COLUMNS]) + (out / UNFINISHED).read_text(encoding="utf-8"))
            (out / UNFINISHED).unlink()
        return _counted(out, rows, len(done))
    except OSError as error:
        raise DataError(
            f"{out}: patches cannot be written: {error.strerror}; what is done stays, "
            "and the same command goes on from there"
        ) from error


def _begin(out: Path, product: Product, rows: Sequence[Row]) -> set[str]:
    """Make or check the folder; the pictures whose patches are all there."""
    recipe = product.model_dump(mode="json", exclude={"training", "notes", "recall_floor"})
    order = json.dumps({"product": recipe, "data": data_digest(rows)}, sort_keys=True, indent=1)
    out.mkdir(parents=True, exist_ok=True)
    if (out / ORDER).exists():
        if (out / ORDER).read_text(encoding="utf-8") != order:
            raise DataError(f"{out}: expected an empty folder or patches of this product and data, found other ones")
    elif any(out.iterdir()):
        raise DataError(f"{out}: expected an empty folder, found files in it")
    else:
        (out / ORDER).write_text(order, encoding="utf-8")
    path = out / (LIST if (out / LIST).exists() else UNFINISHED)
    if not path.exists():
        return set()
    text = path.read_text(encoding="utf-8")
    lines = [line for line in csv.reader(io.StringIO(text)) if len(line) == len(COLUMNS) and line != list(COLUMNS)]
    counts = Counter(line[4] for line in lines)
    done = {line[4] for line in lines if line[-1] == str(counts[line[4]])}
    if path.name == UNFINISHED:  # a picture that was stopped in is cut again
        write_whole(path, _lines([line for line in lines if line[4] in done]))
    return done


def _cut(folder: Path, row: Row, product: Product, out: Path, scale_16_bit: bool) -> list[list[object]]:
    """Write one picture's patches; their lines for the list."""
    picture = load_picture(folder, row, product, scale_16_bit=scale_16_bit)
    windows, labels = grid(picture, product)
    edge = product.geometry.patch_px
    stem = f"{Path(row.path).stem}-{hashlib.sha256(row.path.encode()).hexdigest()[:8]}"
    lines: list[list[object]] = []
    for (y, x), window, label in zip(grid_origins(picture, product), windows, labels, strict=True):
        name = AMBIGUOUS_NAME if label == AMBIGUOUS else product.labels[int(label)]
        path = Path(row.split) / name / f"{stem}-{y:05d}-{x:05d}.png"
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        encoded = cv2.imencode(".png", window)[1]
        (out / path).write_bytes(np.asarray(encoded).tobytes())
        marked = int(np.count_nonzero(picture.mask[y : y + edge, x : x + edge]))
        lines.append([path.as_posix(), row.split, name, row.group, row.path, y, x, marked, len(windows)])
    return lines


def _counted(out: Path, rows: Sequence[Row], done_before: int) -> Cut:
    with (out / LIST).open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    have = {line["picture"] for line in lines}
    counts = Counter((line["split"], line["label"]) for line in lines)
    return Cut(dict(counts), tuple(row.path for row in rows if row.path not in have), done_before)


def _lines(values: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(values)
    return text.getvalue()
