"""Which cells of a map attend to which, when attention runs in windows that may be shifted: index tables only.

Pure values in numpy. Cells beyond the map (padding) and cells that the shift has carried round the edge are of another
region than their neighbours in the window, and regions do not see each other.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def padded_edge(cells: int, window: int) -> int:
    """The next multiple of `window`."""
    return -(-cells // window) * window


@lru_cache(maxsize=64)
def blocked_pairs(height: int, width: int, window: int, shift: int) -> NDArray[np.bool_] | None:
    """True where a cell must not see another: (windows, window * window, window * window); None if all may.

    Windows go row by row over the padded map, cells row by row inside a window, after rolling the map by -shift.
    """
    high, wide = padded_edge(height, window), padded_edge(width, window)
    region = np.full((high, wide), -1)
    region[:height, :width] = 0
    if shift:
        region = np.roll(region, (-shift, -shift), (0, 1))
        # the last `shift` rows and columns came round from the other edge
        came_round = np.zeros((high, wide), dtype=region.dtype)
        came_round[high - shift :] += 1
        came_round[:, wide - shift :] += 2
        region = np.where(region < 0, region, came_round)
    windows = (
        region.reshape(high // window, window, wide // window, window)
        .transpose(0, 2, 1, 3)
        .reshape(-1, window * window)
    )
    blocked = windows[:, :, None] != windows[:, None, :]
    return blocked if bool(blocked.any()) else None


@lru_cache(maxsize=8)
def relative_positions(window: int) -> NDArray[np.int64]:
    """Row of the bias table for every pair of cells of a window: (window * window * window * window,)."""
    rows, columns = (axis.reshape(-1) for axis in np.indices((window, window)))
    down = rows[:, None] - rows[None, :] + window - 1
    right = columns[:, None] - columns[None, :] + window - 1
    return (down * (2 * window - 1) + right).reshape(-1).astype(np.int64)
