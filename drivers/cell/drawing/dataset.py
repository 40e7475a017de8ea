"""A folder of drawn parts to train and measure a classifier on: pictures, masks, and a manifest that splits by part.

Layout: `manifest.csv`, `pictures/LABEL/NAME.png`, `masks/LABEL/NAME.png` (defective parts only; the value of a pixel
is its label's index). Pictures keep their native size; a part takes about 1.9 MB, a thousand about 1.9 GB. It must
not know how a station resizes them or what is trained.
"""

import csv
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.cell.drawing.dice import Dice
from drivers.cell.drawing.part import DRAWING, HEIGHT_PX, LABELS, WIDTHS_PX, draw_part
from drivers.cell.drawing.seeds import DATASETS, PARTS_A_DATASET, SPLITS, dataset_part_seed

SET_NAME = "drawn_mantle"
MANIFEST_COLUMNS: tuple[str, ...] = (
    "set",
    "path",
    "class",
    "label",
    "split",
    "sha256",
    "group",
    "width",
    "height",
    "mask",
    "flags",
)
LIMIT_BYTES = 8_000_000_000

# Drawing and encoding are mostly numpy and OpenCV, which release Python's lock.
_MOST_THREADS = 8

# Measured: level 1 PNG of grinding texture and sensor noise takes 0.51 to 0.60 bytes a pixel.
_BYTES_A_PIXEL = 0.6
_PNG_LEVEL = [cv2.IMWRITE_PNG_COMPRESSION, 1]


class DatasetError(Exception):
    """The folder cannot be written; one sentence."""


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One part of a data set before it is drawn."""

    split: str
    seed: int
    label: str
    size_category: int

    @property
    def name(self) -> str:
        """Everything that decides the bytes, so that a file of this name need not be drawn again."""
        return f"d{DRAWING}_{self.seed:09d}_{WIDTHS_PX[self.size_category]}.png"


@dataclass(frozen=True, slots=True)
class Written:
    """What `write_dataset` left behind."""

    manifest: Path
    parts: int
    drawn: int
    picture_bytes: int


def plan_dataset(seed: int, parts: int, sound_share: float = 0.4) -> list[PlannedPart]:
    """The parts of a data set: a fifth each for val and test, the rest for train.

    `seed` is 0..2999. The defect kinds take turns among the defective parts of a split. Each split of a larger data set
    begins with the parts of a smaller one. DatasetError for what cannot be.
    """
    if not 0 <= seed < DATASETS:
        raise DatasetError(f"the seed of a data set is 0..{DATASETS - 1}, found {seed}")
    if not len(SPLITS) <= parts <= PARTS_A_DATASET:
        raise DatasetError(f"a data set has {len(SPLITS)}..{PARTS_A_DATASET} parts, found {parts}")
    if not 0.0 <= sound_share <= 1.0:
        raise DatasetError(f"the share of sound parts is 0..1, found {sound_share}")
    fifth = max(1, parts // 5)
    counts = zip(SPLITS, (parts - 2 * fifth, fifth, fifth), strict=True)
    return [part for split, count in counts for part in _plan_split(split, seed, count, sound_share)]


def expected_bytes(parts: list[PlannedPart]) -> int:
    """About how much disk these parts take, at most."""
    return int(sum(WIDTHS_PX[part.size_category] for part in parts) * HEIGHT_PX * _BYTES_A_PIXEL)


def write_dataset(
    out_dir: Path,
    seed: int,
    parts: int,
    *,
    sound_share: float = 0.4,
    limit_bytes: int = LIMIT_BYTES,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Draw a data set into `out_dir`; parts whose files are there are kept, so a stopped run can go on.

    `progress` is called with (parts done, parts in all) after each part. DatasetError, before anything is drawn, where
    the pictures would take more than `limit_bytes` or than the disk has; OSError where the disk fails on the way.
    """
    planned = plan_dataset(seed, parts, sound_share)
    out_dir.mkdir(parents=True, exist_ok=True)
    missing = [part for part in planned if not (out_dir / _picture_path(part)).exists()]
    _check_room(out_dir, expected_bytes(planned), expected_bytes(missing), limit_bytes)
    rows: list[dict[str, str]] = []
    picture_bytes = 0
    drawing = ThreadPoolExecutor(max_workers=min(_MOST_THREADS, os.cpu_count() or 1))
    try:
        for done, finished in enumerate(drawing.map(partial(_finish_part, out_dir), planned), start=1):
            picture_bytes += finished.picture_bytes
            rows.append(finished.row)
            if progress is not None:
                progress(done, len(planned))
    finally:
        drawing.shutdown(cancel_futures=True)
    manifest = out_dir / "manifest.csv"
    _write_manifest(manifest, rows)
    return Written(manifest, len(planned), len(missing), picture_bytes)


@dataclass(frozen=True, slots=True)
class _Finished:
    row: dict[str, str]
    picture_bytes: int


def _finish_part(out_dir: Path, part: PlannedPart) -> _Finished:
    """The manifest's row of a part, drawn first where its file is not there."""
    picture = out_dir / _picture_path(part)
    if not picture.exists():
        _write_part(out_dir, part)
    content = picture.read_bytes()
    return _Finished(_manifest_row(part, hashlib.sha256(content).hexdigest()), len(content))


def _plan_split(split: str, seed: int, count: int, sound_share: float) -> Iterator[PlannedPart]:
    defective = 0
    for index in range(count):
        part_seed = dataset_part_seed(split, seed, index)
        label = LABELS[0]
        if int((index + 1) * sound_share) == int(index * sound_share):
            label = LABELS[1 + defective % (len(LABELS) - 1)]
            defective += 1
        yield PlannedPart(split, part_seed, label, Dice(part_seed).whole(0, len(WIDTHS_PX) - 1))


def _check_room(out_dir: Path, all_bytes: int, missing_bytes: int, limit_bytes: int) -> None:
    if all_bytes > limit_bytes:
        raise DatasetError(
            f"{out_dir}: the parts would take about {all_bytes / 1e9:.1f} GB, more than the limit of "
            f"{limit_bytes / 1e9:.1f} GB; ask for fewer parts or raise the limit"
        )
    free_bytes = shutil.disk_usage(out_dir).free
    if missing_bytes > free_bytes:
        raise DatasetError(
            f"{out_dir}: the parts still to draw take about {missing_bytes / 1e9:.1f} GB, "
            f"the disk has {free_bytes / 1e9:.1f} GB left; ask for fewer parts or make room"
        )


def _write_part(out_dir: Path, part: PlannedPart) -> None:
    drawn = draw_part(part.seed, part.label, part.size_category)
    mask_path = _mask_path(part)
    if mask_path:
        _write_png(out_dir / mask_path, drawn.mask)
    # The picture comes last: where it is there, the part is complete.
    _write_png(out_dir / _picture_path(part), drawn.picture)


def _write_png(path: Path, picture: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _, encoded = cv2.imencode(".png", picture, _PNG_LEVEL)
    _replace(path, encoded.tobytes())


def _write_manifest(path: Path, rows: list[dict[str, str]]) -> None:
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, MANIFEST_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    unfinished.replace(path)


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _picture_path(part: PlannedPart) -> str:
    return f"pictures/{part.label}/{part.name}"


def _mask_path(part: PlannedPart) -> str:
    return "" if part.label == LABELS[0] else f"masks/{part.label}/{part.name}"


def _manifest_row(part: PlannedPart, sha256: str) -> dict[str, str]:
    return {
        "set": SET_NAME,
        "path": _picture_path(part),
        "class": part.label,
        "label": "ok" if part.label == LABELS[0] else "nok",
        "split": part.split,
        "sha256": sha256,
        "group": f"part{part.seed:09d}",
        "width": str(WIDTHS_PX[part.size_category]),
        "height": str(HEIGHT_PX),
        "mask": _mask_path(part),
        "flags": f"seed{part.seed};drawing{DRAWING}",
    }
