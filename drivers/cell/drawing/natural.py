"""Marks that every ground part may carry and that an inspector lets pass: the reason why the task is not trivial.

Stains, hair scratches, machining lines and chatter stay below the reject limit: fainter, finer or smoother than
anything in the defect modules. None of them is in the mask.
"""

import numpy as np

from drivers.cell.drawing.dice import F32, F64, Dice, sine_column, smooth
from drivers.cell.drawing.stamp import Stamp, bend, between_knots, draw_knots, trace

HAIR_LIMIT = 0.07
_CHATTER_LIMIT = 0.008


def draw_chatter(dice: Dice, height: int) -> F32:
    """Faint waves down the rows over the whole width: factors around 1.0, float32 (height,)."""
    waves_a_turn = dice.whole(7, 60)
    turns = np.arange(height, dtype=np.float64) * (waves_a_turn / height) + dice.real(0.0, 1.0)
    return (1.0 + dice.real(0.0, _CHATTER_LIMIT) * sine_column(turns)).astype(np.float32)


def draw_machining_lines(dice: Dice, width: int) -> F32:
    """A few columns that the wheel left a little darker or lighter all around: factors, float32 (width,)."""
    factors = np.ones(width, dtype=np.float32)
    for _ in range(dice.whole(0, 3 + width // 250)):
        middle, half = dice.real(0.0, float(width)), dice.real(1.0, 3.5)
        strength = dice.real(-0.06, 0.06)
        beside = np.abs(np.arange(width, dtype=np.float64) - middle) / half
        factors += smooth(1.0 - beside) * np.float32(strength)
    return factors


def draw_natural_marks(dice: Dice, height: int, width: int) -> list[Stamp]:
    """Stains and hair scratches of one part."""
    marks = [_stain(dice, height, width) for _ in range(dice.whole(0, 3))]
    for _ in range(dice.whole(0, 4)):
        y, x = dice.real(0.0, float(height)), dice.real(0.0, float(width))
        marks.append(_hair(dice, y, x))
    return marks


def _stain(dice: Dice, height: int, width: int) -> Stamp:
    tall, wide = dice.whole(120, 700), dice.whole(min(60, width // 4), min(400, width // 2))
    y = np.arange(tall, dtype=np.float64)[:, None] / (tall * 0.5) - 1.0
    x = np.arange(wide, dtype=np.float64)[None, :] / (wide * 0.5) - 1.0
    from_middle: F64 = np.sqrt(y * y + x * x)
    ragged = dice.clouds(tall, wide, 32) * np.float32(0.25)
    gain = smooth((1.0 - from_middle + ragged) * 1.4) * np.float32(dice.real(-0.06, 0.045))
    top, left = dice.whole(-tall // 2, height - tall // 2), dice.whole(-wide // 2, width - wide // 2)
    return Stamp(top, left, gain, np.zeros(gain.shape, dtype=np.bool_))


def _hair(dice: Dice, y: float, x: float) -> Stamp:
    curve = bend(dice, y, x, dice.real(30.0, 160.0), dice.real(0.02, 0.48), dice.real(-0.15, 0.15))
    half_px = dice.real(0.6, 1.0)
    beside = trace(curve, half_px + 2.0)
    strength = dice.real(0.03, HAIR_LIMIT) * (-1.0 if dice.chance(0.4) else 1.0)
    cover = np.clip(np.float32(half_px + 0.5) - np.abs(beside.offset_px), 0.0, 1.0)
    gain = cover * between_knots(draw_knots(dice, 4, 0.3), beside.along) * np.float32(strength)
    return Stamp(beside.top, beside.left, gain, np.zeros(gain.shape, dtype=np.bool_))
