"""Loads a data set's pictures and masks at the scale at which the network will see them.

Uses the runtime's own resize, so training and inspection see the same pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.crop import find_part
from models.make.manifest import DataError, Row
from models.make.products import Product
from models.patches import resize_part
from models.spec import FixedGeometry

MASK_MIDDLE: Final = 127
LOADING_THREADS: Final = 4
COVERED: Final = 0.3  # share of a resized pixel that the mask must cover


@dataclass(frozen=True, slots=True)
class Picture:
    """`pixels` (height, width) u8 and `mask` the same shape (0 sound, k = label index), at the geometry's scale."""

    pixels: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    label_index: int
    row: Row


def load_pictures(folder: Path, rows: Sequence[Row], product: Product) -> list[Picture]:
    """Every row's picture; DataError names the file that cannot be used."""
    with ThreadPoolExecutor(LOADING_THREADS) as pool:
        return list(pool.map(load_picture, repeat(folder), rows, repeat(product)))


def load_picture(folder: Path, row: Row, product: Product) -> Picture:
    """One row's picture and mask."""
    native = read_grey(folder / row.path)
    try:
        label_index = product.labels.index(product.label_of_class[row.class_name])
    except KeyError as error:
        raise DataError(
            f"{row.path}: expected one of the classes {sorted(product.label_of_class)}, found {row.class_name!r}"
        ) from error
    mask = nowhere(native.shape)
    if row.mask and label_index:
        raw = read_grey(folder / row.mask)
        if raw.shape != native.shape:
            raise DataError(f"{row.mask}: expected a mask of {native.shape}, found {raw.shape}")
        mask = raw if product.mask_values == "index" else (raw > MASK_MIDDLE).astype(np.uint8) * label_index
    if int(mask.max()) >= len(product.labels):
        raise DataError(f"{row.mask}: expected values below {len(product.labels)}, found {int(mask.max())}")
    box = find_part(native, product.crop).box if product.crop_pictures else None
    if box is not None:
        part = np.s_[box.y_px : box.y_px + box.height_px, box.x_px : box.x_px + box.width_px]
        native, mask = native[part], mask[part]
    return Picture(to_scale(native, product), mask_to_scale(mask, product), label_index, row)


def read_grey(path: Path) -> NDArray[np.uint8]:
    """A picture file as (height, width) u8; DataError if it is none."""
    try:
        content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    picture = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) if content.size else None
    if picture is None:
        raise DataError(f"{path}: expected a picture, found something else")
    return np.ascontiguousarray(picture, dtype=np.uint8)


def to_scale(native: NDArray[np.uint8], product: Product) -> NDArray[np.uint8]:
    """The picture as the network's patches are cut from it."""
    geometry = product.geometry
    if not isinstance(geometry, FixedGeometry):
        return native
    out = np.zeros((geometry.height_px, geometry.width_px), dtype=np.uint8)
    resize_part(native, out, np.zeros(native.size // 2 + 1, dtype=np.uint8))
    return out


def nowhere(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A read-only mask without a defect that takes no memory."""
    return np.broadcast_to(np.zeros(1, dtype=np.uint8), shape)


def defects_in(mask: NDArray[np.uint8]) -> list[int]:
    """Label indices of the defects in a mask, ascending."""
    return [int(value) for value in np.flatnonzero(np.bincount(mask.ravel(), minlength=1)) if value]


def mask_to_scale(mask: NDArray[np.uint8], product: Product) -> NDArray[np.uint8]:
    """The mask at the same scale: a pixel belongs to a defect that covers COVERED of it."""
    geometry = product.geometry
    if not isinstance(geometry, FixedGeometry):
        return mask
    if not mask.any():
        return nowhere((geometry.height_px, geometry.width_px))
    size = (geometry.width_px, geometry.height_px)
    out = np.zeros((geometry.height_px, geometry.width_px), dtype=np.uint8)
    for label_index in defects_in(mask):
        covered = (mask == label_index).astype(np.float32)
        share = np.zeros(out.shape, dtype=np.float32)
        cv2.resize(covered, size, dst=share, interpolation=cv2.INTER_AREA)
        out[share >= COVERED] = label_index
    return out
