"""The sound shank of a fastener, unrolled: rows follow the turn, columns run from the head's fillet to the tip.

The thread climbs by one pitch a turn, so its grooves run nearly down the rows. Particles settle in its roots and
in the fillet and glow there on sound parts too. It must not know of defects.
"""

from dataclasses import dataclass

import numpy as np

from drivers.cell.drawing.dice import F32, F64, Dice, sine_column, smooth, stretch_rows
from drivers.cell.drawing.ultraviolet import DARKEST_BODY, Ultraviolet

_LONG_ROWS = 16
_SHORT_ROWS = 4


@dataclass(frozen=True, slots=True)
class Thread:
    """Columns first..last-1 are threaded, one groove every `pitch_px` columns."""

    first: int
    last: int
    pitch_px: float


def draw_thread(dice: Dice, width: int) -> Thread:
    """Where the thread lies on a shank of so many columns."""
    tip_px = dice.real(24.0, 60.0)
    first = width * dice.real(0.34, 0.58)
    return Thread(int(first), int(width - tip_px), dice.real(46.0, 88.0))


def draw_shank(dice: Dice, height: int, width: int, thread: Thread) -> F32:
    """Reflectance, float32 (height, width): around 1.0 on the plain shank; height is a multiple of 16 rows."""
    rows = height // _LONG_ROWS + 1
    turning = dice.grain(rows, width, 6, 1) * np.float32(dice.real(0.025, 0.05))
    turning += dice.grain(rows, width, 24, 9) * np.float32(0.03)
    turning += dice.grain(1, width, 1, 2) * np.float32(0.025)
    turning += dice.grain(1, width, 1, 47) * np.float32(0.015)
    blotches = dice.clouds(rows, width, 96)
    blotches += dice.clouds(rows, width, 23)
    turning += blotches * np.float32(dice.real(0.03, 0.09))
    turning += np.float32(1.0)
    turning *= _relief(dice, rows, width, thread)
    np.maximum(turning, np.float32(DARKEST_BODY), out=turning)
    short_rows = height // _SHORT_ROWS + 1
    short = dice.grain(short_rows, width, 3, 1) * np.float32(0.02)
    short[:-1] += stretch_rows(turning, _LONG_ROWS // _SHORT_ROWS)
    short[-1] = short[-2]
    return stretch_rows(short, _SHORT_ROWS)


def draw_bar_light(dice: Dice, height: int, width: int) -> Ultraviolet:
    """A bar of ultraviolet light along the axis, on a part that is not quite round."""
    turns = np.arange(height, dtype=np.float64) / height
    down = 1.0 + dice.real(0.01, 0.06) * sine_column(turns + dice.real(0.0, 1.0))
    x = np.arange(width, dtype=np.float64) / width - dice.real(0.4, 0.6)
    across = 1.0 - dice.real(0.25, 0.75) * x * x
    return Ultraviolet((dice.real(21.0, 31.0) * down).astype(np.float32), across.astype(np.float32))


def _relief(dice: Dice, rows: int, width: int, thread: Thread) -> F32:
    """Grooves, fillet and tip as factors of the plain shank, (rows, width)."""
    x: F64 = np.arange(width, dtype=np.float64)
    climb = np.arange(rows, dtype=np.float64)[:, None] * (thread.pitch_px / (rows - 1))
    turn = (x - thread.first + climb) / thread.pitch_px
    phase = turn - np.floor(turn)
    depth = np.abs(2.0 * phase - 1.0)
    groove = np.float32(1.10) - np.float32(dice.real(0.40, 0.54)) * smooth((depth - 0.30) / 0.5)
    lit = smooth((depth - 0.25) / 0.25) * smooth((0.95 - depth) / 0.2)
    groove += np.where(phase < 0.5, lit, -lit * np.float32(0.5)) * np.float32(dice.real(0.12, 0.24))
    root = smooth((depth - 0.80) / 0.16)
    settled = dice.clouds(rows, width, 40) * np.float32(0.5) + np.float32(0.7)
    groove += root * np.maximum(settled, np.float32(0.0)) * np.float32(dice.real(0.15, 0.9))
    begins = smooth((x - thread.first) / 70.0 + 0.5)
    ends = smooth((thread.last - x) / 12.0)
    share = begins * ends
    fillet = smooth(1.0 - x / dice.real(40.0, 110.0)) * np.float32(dice.real(0.15, 0.6))
    tip = np.float32(1.0) - smooth((x - thread.last) / 40.0) * np.float32(dice.real(0.10, 0.25))
    plain = (fillet + tip) * (np.float32(1.0) - share)
    return (plain + groove * share).astype(np.float32)
