"""The four defect kinds: imprinted, pits, roll-marks, scratches.

Each draws one instance at a place as stamps. Sizes are in native pixels, but never finer than what is left
of one pixel when the station has resized the part to 2048 × 512. Strengths reach down to about three
times the deviation of the ground texture at that scale, which an inspector still sees. It must not know how many
instances a part has or whether they overlap.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drivers.cell.drawing.dice import F32, F64, Dice, cosine, sine, smooth
from drivers.cell.drawing.room import Box, Room
from drivers.cell.drawing.stamp import Stamp, bend, between_knots, draw_knots, trace, waver


def draw_imprinted(dice: Dice, y: float, x: float, room: Room) -> list[Stamp]:
    """Something was pressed in: a crescent, an edge or a dent, lit on one flank, in shadow on the other."""
    fine = room.finest_px
    long_px, short_px = fine * dice.real(10.0, 26.0), fine * dice.real(5.0, 11.0)
    reach = int(long_px * 1.2 + 4.0 * fine)
    down, right = _turned(reach, dice.real(0.0, 0.5))
    kind = dice.whole(0, 2)
    if kind == 0:
        # A crescent: one ellipse less another, shifted sideways.
        cut = short_px * dice.real(0.6, 0.9)
        inner = 1.0 - _round(down / (long_px * 1.05), (right - cut) / short_px)
        height_map = np.minimum(1.0 - _round(down / long_px, right / short_px), -inner)
    elif kind == 1:
        # An edge: a long narrow box, thinner at one end.
        narrow = short_px * (0.5 - dice.real(0.0, 0.2) * down / long_px)
        height_map = np.minimum(1.0 - np.abs(down) / long_px, (narrow - np.abs(right)) / short_px)
    else:
        height_map = 1.0 - _round(down / long_px, right / short_px)
    uneven = dice.clouds(height_map.shape[0], height_map.shape[1], int(5 * fine)) * np.float32(0.06)
    depth = smooth((height_map + uneven) * (short_px / (dice.real(1.8, 3.2) * fine)) + 0.1)
    from_above, from_left = dice.real(0.7, 1.0), dice.real(-0.7, 0.7)
    slope = np.zeros_like(depth)
    slope[1:-1] += (depth[2:] - depth[:-2]) * np.float32(from_above)
    slope[:, 1:-1] += (depth[:, 2:] - depth[:, :-2]) * np.float32(from_left)
    steepest = max(float(np.max(np.abs(slope))), 1e-6)
    strength = dice.real(0.22, 0.60)
    floor = dice.real(0.20, 0.45) * strength * (1.0 if dice.chance(0.25) else -1.0)
    gain = slope * np.float32(-strength / steepest) + depth * (np.float32(floor) + uneven)
    return [Stamp(int(y) - reach, int(x) - reach, gain.astype(np.float32), depth > 0.15)]


def draw_pits(dice: Dice, y: float, x: float, room: Room) -> list[Stamp]:
    """Small dark craters with ragged rims: one, or a cluster."""
    fine = room.finest_px
    if dice.chance(0.4):
        return [_pit(dice, y, x, fine * dice.real(2.4, 5.5), dice.real(0.22, 0.65))]
    spread = fine * dice.real(7.0, 18.0)
    darkest = dice.real(0.22, 0.6)
    pits: list[Stamp] = []
    for _ in range(dice.whole(3, 9)):
        aside = spread * dice.real(0.0, 1.0)
        angle = dice.real(0.0, 1.0)
        radius = fine * dice.real(1.5, 3.2)
        at_y, at_x = y + aside * cosine(angle), x + aside * sine(angle)
        pits.append(_pit(dice, at_y, at_x, radius, darkest * dice.real(0.8, 1.0)))
    return pits


def draw_roll_marks(dice: Dice, y: float, x: float, room: Room) -> list[Stamp]:
    """The same shallow band across the turn again and again, one roll circumference apart.

    Empty where there is no room for them: found out before they are drawn, which takes long.
    """
    fine = room.finest_px
    across_px = max(room.width_px * dice.real(0.10, 0.24), 22.0 * fine)
    half_px = fine * dice.real(0.9, 2.8)
    pitch = fine * dice.real(26.0, 90.0)
    strength = dice.real(0.20, 0.42) * (1.0 if dice.chance(0.35) else -1.0)
    tilt, bow = 0.25 + dice.real(-0.02, 0.02), dice.real(-0.03, 0.03)
    drift = dice.real(-0.06, 0.06)
    twin = dice.real(3.2, 5.0) * half_px if dice.chance(0.5) else 0.0
    bands: list[_Band] = []
    for number in range(dice.whole(4, 9)):
        at_y, at_x = y + number * pitch, x + number * pitch * drift
        fading = dice.real(0.75, 1.0)
        curve = bend(dice, at_y, at_x, across_px, tilt, bow)
        bands.append(_Band(curve, half_px, strength * fading, draw_knots(dice, 6, 0.65)))
        if twin:
            curve = bend(dice, at_y + twin, at_x, across_px * dice.real(0.6, 0.9), tilt, bow)
            bands.append(_Band(curve, half_px * 0.9, strength * fading, draw_knots(dice, 6, 0.65)))
    if not room.holds(_core_box(bands), sum(band.least_area_px for band in bands)):
        return []
    return [_draw_band(band) for band in bands]


def draw_scratches(dice: Dice, y: float, x: float, room: Room) -> list[Stamp]:
    """A thin curved line at any angle but the grinding's own, bright or dark, with a lip on one side."""
    fine = room.finest_px
    length_px = min(dice.real(26.0, 190.0) * fine, 0.8 * room.width_px)
    turns = dice.real(0.03, 0.47)
    curve = bend(dice, y, x, length_px, turns, dice.real(-0.07, 0.07))
    curve = waver(dice, curve, min(3.0, 0.015 * length_px))
    half_px = fine * dice.real(0.65, 1.25)
    beside = trace(curve, 3.0 * half_px + 2.0)
    slimmer = smooth(np.minimum(beside.along, 1.0 - beside.along) * np.float32(5.0)) * np.float32(0.5)
    half = (slimmer + np.float32(0.5)) * np.float32(half_px)
    offset = np.abs(beside.offset_px)
    core = np.clip(half + np.float32(0.5) - offset, 0.0, 1.0)
    lip = np.clip(half + np.float32(0.5) - np.abs(beside.offset_px - np.float32(2.0) * half), 0.0, 1.0)
    lip *= np.float32(1.0) - core
    strength = dice.real(0.18, 0.60) * (1.0 if dice.chance(0.5) else -1.0)
    carried = between_knots(draw_knots(dice, max(2, int(length_px / 60.0)), 0.7), beside.along)
    gain = (core - lip * np.float32(dice.real(0.0, 0.35))) * carried * np.float32(strength)
    return [Stamp(beside.top, beside.left, gain.astype(np.float32), core > 0.4)]


Draw = Callable[[Dice, float, float, Room], list[Stamp]]
DRAW_DEFECT: dict[str, Draw] = {
    "imprinted": draw_imprinted,
    "pits": draw_pits,
    "roll-marks": draw_roll_marks,
    "scratches": draw_scratches,
}


def _pit(dice: Dice, y: float, x: float, radius_px: float, darkest: float) -> Stamp:
    reach = int(radius_px * 2.2) + 2
    down, right = _turned(reach, dice.real(0.0, 0.5))
    down, right = down + (int(y) - y), right + (int(x) - x)
    crater = 1.0 - _round(down / radius_px, right / (radius_px * dice.real(0.6, 1.0)))
    for _ in range(dice.whole(0, 2)):
        off_y, off_x = radius_px * dice.real(-0.8, 0.8), radius_px * dice.real(-0.8, 0.8)
        lobe = 0.8 - _round((down - off_y) / radius_px, (right - off_x) / radius_px)
        crater = np.maximum(crater, lobe)
    ragged = dice.clouds(crater.shape[0], crater.shape[1], max(2, int(radius_px * 0.5)))
    depth = smooth((crater + 0.3 * ragged) * 2.2 + 0.25)
    rim = smooth((crater + 0.45) * 3.0) * (np.float32(1.0) - depth) * (down > 0.0)
    gain = rim * np.float32(dice.real(0.05, 0.3) * darkest) - depth * np.float32(darkest)
    return Stamp(int(y) - reach, int(x) - reach, gain.astype(np.float32), depth > 0.2)


@dataclass(frozen=True, slots=True)
class _Band:
    curve: F64
    half_px: float
    strength: float
    knots: F32

    @property
    def least_area_px(self) -> float:
        """Less than what it takes when drawn: eight tenths of its length are inside nearly to `half_px`."""
        chord = self.curve[-1] - self.curve[0]
        return 1.25 * self.half_px * float(np.sqrt(chord[0] * chord[0] + chord[1] * chord[1]))


def _core_box(bands: list[_Band]) -> Box:
    """A box within the bands' outline: around the middle half of each, which is inside for certain."""
    quarters = [len(band.curve) // 4 for band in bands]
    middles = [band.curve[q : len(band.curve) - q] for band, q in zip(bands, quarters, strict=True)]
    points = np.concatenate(middles)
    (top, left), (bottom, right) = np.ceil(points.min(axis=0) + 0.5), np.floor(points.max(axis=0) + 0.5)
    return Box(int(top), int(left), int(bottom), int(right))


def _draw_band(band: _Band) -> Stamp:
    beside = trace(band.curve, 2.6 * band.half_px + 2.0)
    ends = smooth(np.minimum(beside.along, 1.0 - beside.along) * np.float32(7.0))
    offset = beside.offset_px * np.float32(1.0 / band.half_px)
    trough = smooth(np.float32(1.35) - np.abs(offset))
    edge = smooth(np.float32(1.0) - np.abs(offset - np.float32(1.6))) * np.float32(-0.45)
    broken = between_knots(band.knots, beside.along)
    gain = (trough + edge) * ends * broken * np.float32(band.strength)
    return Stamp(beside.top, beside.left, gain.astype(np.float32), (trough * ends) > 0.3)


def _turned(reach_px: int, turns: float) -> tuple[F64, F64]:
    side = np.arange(-reach_px, reach_px + 1, dtype=np.float64)
    y, x = side[:, None], side[None, :]
    return y * cosine(turns) + x * sine(turns), x * cosine(turns) - y * sine(turns)


def _round(down: F64 | F32, right: F64 | F32) -> F64:
    return np.sqrt(down * down + right * right).astype(np.float64)
