"""What may lie on a sound part: hair scratches that an inspector lets pass, and dust.

Drawn as factors on the light that the part throws back. Thinner and fainter than a defect at the lower strengths; the
upper ones come near to defects on purpose, because that is where overkill begins.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.crop import Box

Frame = NDArray[np.uint8]

MEGAPIXEL: Final = 1e6
SCRATCHES_PER_MEGAPIXEL: Final = 12.0
FEWEST_SCRATCHES: Final = 3
SCRATCH_LENGTH: Final = (0.08, 0.30)  # of the part's shorter edge
BENDS: Final = 12  # straight pieces of a scratch
SUBPIXEL_BITS: Final = 4
DUST_RADIUS_PX: Final = (0.7, 2.0)
DUST_DARKNESS: Final = (0.10, 0.35)  # share of the light that a grain takes


def natural_scratches(frame: Frame, part: Box, contrast_percent: float, rng: np.random.Generator) -> Frame:
    """Hair scratches 1 or 2 px thin, each `contrast_percent` lighter or darker than what is around it, fading out.

    SCRATCHES_PER_MEGAPIXEL of the part's surface, FEWEST_SCRATCHES at least. The same generator state gives the same
    places at every strength.
    """
    cover = np.zeros((part.height_px, part.width_px), dtype=np.float32)
    count = max(FEWEST_SCRATCHES, round(SCRATCHES_PER_MEGAPIXEL * cover.size / MEGAPIXEL))
    for _ in range(count):
        _scratch(cover, rng)
    return _shaded(frame, part, cover * np.float32(contrast_percent / 100.0))


def dust(frame: Frame, part: Box, grains_per_megapixel: float, rng: np.random.Generator) -> Frame:
    """Dark round grains of DUST_RADIUS_PX with soft edges; more strength adds grains to those of less."""
    cover = np.zeros((part.height_px, part.width_px), dtype=np.float32)
    for _ in range(round(grains_per_megapixel * cover.size / MEGAPIXEL)):
        y, x = float(rng.random()) * part.height_px, float(rng.random()) * part.width_px
        radius, darkness = float(rng.uniform(*DUST_RADIUS_PX)), float(rng.uniform(*DUST_DARKNESS))
        reach = int(radius + 2)
        top, left = max(0, int(y) - reach), max(0, int(x) - reach)
        seen = cover[top : int(y) + reach + 1, left : int(x) + reach + 1]
        down = (np.arange(seen.shape[0], dtype=np.float32) + top - y)[:, None]
        right = (np.arange(seen.shape[1], dtype=np.float32) + left - x)[None, :]
        grain = np.clip(radius + 0.5 - np.hypot(down, right), 0.0, 1.0) * -darkness
        np.minimum(seen, grain, out=seen)
    return _shaded(frame, part, cover)


def _scratch(cover: NDArray[np.float32], rng: np.random.Generator) -> None:
    """One bent hair into `cover` (-1 darker .. 1 lighter), fainter towards its ends."""
    height, width = cover.shape
    length_px = float(rng.uniform(*SCRATCH_LENGTH)) * min(height, width)
    heading = float(rng.uniform(0.0, np.pi)) + np.cumsum(rng.normal(0.0, 0.06, BENDS))
    path = np.cumsum(np.column_stack([np.cos(heading), np.sin(heading)]) * (length_px / BENDS), axis=0)
    path += rng.random(2) * (width, height) - path.mean(axis=0)
    lighter = 1.0 if rng.random() < 0.6 else -1.0
    thickness_px = int(rng.integers(1, 3))
    points = np.rint(path * (1 << SUBPIXEL_BITS)).astype(np.int32)
    (left, top), (right, bottom) = np.floor(path.min(axis=0)).astype(int) - 3, np.ceil(path.max(axis=0)).astype(int) + 4
    left, top, right, bottom = max(0, int(left)), max(0, int(top)), min(width, int(right)), min(height, int(bottom))
    if left >= right or top >= bottom:
        return
    drawn = np.zeros((bottom - top, right - left), dtype=np.uint8)
    fading = np.sin(np.linspace(0.15, 1.0, BENDS - 1) * np.pi * 0.9)
    for piece in range(BENDS - 1):
        ends = points[piece : piece + 2] - np.array([left, top]) * (1 << SUBPIXEL_BITS)
        level = round(255 * float(np.clip(fading[piece], 0.2, 1.0)))
        first, last = (tuple(int(value) for value in end) for end in ends)
        cv2.line(drawn, first, last, level, thickness_px, cv2.LINE_AA, SUBPIXEL_BITS)
    mark = drawn.astype(np.float32) * np.float32(lighter / 255.0)
    seen = cover[top:bottom, left:right]
    np.copyto(seen, mark, where=np.abs(mark) > np.abs(seen))


def _shaded(frame: Frame, part: Box, change: NDArray[np.float32]) -> Frame:
    """The frame with the part's levels times 1 + `change`."""
    out = frame.copy()
    place = np.s_[part.y_px : part.y_px + part.height_px, part.x_px : part.x_px + part.width_px]
    touched = change != 0.0
    levels = out[place]
    levels[touched] = np.clip(np.rint(levels[touched] * (1.0 + change[touched])), 0, 255).astype(np.uint8)
    return out
