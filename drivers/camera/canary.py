"""Bytes written into a buffer before the camera may fill it: where they come back, no picture was written.

It must not know buffers of a producer, pixels or why a row stayed as it was.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

ROWS = 5
ROW_STEP = 16
ROW_BYTES = 64


def canary_rows(lines: int) -> tuple[int, ...]:
    """At most ROWS rows of a picture of `lines`, all multiples of ROW_STEP, from row 0 to the last such row."""
    last = (lines - 1) // ROW_STEP
    return tuple(sorted({ROW_STEP * (last * n // (ROWS - 1)) for n in range(ROWS)}))


class Canary:
    """The same random bytes at the end of some rows of every buffer of one stream.

    Args:
        lines: Rows of a picture.
        stride_bytes: From the beginning of one row to that of the next.
        row_bytes: Bytes of a row's pixels, without its padding.
    """

    def __init__(self, lines: int, stride_bytes: int, row_bytes: int) -> None:
        size = min(ROW_BYTES, row_bytes)
        self._bytes = np.frombuffer(os.urandom(size), np.uint8)
        self._found = self._bytes.tobytes()
        self._begins = tuple(row * stride_bytes + row_bytes - size for row in canary_rows(lines))

    def write(self, memory: NDArray[np.uint8]) -> None:
        """Put it into the memory of a buffer that nobody fills at this moment."""
        size = len(self._bytes)
        for begin in self._begins:
            if begin + size <= len(memory):
                memory[begin : begin + size] = self._bytes

    def intact(self, memory: NDArray[np.uint8], first: int, last: int) -> int:
        """How many of its rows are as they were written, among those that lie in the bytes `first` to `last`."""
        size = len(self._bytes)
        return sum(
            memory[begin : begin + size].tobytes() == self._found
            for begin in self._begins
            if first <= begin and begin + size <= last
        )
