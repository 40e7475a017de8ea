"""Where a part lies and how the camera looks at it: the studies' geometric list as one affine warp.

Window and mask are warped together, so that the label can be cut from the warped mask again. Knows no labels' meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.make.product import Geometric


@dataclass(frozen=True, slots=True)
class WarpRanges:
    """How far each warp goes, either way; shares are of the window's edge.

    The defaults are the casting study's (shift 0.1, rotation 45°, shear 5°, zoom 0.1), which names the fastener and
    serial-number studies' operations too, without figures. `least_crop_share` has no figure in any of them: seven
    eighths is 224 of 256 px, the usual one.
    """

    shift_share: float = 0.1
    rotation_deg: float = 45.0
    shear_deg: float = 5.0
    zoom_share: float = 0.1
    least_crop_share: float = 0.875

    def __post_init__(self) -> None:
        shares = (self.shift_share, self.zoom_share)
        if not all(0 <= share < 1 for share in shares) or not 0 < self.least_crop_share <= 1:
            raise ValueError(f"expected shares from 0 to 1, found {self!r}")
        if not 0 <= self.shear_deg < 90:
            raise ValueError(f"expected a shear from 0 to 90 degrees, found {self!r}")


STUDIES: Final = WarpRanges()


def geometric(
    window: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    which: Sequence[Geometric],
    rng: np.random.Generator,
    ranges: WarpRanges = STUDIES,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Window and mask (h, w) u8 warped alike; what lies outside is their reflection.

    The window is interpolated, the mask keeps its values. The caller must cut the label from the new mask: a defect
    may have left the window, and must not be trained as one. A mask of the window's shape is required (ValueError).
    """
    if window.shape != mask.shape or window.ndim != 2:
        raise ValueError(f"expected a window and its mask of one shape (h, w), found {window.shape} and {mask.shape}")
    matrix = warp_matrix(window.shape, which, rng, ranges)
    size = (window.shape[1], window.shape[0])
    border = cv2.BORDER_REFLECT_101
    new_window = cv2.warpAffine(window, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border)
    if not mask.any():
        return np.asarray(new_window, np.uint8), np.zeros(mask.shape, np.uint8)
    new_mask = cv2.warpAffine(np.ascontiguousarray(mask), matrix, size, flags=cv2.INTER_NEAREST, borderMode=border)
    return np.asarray(new_window, np.uint8), np.asarray(new_mask, np.uint8)


def warp_matrix(
    shape: tuple[int, ...], which: Sequence[Geometric], rng: np.random.Generator, ranges: WarpRanges = STUDIES
) -> NDArray[np.float64]:
    """The 2×3 matrix (old position to new, x before y) of all asked warps about the window's middle."""
    height, width = shape[0], shape[1]
    linear = np.eye(2)
    shift = np.zeros(2)
    if "shear" in which:
        along = int(rng.integers(2))
        sheared = np.eye(2)
        sheared[along, 1 - along] = np.tan(np.radians(rng.uniform(-ranges.shear_deg, ranges.shear_deg)))
        linear = sheared @ linear
    if "rotation" in which:
        angle = np.radians(rng.uniform(-ranges.rotation_deg, ranges.rotation_deg))
        linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ linear
    if "zoom" in which:
        linear = linear * rng.uniform(1.0 - ranges.zoom_share, 1.0 + ranges.zoom_share)
    if "centre-crop" in which:
        linear = linear / rng.uniform(ranges.least_crop_share, 1.0)
    if "flip" in which:
        linear = np.diag(rng.choice((-1.0, 1.0), 2)) @ linear
    if "translation" in which:
        shift = rng.uniform(-ranges.shift_share, ranges.shift_share, 2) * (width, height)
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    return np.column_stack([linear, middle - linear @ middle + shift])
