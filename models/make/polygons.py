"""Reads defect outlines from text files: a line `class x y x y …` a polygon, corners as shares of width and height."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.make.manifest import DataError

FEWEST_CORNERS: Final = 3


def polygon_mask(path: Path, shape: tuple[int, ...], label_index: int) -> NDArray[np.uint8]:
    """A mask of `shape` (height, width), `label_index` inside the polygons; DataError says which line is wrong.

    The file's own class number is not used: the manifest's class is the picture's label.
    """
    mask = np.zeros(shape, dtype=np.uint8)
    for corners in read_polygons(path):
        places = np.rint(corners * np.array([shape[1], shape[0]])).astype(np.int32)
        cv2.fillPoly(mask, [places], label_index)
    return mask


def read_polygons(path: Path) -> list[NDArray[np.float64]]:
    """Corners (n, 2) as (x, y) in 0..1 of each polygon; DataError where the file or a line cannot be used."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected polygons as text, found something else") from error
    return [_corners(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]


def _corners(line: str, where: str) -> NDArray[np.float64]:
    words = line.split()
    try:
        values = [float(word) for word in words[1:]]
    except ValueError as error:
        raise DataError(f"{where}: expected a class and corners in 0..1, found {error.args[0]}") from error
    if len(values) < 2 * FEWEST_CORNERS or len(values) % 2:
        raise DataError(f"{where}: expected x y of three corners or more, found {len(values)} numbers")
    outside = [value for value in values if not (math.isfinite(value) and 0.0 <= value <= 1.0)]
    if outside:
        raise DataError(f"{where}: expected corners in 0..1 of width and height, found {outside[0]:g}")
    return np.array(values, dtype=np.float64).reshape(-1, 2)
