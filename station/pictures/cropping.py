"""Which part of a camera's picture is kept: the part with some background round it, or all of it where none was found.

A line-scan picture is mostly background: the part alone is a fraction of the pixels, of the time and of the disk. Pure.
"""

from __future__ import annotations

from typing import Final

MARGIN_PX: Final = 96
"""Background kept on each side, so that a person sees the edges, and another model finds the part anew."""

Crop = tuple[int, int, int, int]
"""(y, x, height, width) in pixels of the camera's picture."""


def crop_of(box: tuple[int, int, int, int] | None, shape: tuple[int, int]) -> Crop:
    """What is kept of a picture (height, width) in which the part lies in `box` (y, x, height, width)."""
    if box is None:
        return 0, 0, *shape
    top, left = max(0, box[0] - MARGIN_PX), max(0, box[1] - MARGIN_PX)
    bottom = min(shape[0], box[0] + box[2] + MARGIN_PX)
    right = min(shape[1], box[1] + box[3] + MARGIN_PX)
    if bottom <= top or right <= left:
        return 0, 0, *shape
    return top, left, bottom - top, right - left
