"""Looks at every file of a data set once: digests, shape, light, mask, and what is wrong with it. Judges nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from models.make.data.likeness import Small, small
from models.make.manifest import DataError, Row
from models.make.picture_files import decode_bytes
from models.make.pictures import in_8_bits, read_grey
from models.make.polygons import read_polygons
from models.make.progress import shown

SATURATED_LEVEL: Final = 250
LEAST_EDGE_PX: Final = 16  # below it the inspection finds no part
POLYGONS_END: Final = ".txt"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file's pixels say; `mean` in grey levels, `saturated` a share of the pixels."""

    height_px: int
    width_px: int
    colour: bool
    mean: float
    saturated: float
    pixel_digest: str
    small: Small


@dataclass(frozen=True, slots=True)
class Look:
    """One row's files. `seen` is None where the picture cannot be used, and `problem` says why.

    `mask`: "none" (no mask named), "marked", "empty", or what is wrong with it.
    """

    row: Row
    digest: str
    seen: Seen | None
    problem: str
    mask: str


def look_at_all(folder: Path, rows: Sequence[Row], threads: int, *, scale_16_bit: bool = False) -> list[Look]:
    """Every row's look, in order."""

    def one(row: Row) -> Look:
        return look_at(folder, row, scale_16_bit=scale_16_bit)

    with ThreadPoolExecutor(max(1, threads)) as pool:
        looks = pool.map(one, rows)
        return list(shown(looks, "looking at pictures", len(rows)))


def look_at(folder: Path, row: Row, *, scale_16_bit: bool = False) -> Look:
    """One row's look; never raises for what a file can hold."""
    path = folder / row.path
    try:
        content = path.read_bytes()
    except OSError as error:
        return Look(row, "", None, f"{row.path}: cannot be read: {error.strerror}", "none")
    digest = hashlib.sha256(content).hexdigest()
    try:
        decoded = decode_bytes(content, Path(row.path))
        grey = in_8_bits(decoded, Path(row.path), scale_16_bit=scale_16_bit)
    except DataError as error:
        return Look(row, digest, None, str(error), "none")
    height, width = grey.shape
    seen = Seen(
        height,
        width,
        decoded.colour,
        float(grey.mean()),
        float((grey >= SATURATED_LEVEL).mean()),
        hashlib.sha256(f"{grey.shape}".encode() + grey.tobytes()).hexdigest(),
        small(grey),
    )
    tiny = f"{row.path}: expected {LEAST_EDGE_PX} px or more a side, found {height} x {width}"
    return Look(row, digest, seen, tiny if min(grey.shape) < LEAST_EDGE_PX else "", _mask(folder, row, grey.shape))


def _mask(folder: Path, row: Row, shape: tuple[int, ...]) -> str:
    """What stands in `Look.mask`."""
    if not row.mask:
        return "none"
    path = folder / row.mask
    try:
        if path.suffix.lower() == POLYGONS_END:
            return "marked" if read_polygons(path) else "empty"
        mask = read_grey(path)
    except DataError as error:
        return str(error).replace(f"{folder}/", "")
    if mask.shape != shape:
        return f"{row.mask}: expected a mask of {shape[0]} x {shape[1]}, found {mask.shape[0]} x {mask.shape[1]}"
    return "marked" if np.any(mask) else "empty"
