"""How a data set lies on disk: pictures and masks as PNG, a manifest, each file whole or not there.

It must not know what is drawn on the pictures.
"""

import csv
import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.cell.drawing.dataset_plan import DatasetError

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

_PNG_LEVEL = [cv2.IMWRITE_PNG_COMPRESSION, 1]


class Planned(Protocol):
    """What the manifest needs to know of a part before it is drawn."""

    @property
    def split(self) -> str:
        """train, val or test."""
        ...

    @property
    def seed(self) -> int:
        """The seed that only this part has."""
        ...


PlannedT = TypeVar("PlannedT", bound=Planned)


@dataclass(frozen=True, slots=True)
class Written:
    """What writing a data set left behind."""

    manifest: Path
    parts: int
    drawn: int
    picture_bytes: int


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One picture of a part as the manifest names it; paths inside the folder, `mask` "" where there is no defect."""

    set_name: str
    path: str
    mask: str
    class_name: str
    width_px: int
    height_px: int
    flags: str


def write_parts(
    out_dir: Path,
    planned: Sequence[PlannedT],
    finish: Callable[[PlannedT], tuple[bool, list[PictureRow]]],
    sound_labels: Collection[str],
    progress: Callable[[int, int], None] | None,
) -> Written:
    """Finish every part and write the manifest; `finish` draws what is missing, and says whether it had to.

    Pictures of one of the `sound_labels` are "ok" in the manifest, all others "nok". `finish` is called from several
    threads at once, `progress` with (parts done, parts in all) after each part.
    """
    rows: list[dict[str, str]] = []
    picture_bytes = drawn = 0
    drawing = ThreadPoolExecutor(max_workers=min(_MOST_THREADS, os.cpu_count() or 1))
    try:
        for done, (part, (missing, pictures)) in enumerate(
            zip(planned, drawing.map(finish, planned), strict=True), start=1
        ):
            drawn += missing
            for picture in pictures:
                content = (out_dir / picture.path).read_bytes()
                picture_bytes += len(content)
                rows.append(_manifest_row(part, picture, hashlib.sha256(content).hexdigest(), sound_labels))
            if progress is not None:
                progress(done, len(planned))
    finally:
        drawing.shutdown(cancel_futures=True)
    manifest = out_dir / "manifest.csv"
    _write_manifest(manifest, rows)
    return Written(manifest, len(planned), drawn, picture_bytes)


def check_room(out_dir: Path, all_bytes: int, missing_bytes: int, limit_bytes: int) -> None:
    """DatasetError where the pictures would take more than `limit_bytes` or than the disk has."""
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


def write_png(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture, (height, width) u8; its folder is made, and an older file is replaced at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _, encoded = cv2.imencode(".png", picture, _PNG_LEVEL)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(encoded.tobytes())
    unfinished.replace(path)


def _write_manifest(path: Path, rows: list[dict[str, str]]) -> None:
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, MANIFEST_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    unfinished.replace(path)


def _manifest_row(part: Planned, picture: PictureRow, sha256: str, sound_labels: Collection[str]) -> dict[str, str]:
    return {
        "set": picture.set_name,
        "path": picture.path,
        "class": picture.class_name,
        "label": "ok" if picture.class_name in sound_labels else "nok",
        "split": part.split,
        "sha256": sha256,
        "group": f"part{part.seed:09d}",
        "width": str(picture.width_px),
        "height": str(picture.height_px),
        "mask": picture.mask,
        "flags": picture.flags,
    }
