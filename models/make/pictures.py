"""Loads a data set's pictures and masks at the scale at which the network will see them.

Uses the runtime's own resize, so training and inspection see the same pixels. Masks are pictures (index or binary),
polygons in a text file, or the whole picture.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.crop import find_part
from models.make.manifest import DataError, Row
from models.make.picture_files import Decoded, decode
from models.make.polygons import polygon_mask
from models.make.product import Product
from models.patches import resize_part
from models.spec import FixedGeometry

log = logging.getLogger(__name__)

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


def load_pictures(folder: Path, rows: Sequence[Row], product: Product, *, scale_16_bit: bool = False) -> list[Picture]:
    """Every row's picture; DataError names the file that cannot be used, and says how many more there are."""

    def one(row: Row) -> tuple[Picture, bool] | DataError:
        try:
            return _load(folder, row, product, scale_16_bit)
        except DataError as error:
            return error

    with ThreadPoolExecutor(LOADING_THREADS) as pool:
        loaded = list(pool.map(one, rows))
    refused = [found for found in loaded if isinstance(found, DataError)]
    if refused:
        more = f" (and {len(refused) - 1} more of {len(rows)} cannot be used)" if len(refused) > 1 else ""
        raise DataError(f"{refused[0]}{more}")
    good = [found for found in loaded if not isinstance(found, DataError)]
    coloured = [picture.row.path for picture, colour in good if colour]
    if coloured:
        log.warning(
            "%d of %d pictures are in colour and were converted to grey: %s", len(coloured), len(rows), coloured[0]
        )
    return [picture for picture, _ in good]


def load_picture(folder: Path, row: Row, product: Product, *, scale_16_bit: bool = False) -> Picture:
    """One row's picture and mask; DataError where either cannot be used."""
    return _load(folder, row, product, scale_16_bit)[0]


def _load(folder: Path, row: Row, product: Product, scale_16_bit: bool) -> tuple[Picture, bool]:
    """The picture, and whether its file is in colour."""
    decoded = decode(folder / row.path)
    native = in_8_bits(decoded, folder / row.path, scale_16_bit=scale_16_bit)
    try:
        label_index = product.labels.index(product.label_of_class[row.class_name])
    except KeyError as error:
        raise DataError(
            f"{row.path}: expected one of the classes {sorted(product.label_of_class)}, found {row.class_name!r}"
        ) from error
    mask = native_mask(folder, row, product, native.shape, label_index)
    box = find_part(native, product.crop).box if product.crop_pictures else None
    if box is not None:
        part = np.s_[box.y_px : box.y_px + box.height_px, box.x_px : box.x_px + box.width_px]
        native, mask = native[part], mask[part]
    return Picture(to_scale(native, product), mask_to_scale(mask, product), label_index, row), decoded.colour


def native_mask(
    folder: Path, row: Row, product: Product, shape: tuple[int, ...], label_index: int
) -> NDArray[np.uint8]:
    """The mask at the picture's own scale: 0 sound, k = label index; DataError where it does not fit."""
    if not label_index:
        return nowhere(shape)
    if product.mask_values == "picture":
        return np.broadcast_to(np.full(1, label_index, dtype=np.uint8), shape)
    if not row.mask:
        return nowhere(shape)
    if product.mask_values == "polygons":
        return polygon_mask(folder / row.mask, shape, label_index)
    raw = read_grey(folder / row.mask)
    if raw.shape != shape:
        raise DataError(f"{row.mask}: expected a mask of {shape}, found {raw.shape}")
    mask = raw if product.mask_values == "index" else (raw > MASK_MIDDLE).astype(np.uint8) * label_index
    if int(mask.max()) >= len(product.labels):
        raise DataError(f"{row.mask}: expected values below {len(product.labels)}, found {int(mask.max())}")
    return mask


def read_grey(path: Path, *, scale_16_bit: bool = False) -> NDArray[np.uint8]:
    """A picture file as (height, width) u8, colour converted; DataError if it is none, or has 16 bits a pixel."""
    return in_8_bits(decode(path), path, scale_16_bit=scale_16_bit)


def in_8_bits(decoded: Decoded, path: Path, *, scale_16_bit: bool) -> NDArray[np.uint8]:
    """Grey (height, width) u8; 16 bits a pixel are refused, or scaled from 0..65535 where that was asked for."""
    if decoded.bits == 8:
        return decoded.grey.astype(np.uint8, copy=False)
    if not scale_16_bit:
        raise DataError(
            f"{path}: expected 8 bits a pixel, found {decoded.bits}; save it with the 8 bits that the camera will "
            "deliver, or ask for 0..65535 to become 0..255 with --scale-16-bit"
        )
    return (decoded.grey >> 8).astype(np.uint8)


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
