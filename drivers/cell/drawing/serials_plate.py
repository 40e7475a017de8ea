"""The plate that a number is stamped on, and the photograph of it: ground face, holes, uneven light, blur, noise.

It must not know what is stamped on it.
"""

from dataclasses import dataclass

import numpy as np

from drivers.cell.drawing.dice import F32, F64, U8, Dice, cosine, sine, smooth
from drivers.cell.drawing.natural import draw_natural_marks
from drivers.cell.drawing.surface import draw_grinding, draw_noise_table

EDGE_PX = 512
BLACK_COUNTS = 4.0
BRIGHTEST_COUNTS = 235.0
_DARKEST_BODY = 0.25
_MOST_BLUR_STEPS = 14


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate around (middle_y, middle_x); `inside_px` float32 (512, 512): px inside of its outline, < 0 outside."""

    middle_y: float
    middle_x: float
    turns: float
    height_px: float
    width_px: float
    inside_px: F32


def draw_plate(dice: Dice) -> Plate:
    """Size and place of a plate: 340..390 by 404..440 px, turned by up to 4.3 degrees, whole in the picture."""
    height_px, width_px, corner_px = dice.real(340.0, 390.0), dice.real(404.0, 440.0), dice.real(8.0, 34.0)
    middle_y, middle_x = EDGE_PX / 2 + dice.real(-18.0, 18.0), EDGE_PX / 2 + dice.real(-10.0, 10.0)
    turns = dice.real(-0.012, 0.012)
    down, right = _turned(middle_y, middle_x, turns)
    past_y = np.abs(down) - (height_px / 2 - corner_px)
    past_x = np.abs(right) - (width_px / 2 - corner_px)
    corner = np.sqrt(np.maximum(past_y, 0.0) ** 2 + np.maximum(past_x, 0.0) ** 2)
    beside = corner_px - corner - np.minimum(np.maximum(past_y, past_x), 0.0)
    return Plate(middle_y, middle_x, turns, height_px, width_px, beside.astype(np.float32))


def draw_face(dice: Dice, plate: Plate) -> F32:
    """Reflectance of the plate, float32 (512, 512): around 1.0 on its face, 0.0 beside it."""
    face = draw_grinding(dice, EDGE_PX, EDGE_PX)
    if dice.chance(0.5):
        face = np.ascontiguousarray(face.T)
    for mark in draw_natural_marks(dice, EDGE_PX, EDGE_PX):
        mark.press(face)
    rim_px = dice.real(4.0, 12.0)
    face *= np.float32(1.0) + smooth(1.0 - plate.inside_px / np.float32(rim_px)) * np.float32(dice.real(-0.35, 0.3))
    _drill(dice, plate, face)
    np.maximum(face, np.float32(_DARKEST_BODY), out=face)
    face *= np.clip(plate.inside_px + np.float32(0.5), 0.0, 1.0)
    return face


def photograph(dice: Dice, face: F32) -> U8:
    """The picture of a reflectance (512, 512), which is used up: light from aside, perhaps glare, blur, noise."""
    y = (np.arange(EDGE_PX, dtype=np.float64) / EDGE_PX)[:, None] - 0.5
    x = (np.arange(EDGE_PX, dtype=np.float64) / EDGE_PX)[None, :] - 0.5
    light = 1.0 + dice.real(-0.35, 0.35) * y + dice.real(-0.35, 0.35) * x
    from_y, from_x = y - dice.real(-0.3, 0.3), x - dice.real(-0.3, 0.3)
    light -= dice.real(0.1, 0.9) * (from_y * from_y + from_x * from_x)
    if dice.chance(0.25):
        glare_y, glare_x = (y - dice.real(-0.4, 0.4)) / 0.3, (x - dice.real(-0.4, 0.4)) / 0.2
        light += smooth(1.0 - glare_y * glare_y - glare_x * glare_x) * dice.real(0.1, 0.4)
    light *= dice.real(95.0, 165.0)
    face *= light.astype(np.float32)
    # Many pictures are sharp, some are not.
    blur = dice.real(0.0, 1.0)
    picture = _blurred(face, int(blur * blur * (_MOST_BLUR_STEPS + 1)))
    table = draw_noise_table(dice.real(1.2, 3.0)) + np.float32(BLACK_COUNTS)
    picture += table[dice.octets(EDGE_PX, EDGE_PX)]
    return np.clip(picture, 0.0, BRIGHTEST_COUNTS).astype(np.uint8)


def _drill(dice: Dice, plate: Plate, face: F32) -> None:
    """Dark holes in some of the four corners."""
    radius_px, in_px = dice.real(9.0, 15.0), dice.real(24.0, 32.0)
    down, right = _turned(plate.middle_y, plate.middle_x, plate.turns)
    for side_y, side_x in ((-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)):
        if dice.chance(0.5):
            from_y = down - side_y * (plate.height_px / 2 - in_px)
            from_x = right - side_x * (plate.width_px / 2 - in_px)
            inside = radius_px - np.sqrt(from_y * from_y + from_x * from_x)
            face *= np.float32(1.0) - smooth((inside + 1.5) / 3.0) * np.float32(0.7)


def _turned(middle_y: float, middle_x: float, turns: float) -> tuple[F64, F64]:
    """How far each pixel lies down and right of a middle, along axes that are turned."""
    y = np.arange(EDGE_PX, dtype=np.float64)[:, None] - middle_y
    x = np.arange(EDGE_PX, dtype=np.float64)[None, :] - middle_x
    return y * cosine(turns) - x * sine(turns), x * cosine(turns) + y * sine(turns)


def _blurred(picture: F32, steps: int) -> F32:
    """The picture after `steps` binomial filters (1, 2, 1) on both axes: a deviation of sqrt(steps / 2) px."""
    for _ in range(steps):
        for axis in (0, 1):
            before, after = picture.take(range(EDGE_PX - 1), axis), picture.take(range(1, EDGE_PX), axis)
            pairs = (before + after) * np.float32(0.5)
            inner = (pairs.take(range(EDGE_PX - 2), axis) + pairs.take(range(1, EDGE_PX - 1), axis)) * np.float32(0.5)
            if axis == 0:
                picture[1:-1] = inner
            else:
                picture[:, 1:-1] = inner
    return picture
