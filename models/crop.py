"""Finds the part in a camera picture and judges whether the picture can be inspected at all.

Works on a strided sample of the picture (a 20-megapixel frame is looked at in about half a millisecond).
Knows nothing of networks. The crop rule comes from the bundle.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.spec import CropRule

Picture = NDArray[np.uint8]

COARSE_STRIDE_PX: Final = 16
EDGE_SAMPLES: Final = 256  # samples along an edge when it is sought to the pixel


class Problem(StrEnum):
    """Why a picture cannot be inspected; each one is a forced reject."""

    NOT_A_PICTURE = "not a grey picture"
    ALL_DARK = "all dark"
    NO_PART = "no part"
    TOUCHES_BORDER = "part touches the border"
    SATURATED = "saturated"
    TOO_DARK = "part too dark"
    TOO_SMALL = "part smaller than a patch"
    BLURRED = "blurred"
    TOO_LARGE = "part needs more patches than allowed"
    NO_PATCH = "no patch was inspected"
    MISSED_PATCHES = "not every patch was inspected"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in picture coordinates: columns x_px to x_px + width_px, rows y_px to y_px + height_px."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int

    def __post_init__(self) -> None:
        if min(self.x_px, self.y_px) < 0 or min(self.width_px, self.height_px) < 1:
            raise ValueError(f"not a box: {self!r}")


@dataclass(frozen=True, slots=True)
class Found:
    """What the look at a picture gave; `box` is there whenever something like a part was seen."""

    box: Box | None
    problem: Problem | None
    saturated_fraction: float
    dark_fraction: float
    mean: float


def find_part(image: NDArray[np.uint8], rule: CropRule) -> Found:
    """Look for the part in a grey picture (height, width) u8; never raises for what a camera can deliver."""
    if image.ndim != 2 or image.dtype != np.uint8 or min(image.shape) < COARSE_STRIDE_PX:
        return Found(None, Problem.NOT_A_PICTURE, 0.0, 0.0, 0.0)
    coarse = np.ascontiguousarray(image[::COARSE_STRIDE_PX, ::COARSE_STRIDE_PX])
    saturated = float((coarse >= rule.saturated_level).mean())
    if not bool(coarse.any()):
        return Found(None, Problem.ALL_DARK, 0.0, 1.0, 0.0)
    box = _box_of(image, coarse, rule)
    if box is None or box.height_px < rule.min_height_px or box.width_px < rule.min_width_px:
        return Found(box, Problem.NO_PART, saturated, 1.0, float(coarse.mean()))
    inside = coarse[
        _ceil_div(box.y_px) : _ceil_div(box.y_px + box.height_px),
        _ceil_div(box.x_px) : _ceil_div(box.x_px + box.width_px),
    ]
    saturated = float((inside >= rule.saturated_level).mean())
    dark = float((inside <= rule.background_max).mean())
    mean = float(inside.mean())
    return Found(box, _judge(image.shape, box, saturated, dark, mean, rule), saturated, dark, mean)


def longest_run(wanted: NDArray[np.bool_], max_gap: int) -> tuple[int, int] | None:
    """Start and end (exclusive) of the longest run of True; gaps of up to `max_gap` False are bridged."""
    indices = np.flatnonzero(wanted)
    if indices.size == 0:
        return None
    breaks = np.flatnonzero(np.diff(indices) > max_gap + 1)
    starts = indices[np.concatenate(([0], breaks + 1))]
    ends = indices[np.concatenate((breaks, [indices.size - 1]))] + 1
    best = int(np.argmax(ends - starts))
    return int(starts[best]), int(ends[best])


def _box_of(image: Picture, coarse: Picture, rule: CropRule) -> Box | None:
    bright = coarse > rule.background_max
    gap = -(-rule.max_gap_px // COARSE_STRIDE_PX)
    columns = _coarse_span(np.count_nonzero(bright, axis=0), rule.min_fraction, gap)
    if columns is None:
        return None
    rows = _coarse_span(np.count_nonzero(bright[:, columns[0] : columns[1]], axis=1), rule.min_fraction, gap)
    if rows is None:
        return None
    x0, x1 = _fine_span(image, columns, rows, rule, axis=1)
    y0, y1 = _fine_span(image, rows, columns, rule, axis=0)
    return Box(x0, y0, x1 - x0, y1 - y0)


def _coarse_span(counts: NDArray[np.intp], min_fraction: float, gap: int) -> tuple[int, int] | None:
    """Run of coarse rows or columns that hold at least `min_fraction` of what the fullest one holds."""
    needed = max(1.0, float(counts.max()) * min_fraction)
    return longest_run(counts >= needed, gap)


def _fine_span(
    image: Picture, along: tuple[int, int], across: tuple[int, int], rule: CropRule, axis: int
) -> tuple[int, int]:
    """Both edges of the part on `axis`, to the pixel, from a window at each coarse edge."""
    size = image.shape[axis]
    low, high = across[0] * COARSE_STRIDE_PX, across[1] * COARSE_STRIDE_PX
    step = max(1, (high - low) // EDGE_SAMPLES)
    edges: list[int] = []
    for coarse_edge, first in ((along[0], True), (along[1], False)):
        centre = coarse_edge * COARSE_STRIDE_PX
        begin = max(0, centre - COARSE_STRIDE_PX)
        end = min(size, centre + (1 if first else COARSE_STRIDE_PX))
        window = image[low:high:step, begin:end] if axis == 1 else image[begin:end, low:high:step].T
        full = (window > rule.background_max).mean(axis=0) >= rule.min_fraction
        hits = np.flatnonzero(full)
        if hits.size == 0:
            edges.append(min(size, centre))
        else:
            edges.append(begin + int(hits[0]) if first else begin + int(hits[-1]) + 1)
    return edges[0], max(edges[1], edges[0] + 1)


def _judge(
    shape: tuple[int, ...], box: Box, saturated: float, dark: float, mean: float, rule: CropRule
) -> Problem | None:
    if saturated > rule.max_saturated_fraction:
        return Problem.SATURATED
    touches = (
        box.x_px == 0 or box.y_px == 0 or box.x_px + box.width_px == shape[1] or box.y_px + box.height_px == shape[0]
    )
    if touches and not rule.may_touch_border:
        return Problem.TOUCHES_BORDER
    if dark > rule.max_dark_fraction or mean < rule.min_mean_level:
        return Problem.TOO_DARK
    return None


def _ceil_div(position_px: int) -> int:
    return -(-position_px // COARSE_STRIDE_PX)
