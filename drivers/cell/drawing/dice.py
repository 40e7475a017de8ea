"""The random draws and curves that the drawing is made of, bit-equal on every machine.

The same seed has to give the same grey levels everywhere, or a part of the demo cannot be discussed between two
machines. So fields come from raw bytes, sums are integer sums, arithmetic on fields is one IEEE operation at a time,
and sine (whose last bit depends on the processor's vector unit) is rounded to a coarse grid before anything is made
of it. It must not know what is being drawn.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_BYTE_MEAN = 127.5
_BYTE_SD = 73.9
_SINE_GRID = 65536.0


class Dice:
    """A stream of draws, named by whole numbers (the seed, what it is for, ...); equal names, equal streams."""

    def __init__(self, *name: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(name)))

    def real(self, low: float, high: float) -> float:
        """A number of [low, high), evenly spread."""
        return low + (high - low) * float(self._generator.random())

    def whole(self, low: int, high: int) -> int:
        """A whole number of low..high, both included."""
        return int(self._generator.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        """True this often."""
        return self.real(0.0, 1.0) < probability

    def order(self, count: int) -> list[int]:
        """The numbers 0..count-1 in a drawn order."""
        return [int(i) for i in self._generator.permutation(count)]

    def octets(self, height: int, width: int) -> U8:
        """White noise, every byte value equally likely: uint8 (height, width)."""
        raw = self._generator.bytes(height * width)
        return np.frombuffer(raw, dtype=np.uint8).reshape(height, width)

    def grain(self, height: int, width: int, down: int, across: int) -> F32:
        """Noise smeared over `down` rows and `across` columns: float32 (height, width), mean 0, deviation 1."""
        white = self.octets(height + down, width + across)
        sums = _run_sums(_run_sums(white, down, 0), across, 1)[:height, :width]
        cells = down * across
        scaled = (sums - _BYTE_MEAN * cells) / (_BYTE_SD * math.sqrt(cells))
        return scaled.astype(np.float32)

    def clouds(self, height: int, width: int, cell: int) -> F32:
        """Smooth noise with lumps of about `cell` pixels: float32 (height, width), mean 0, deviation about 0.6."""
        rows, columns = height // cell + 2, width // cell + 2
        knots = self.grain(rows, columns, 1, 1)
        tall = stretch_rows(knots, cell)[:height]
        return np.ascontiguousarray(stretch_rows(np.ascontiguousarray(tall.T), cell)[:width].T)


def sine(turns: float) -> float:
    """Sine of a fraction of a turn, rounded so that it is the same everywhere."""
    return round(math.sin(2.0 * math.pi * turns) * _SINE_GRID) / _SINE_GRID


def cosine(turns: float) -> float:
    """Cosine of a fraction of a turn, rounded like `sine`."""
    return sine(turns + 0.25)


def sine_column(turns: F64) -> F64:
    """`sine` for a vector."""
    return np.round(np.sin(2.0 * math.pi * turns) * _SINE_GRID) / _SINE_GRID


def smooth(x: NDArray[Any]) -> F32:
    """The smooth step 3x² − 2x³ of x limited to 0..1."""
    limited = np.clip(x, 0.0, 1.0).astype(np.float32)
    return (limited * limited * (np.float32(3.0) - np.float32(2.0) * limited)).astype(np.float32, copy=False)


def stretch_rows(field: F32, factor: int) -> F32:
    """A field drawn at every `factor`-th row, (n + 1, width), as n * factor rows, straight lines between."""
    rows, width = field.shape[0] - 1, field.shape[1]
    out = np.empty((rows, factor, width), dtype=np.float32)
    rise = (field[1:] - field[:-1]) * np.float32(1.0 / factor)
    for step in range(factor):
        np.multiply(rise, np.float32(step), out=out[:, step])
        out[:, step] += field[:-1]
    return out.reshape(rows * factor, width)


def _run_sums(values: NDArray[Any], length: int, axis: int) -> NDArray[np.int32]:
    if length == 1:
        return values.astype(np.int32)
    sums = np.cumsum(values, axis=axis, dtype=np.int32)
    later = sums.take(range(length, sums.shape[axis]), axis=axis)
    earlier = sums.take(range(sums.shape[axis] - length), axis=axis)
    return later - earlier
