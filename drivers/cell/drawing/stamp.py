"""A mark on a surface: a small window of brightness change, and the geometry that marks are made of.

It must not know which marks are defects, nor how bright the surface is.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from drivers.cell.drawing.dice import F32, F64, Dice, cosine, sine, smooth

FAR_PX = 1.0e6


@dataclass(frozen=True, slots=True)
class Stamp:
    """A mark whose window begins at row `top`, column `left` of the picture (both may be negative).

    `gain` float32 (h, w): relative change of brightness (−0.3: 30 % darker). `inside` bool (h, w): what an expert
    would paint as the mark.
    """

    top: int
    left: int
    gain: F32
    inside: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.gain.shape != self.inside.shape or self.gain.ndim != 2:
            raise ValueError(f"gain {self.gain.shape} and inside {self.inside.shape} have to be one (h, w)")

    def cropped(self, height: int, width: int) -> "Stamp | None":
        """The part of it that lies on a picture of (height, width); None where nothing does."""
        top, left = max(self.top, 0), max(self.left, 0)
        bottom = min(self.top + self.gain.shape[0], height)
        right = min(self.left + self.gain.shape[1], width)
        if bottom <= top or right <= left:
            return None
        window = np.s_[top - self.top : bottom - self.top, left - self.left : right - self.left]
        return Stamp(top, left, self.gain[window], self.inside[window])

    def press(self, reflectance: F32) -> None:
        """Change the brightness of the surface, float32 (height, width), where the mark lies."""
        seen = self.cropped(*reflectance.shape)
        if seen is not None:
            h, w = seen.gain.shape
            reflectance[seen.top : seen.top + h, seen.left : seen.left + w] *= np.float32(1.0) + seen.gain


@dataclass(frozen=True, slots=True)
class Trace:
    """Where pixels lie beside a curve: window at (top, left); signed offset in px; place along it 0..1."""

    top: int
    left: int
    offset_px: F32
    along: F32


def bend(dice: Dice, y: float, x: float, length_px: float, turns: float, bow: float) -> F64:
    """A bow-shaped curve of this length around (y, x): float64 (n, 2) points (y, x), about 12 px apart.

    `turns` is the angle of its chord from the direction of the rows' descent (0 and 0.5 run down the rows, 0.25
    across); `bow` is how far it leaves its chord, as a share of the length.
    """
    step_y, step_x = cosine(turns), sine(turns)
    count = max(3, int(length_px / 12.0) + 1)
    t = np.arange(count, dtype=np.float64) / (count - 1)
    chord = (t - 0.5) * length_px
    arch = 4.0 * t * (1.0 - t)
    side = arch * length_px * (bow + abs(bow) * dice.real(-3.0, 3.0) * (t - 0.5))
    points = np.empty((count, 2), dtype=np.float64)
    points[:, 0] = y + chord * step_y - side * step_x
    points[:, 1] = x + chord * step_x + side * step_y
    return points


def trace(points: F64, reach_px: float) -> Trace:
    """The pixels within `reach_px` of a polyline (n, 2); pixels further away have |offset| FAR_PX."""
    low, high = points.min(axis=0) - reach_px, points.max(axis=0) + reach_px
    top, left = int(np.floor(low[0])), int(np.floor(low[1]))
    shape = int(np.ceil(high[0])) - top + 1, int(np.ceil(high[1])) - left + 1
    offset = np.full(shape, FAR_PX, dtype=np.float32)
    along = np.zeros(shape, dtype=np.float32)
    share = 1.0 / (len(points) - 1)
    for number, (start, end) in enumerate(pairwise(points)):
        y0, x0 = float(start[0]) - top, float(start[1]) - left
        dy, dx = float(end[0] - start[0]), float(end[1] - start[1])
        first = int(min(y0, y0 + dy) - reach_px), int(min(x0, x0 + dx) - reach_px)
        last = int(max(y0, y0 + dy) + reach_px) + 2, int(max(x0, x0 + dx) + reach_px) + 2
        rows = np.arange(max(first[0], 0), min(last[0], shape[0]), dtype=np.float64)[:, None] - y0
        columns = np.arange(max(first[1], 0), min(last[1], shape[1]), dtype=np.float64)[None, :] - x0
        t = np.clip((rows * dy + columns * dx) / (dy * dy + dx * dx), 0.0, 1.0)
        beside_y, beside_x = rows - t * dy, columns - t * dx
        distance = np.sqrt(beside_y * beside_y + beside_x * beside_x)
        signed = np.where(columns * dy >= rows * dx, distance, -distance).astype(np.float32)
        window = np.s_[max(first[0], 0) : min(last[0], shape[0]), max(first[1], 0) : min(last[1], shape[1])]
        nearer = np.abs(signed) < np.abs(offset[window])
        offset[window] = np.where(nearer, signed, offset[window])
        along[window] = np.where(nearer, ((number + t) * share).astype(np.float32), along[window])
    return Trace(top, left, offset, along)


def waver(dice: Dice, points: F64, depth_px: float) -> F64:
    """The same curve drawn by a hand that is not quite steady: (n, 2), moved down or up by up to `depth_px`."""
    knots = max(2, len(points) // 6)
    aside = [dice.real(-depth_px, depth_px) for _ in range(knots + 1)]
    out = points.copy()
    for number in range(len(points)):
        place = number * knots / (len(points) - 1)
        index = min(int(place), knots - 1)
        share = float(smooth(np.array(place - index)))
        out[number, 0] += aside[index] + (aside[index + 1] - aside[index]) * share
    return out


def draw_knots(dice: Dice, knots: int, low: float) -> F32:
    """Strengths of low..1 at the ends of `knots` equal stretches of a curve: float32 (knots + 1,)."""
    return np.array([dice.real(low, 1.0) for _ in range(knots + 1)], dtype=np.float32)


def between_knots(values: F32, along: F32) -> F32:
    """The strength at places 0..1 along a curve, straight between its knots."""
    place = along * np.float32(len(values) - 1)
    index = np.minimum(place.astype(np.int32), len(values) - 2)
    share = place - index.astype(np.float32)
    return (values[index] + (values[index + 1] - values[index]) * share).astype(np.float32)
