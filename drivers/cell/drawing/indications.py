"""The four defect kinds of a fastener: cracks and laps, which glow; dents and scratches, which do not.

Each draws one instance at a place. Sizes are multiples of `fine_px`, the native pixels that become one when the
station has resized the picture. A glow is added to the surface, shading multiplies it. It must not know which picture
the defect is on.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drivers.cell.drawing.dice import F32, F64, Dice, cosine, sine, smooth
from drivers.cell.drawing.stamp import Stamp, bend, between_knots, draw_knots, trace, waver
from drivers.cell.drawing.ultraviolet import shine


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance lies, and the direction in which a crack or lap runs there (turns, 0 is down the rows).

    `light` is where the light comes from: (down, right), as seen from the defect.
    """

    y: float
    x: float
    turns: float
    fine_px: float
    light: tuple[float, float] = (-0.85, -0.5)


@dataclass(frozen=True, slots=True)
class Indication:
    """A stamp whose gain is added in shares of a plain body (`glows`) or multiplied as a change of brightness."""

    stamp: Stamp
    glows: bool

    def apply(self, reflectance: F32) -> None:
        """Change a surface, float32 (height, width), where it lies."""
        if self.glows:
            shine(reflectance, self.stamp)
        else:
            self.stamp.press(reflectance)

    def turned(self, quarters: int, edge_px: int) -> "Indication":
        """The same on a square picture of (edge_px, edge_px) that was turned as `numpy.rot90` turns it."""
        top, left = self.stamp.top, self.stamp.left
        h, w = self.stamp.gain.shape
        for _ in range(quarters % 4):
            top, left, h, w = edge_px - left - w, top, w, h
        gain = np.ascontiguousarray(np.rot90(self.stamp.gain, quarters))
        return Indication(Stamp(top, left, gain, np.rot90(self.stamp.inside, quarters)), self.glows)


def draw_crack(dice: Dice, place: Place) -> list[Indication]:
    """A jagged bright line with a halo, here and there with a branch."""
    fine = place.fine_px
    length_px = fine * dice.real(24.0, 120.0)
    curve = bend(dice, place.y, place.x, length_px, place.turns + dice.real(-0.05, 0.05), dice.real(-0.08, 0.08))
    curve = _jagged(dice, curve, fine * 1.6)
    peak = _strength(dice, 1.5, 7.0)
    half_px = fine * dice.real(0.55, 1.0)
    lines = [_glowing_line(dice, curve, half_px, peak, fine)]
    if dice.chance(0.4):
        fork = curve[dice.whole(len(curve) // 4, 3 * len(curve) // 4)]
        off = dice.real(0.07, 0.15) * (1.0 if dice.chance(0.5) else -1.0)
        short_px = length_px * dice.real(0.25, 0.45)
        turns = place.turns + off
        y, x = float(fork[0]) + 0.5 * short_px * cosine(turns), float(fork[1]) + 0.5 * short_px * sine(turns)
        branch = _jagged(dice, bend(dice, y, x, short_px, turns, 0.0), fine * 1.2)
        lines.append(_glowing_line(dice, branch, half_px * 0.8, peak * 0.7, fine))
    return lines


def draw_lap(dice: Dice, place: Place) -> list[Indication]:
    """A fold: a smooth even line, sharp on one side, with a glow that fades away over the folded metal on the other."""
    fine = place.fine_px
    length_px = fine * dice.real(40.0, 130.0)
    curve = bend(dice, place.y, place.x, length_px, place.turns + dice.real(-0.015, 0.015), dice.real(-0.04, 0.04))
    curve = waver(dice, curve, 1.2 * fine)
    wide_px = fine * dice.real(7.0, 13.0)
    beside = trace(curve, wide_px + 2.0)
    side = np.float32(1.0 if dice.chance(0.5) else -1.0)
    offset = beside.offset_px * side * np.float32(1.0 / fine)
    line = smooth(np.float32(1.6) - np.abs(offset))
    folded = smooth(np.float32(1.0) - offset * np.float32(fine / wide_px)) * smooth(offset + np.float32(1.0))
    ends = _ends(beside.along, 6.0)
    carried = between_knots(draw_knots(dice, 5, 0.75), beside.along) * ends
    fade = np.float32(dice.real(0.35, 0.55))
    gain = (line + folded * folded * fade) * carried * np.float32(_strength(dice, 1.2, 3.6))
    inside = ((line > 0.3) | (folded > 0.6)) & (ends > 0.3)
    return [Indication(Stamp(beside.top, beside.left, gain.astype(np.float32), inside), True)]


def draw_dent(dice: Dice, place: Place) -> list[Indication]:
    """A round or oval hollow: the flank that looks to the light is bright, the other dark, its floor a little dull."""
    fine = place.fine_px
    long_px = fine * dice.real(9.0, 22.0)
    short_px = long_px * dice.real(0.55, 1.0)
    reach = int(long_px * 1.3 + 3.0 * fine)
    side: F64 = np.arange(-reach, reach + 1, dtype=np.float64)
    angle = dice.real(0.0, 0.5)
    down = side[:, None] * cosine(angle) + side[None, :] * sine(angle)
    right = side[None, :] * cosine(angle) - side[:, None] * sine(angle)
    from_middle = np.sqrt((down / long_px) ** 2 + (right / short_px) ** 2)
    uneven = dice.clouds(from_middle.shape[0], from_middle.shape[1], int(5 * fine)) * np.float32(0.06)
    depth = smooth((1.0 - from_middle + uneven) * dice.real(1.1, 2.2))
    slope = np.zeros_like(depth)
    slope[1:-1] += (depth[2:] - depth[:-2]) * np.float32(place.light[0])
    slope[:, 1:-1] += (depth[:, 2:] - depth[:, :-2]) * np.float32(place.light[1])
    steepest = max(float(np.max(np.abs(slope))), 1e-6)
    strength = dice.real(0.50, 0.95)
    gain = slope * np.float32(-strength / steepest) - depth * np.float32(strength * dice.real(0.15, 0.35))
    top, left = int(place.y) - reach, int(place.x) - reach
    return [Indication(Stamp(top, left, np.maximum(gain, np.float32(-0.8)), depth > 0.12), False)]


def draw_scratch(dice: Dice, place: Place) -> list[Indication]:
    """A thin even line at any angle, dull or slightly bright, without glow."""
    fine = place.fine_px
    length_px = fine * dice.real(34.0, 130.0)
    turns = dice.real(0.04, 0.46) + (0.5 if dice.chance(0.5) else 0.0)
    curve = bend(dice, place.y, place.x, length_px, turns, dice.real(-0.05, 0.05))
    half_px = fine * dice.real(0.85, 1.5)
    beside = trace(curve, 2.0 * half_px + 2.0)
    core = np.clip((np.float32(half_px + 0.5 * fine) - np.abs(beside.offset_px)) / np.float32(fine), 0.0, 1.0)
    core = core * _ends(beside.along, 8.0)
    strength = dice.real(0.38, 0.70) * (-1.0 if dice.chance(0.6) else 1.0)
    carried = between_knots(draw_knots(dice, 4, 0.7), beside.along)
    gain = core * carried * np.float32(strength)
    return [Indication(Stamp(beside.top, beside.left, gain.astype(np.float32), core > 0.4), False)]


Draw = Callable[[Dice, Place], list[Indication]]
DRAW_INDICATION: dict[str, Draw] = {
    "crack": draw_crack,
    "dent": draw_dent,
    "lap": draw_lap,
    "scratch": draw_scratch,
}


def _glowing_line(dice: Dice, curve: F64, half_px: float, peak: float, fine: float) -> Indication:
    reach_px = fine * dice.real(6.0, 11.0)
    beside = trace(curve, reach_px + 1.0)
    offset = np.abs(beside.offset_px)
    core = smooth(np.float32(1.5) - offset * np.float32(1.0 / (half_px + 0.4 * fine)))
    halo = smooth(np.float32(1.0) - offset * np.float32(1.0 / reach_px))
    ends = _ends(beside.along, 7.0)
    carried = between_knots(draw_knots(dice, max(3, len(curve) // 3), 0.45), beside.along) * ends
    gain = (core + halo * halo * halo * np.float32(dice.real(0.18, 0.30))) * carried * np.float32(peak)
    inside = (core > 0.25) & (ends > 0.2)
    return Indication(Stamp(beside.top, beside.left, gain.astype(np.float32), inside), True)


def _ends(along: F32, sharpness: float) -> F32:
    """1.0 along a line, fading to 0.0 at both of its ends."""
    return smooth(np.minimum(along, np.float32(1.0) - along) * np.float32(sharpness) + np.float32(0.12))


def _strength(dice: Dice, low: float, high: float) -> float:
    """Weak ones are more frequent than strong ones."""
    share = dice.real(0.0, 1.0)
    return low + (high - low) * share * share


def _jagged(dice: Dice, points: F64, depth_px: float) -> F64:
    """The curve with every point but its ends moved by up to `depth_px`."""
    out = points.copy()
    for number in range(1, len(points) - 1):
        out[number, 0] += dice.real(-depth_px, depth_px)
        out[number, 1] += dice.real(-depth_px, depth_px)
    return out
