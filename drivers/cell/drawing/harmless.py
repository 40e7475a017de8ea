"""Indications that mean nothing: what glows or shows on sound fasteners and that an inspector lets pass.

Diffuse background, smears of the test fluid, and single particles are softer or finer than any crack or lap; hair
scratches and stains are fainter than any scratch. None of them is in a mask.
"""

import numpy as np

from drivers.cell.drawing.dice import F32, Dice, smooth
from drivers.cell.drawing.natural import draw_natural_marks
from drivers.cell.drawing.stamp import Stamp, bend, between_knots, draw_knots, trace
from drivers.cell.drawing.ultraviolet import shine


def lay_harmless(dice: Dice, reflectance: F32) -> None:
    """Lay everything harmless on a surface, float32 (height, width), changed in place; nothing beside the part."""
    height, width = reflectance.shape
    for mark in draw_natural_marks(dice, height, width):
        mark.press(reflectance)
    for _ in range(dice.whole(1, 4)):
        _only_on_part(reflectance, _background(dice, height, width))
    for _ in range(dice.whole(0, 3)):
        _only_on_part(reflectance, _smear(dice, height, width))
    _sprinkle(dice, reflectance)


def _background(dice: Dice, height: int, width: int) -> Stamp:
    """A patch where fluid stayed on the surface."""
    tall, wide = dice.whole(140, 480), dice.whole(140, 480)
    y = np.arange(tall, dtype=np.float64)[:, None] / (tall * 0.5) - 1.0
    x = np.arange(wide, dtype=np.float64)[None, :] / (wide * 0.5) - 1.0
    ragged = dice.clouds(tall, wide, 40) * np.float32(0.2)
    gain = smooth(1.0 - np.sqrt(y * y + x * x) + ragged) * np.float32(dice.real(0.15, 0.7))
    top, left = dice.whole(-tall // 2, height - tall // 2), dice.whole(-wide // 2, width - wide // 2)
    return Stamp(top, left, gain, np.zeros(gain.shape, dtype=np.bool_))


def _smear(dice: Dice, height: int, width: int) -> Stamp:
    """A broad soft streak."""
    y, x = dice.real(0.0, float(height)), dice.real(0.0, float(width))
    curve = bend(dice, y, x, dice.real(150.0, 520.0), dice.real(0.0, 0.5), dice.real(-0.1, 0.1))
    half_px = dice.real(22.0, 46.0)
    beside = trace(curve, half_px)
    across = smooth(np.float32(1.0) - np.abs(beside.offset_px) * np.float32(1.0 / half_px))
    ends = smooth(np.minimum(beside.along, np.float32(1.0) - beside.along) * np.float32(3.0))
    carried = between_knots(draw_knots(dice, 5, 0.3), beside.along)
    gain = across * ends * carried * np.float32(dice.real(0.1, 0.45))
    return Stamp(beside.top, beside.left, gain.astype(np.float32), np.zeros(gain.shape, dtype=np.bool_))


def _only_on_part(reflectance: F32, glow: Stamp) -> None:
    seen = glow.cropped(*reflectance.shape)
    if seen is None:
        return
    h, w = seen.gain.shape
    on_part = reflectance[seen.top : seen.top + h, seen.left : seen.left + w] >= np.float32(0.5)
    shine(reflectance, Stamp(seen.top, seen.left, seen.gain * on_part, seen.inside))


def _sprinkle(dice: Dice, reflectance: F32) -> None:
    """Single particles of two pixels' width, which the resize makes faint."""
    height, width = reflectance.shape
    count = dice.whole(40, 260)
    raw = dice.octets(5, count).astype(np.int64)
    rows = (raw[0] * 256 + raw[1]) * (height - 1) // 65536
    columns = (raw[2] * 256 + raw[3]) * (width - 1) // 65536
    gain = raw[4].astype(np.float32) * np.float32(dice.real(0.5, 1.6) / 255.0)
    on_part = reflectance[rows, columns] >= np.float32(0.5)
    for down, right, share in ((0, 0, 1.0), (0, 1, 0.7), (1, 0, 0.7), (1, 1, 0.5)):
        np.add.at(reflectance, (rows + down, columns + right), gain * on_part * np.float32(share))
