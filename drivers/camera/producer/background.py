"""The background that the simulated camera sees where nothing lies: the same numbers as lines.c makes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BACKGROUND_ROWS = 16
LIVE_COLUMNS = 32
"""Columns of line 0 that have noise of their own in every frame: no two frames of a live sensor are alike."""


def background_rows(level: int, amplitude: int, width_px: int) -> NDArray[np.uint8]:
    """The background (16, width): line n of a frame gets row n % 16. The producer (lines.c) does the same."""
    x = np.arange(1, width_px + 1, dtype=np.uint32)[None, :]
    k = np.arange(1, BACKGROUND_ROWS + 1, dtype=np.uint32)[:, None]
    mixed = (x * np.uint32(2_654_435_761)) ^ (k * np.uint32(2_246_822_519))
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(2_654_435_761)
    mixed ^= mixed >> np.uint32(13)
    noise = (mixed % np.uint32(2 * amplitude + 1)).astype(np.int64) - amplitude
    return np.clip(level + noise, 0, 255).astype(np.uint8)
