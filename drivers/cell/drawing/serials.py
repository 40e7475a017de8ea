"""Parts with a stamped number: twelve types that look alike and differ in nothing but their number.

After the serial-number study (1,885 pictures, 12 types, look-alikes, blur): a ground plate on a dark ground, a little
turned and shifted, unevenly lit, its number engraved, inked or lasered in two lines, now and then partly worn. The
plate says nothing about the type. It must not know cameras, files, or who reads the number.
"""

from dataclasses import dataclass

import numpy as np

from drivers.cell.drawing.dice import F32, F64, U8, Dice, cosine, sine, smooth
from drivers.cell.drawing.room import Box
from drivers.cell.drawing.serials_font import GLYPH_WIDTH, strokes_of
from drivers.cell.drawing.serials_plate import EDGE_PX, Plate, draw_face, draw_plate, photograph
from drivers.cell.drawing.stamp import trace

# Pairs in turn: the two of a pair differ in one digit, by a stroke or two.
SERIAL_TYPES = (
    "D0CW-51300",
    "D0CW-51301",
    "D0CW-51360",
    "D0CW-51380",
    "D0CW-52730",
    "D0CW-52780",
    "D0CW-54170",
    "D0CW-54770",
    "D0CV-56420",
    "D0CV-56920",
    "D0CV-59250",
    "D0CV-59260",
)

# Counts up when the same seed no longer gives the same bytes.
SERIAL_DRAWING = 1

# No other drawing names its streams so.
_PLATE, _FACE, _PLACE, _STAMP, _WEAR, _PHOTOGRAPH = range(9100, 9106)

_PAINTED = 0.15
_LINE_HEIGHTS = 1.5
_PITCH_HEIGHTS = 0.75


@dataclass(frozen=True, slots=True, eq=False)
class DrawnSerial:
    """`picture` uint8 (512, 512); `part_type` one of SERIAL_TYPES; `box` where the number stands, in the picture."""

    picture: U8
    part_type: str
    box: Box

    def __post_init__(self) -> None:
        if self.picture.shape != (EDGE_PX, EDGE_PX):
            raise ValueError(f"picture {self.picture.shape} has to be {(EDGE_PX, EDGE_PX)}")


def twin_of(part_type: str) -> str:
    """The type that looks most alike: its number differs in one digit."""
    return SERIAL_TYPES[SERIAL_TYPES.index(part_type) ^ 1]


def draw_serial(seed: int, part_type: str) -> DrawnSerial:
    """Draw a part of this type; the same arguments give the same bytes on every machine.

    Two types of one seed have the same plate, light and wear. ValueError for a type that is not one of SERIAL_TYPES, or
    a negative seed.
    """
    if part_type not in SERIAL_TYPES:
        raise ValueError(f"part type {part_type!r} is unknown; there are {', '.join(SERIAL_TYPES)}")
    if seed < 0:
        raise ValueError(f"seed {seed} is negative; seeds are 0 or more")
    plate = draw_plate(Dice(seed, _PLATE))
    face = draw_face(Dice(seed, _FACE), plate)
    depth = _stamp_number(Dice(seed, _PLACE), plate, part_type)
    rows, columns = np.flatnonzero(depth.max(axis=1) > _PAINTED), np.flatnonzero(depth.max(axis=0) > _PAINTED)
    box = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    depth *= _draw_wear(Dice(seed, _WEAR))
    face *= np.float32(1.0) + _shade(Dice(seed, _STAMP), depth)
    return DrawnSerial(photograph(Dice(seed, _PHOTOGRAPH), face), part_type, box)


def _stamp_number(dice: Dice, plate: Plate, part_type: str) -> F32:
    """How deep the number is struck, 0..1 float32 (512, 512): each character by itself, as with a hammer stamp."""
    height_px, half_px = dice.real(74.0, 92.0), dice.real(3.2, 5.0)
    first, last = part_type.split("-")
    turns = plate.turns + dice.real(-0.007, 0.007)
    middle_y, middle_x = plate.middle_y + dice.real(-9.0, 9.0), plate.middle_x + dice.real(-9.0, 9.0)
    depth = np.zeros((EDGE_PX, EDGE_PX), dtype=np.float32)
    for line, text in enumerate((f"{first}-", last)):
        top = (line - 1.0) * _LINE_HEIGHTS * height_px + (_LINE_HEIGHTS - 1.0) * 0.5 * height_px
        left = -0.5 * ((len(text) - 1) * _PITCH_HEIGHTS + GLYPH_WIDTH) * height_px
        for number, character in enumerate(text):
            struck = dice.real(0.65, 1.0) if dice.chance(0.3) else 1.0
            askew = turns + dice.real(-0.008, 0.008)
            down = top + dice.real(-0.03, 0.03) * height_px
            right = left + (number * _PITCH_HEIGHTS + dice.real(-0.02, 0.02)) * height_px
            # The cell's middle keeps its place in the line; the character turns around it.
            cell_y, cell_x = down + 0.5 * height_px, right + 0.5 * GLYPH_WIDTH * height_px
            at_y = middle_y + cell_y * cosine(turns) + cell_x * sine(turns)
            at_x = middle_x + cell_x * cosine(turns) - cell_y * sine(turns)
            for stroke in strokes_of(character):
                y, x = (stroke[:, 0] - 0.5) * height_px, (stroke[:, 1] - 0.5 * GLYPH_WIDTH) * height_px
                points = np.empty_like(stroke)
                points[:, 0] = at_y + y * cosine(askew) + x * sine(askew)
                points[:, 1] = at_x + x * cosine(askew) - y * sine(askew)
                _strike(depth, points, half_px, struck)
    return depth


def _strike(depth: F32, points: F64, half_px: float, struck: float) -> None:
    beside = trace(points, half_px + 4.0)
    groove = smooth((np.float32(half_px + 2.0) - np.abs(beside.offset_px)) * np.float32(0.25)) * np.float32(struck)
    height, width = groove.shape
    window = depth[beside.top : beside.top + height, beside.left : beside.left + width]
    np.maximum(window, groove, out=window)


def _draw_wear(dice: Dice) -> F32:
    """What is left of the stamp, float32 (512, 512): mostly all of it, less where the face is worn."""
    worn = smooth(dice.clouds(EDGE_PX, EDGE_PX, 48) * np.float32(1.6) - np.float32(0.2))
    return np.float32(1.0) - worn * np.float32(dice.real(0.0, 0.65) if dice.chance(0.6) else 0.0)


def _shade(dice: Dice, depth: F32) -> F32:
    """Relative change of brightness of a number of this depth: engraved (flanks, floor), inked dark, lasered light."""
    kind = dice.real(0.0, 1.0)
    from_above, from_left = dice.real(0.6, 1.0) * (1.0 if dice.chance(0.7) else -1.0), dice.real(-0.8, 0.8)
    flanks, floor = dice.real(0.30, 0.55), dice.real(-0.38, -0.14)
    if kind > 0.85:
        flanks, floor = 0.05, dice.real(0.22, 0.45)
    elif kind > 0.6:
        flanks, floor = 0.05, dice.real(-0.60, -0.30)
    slope = np.zeros_like(depth)
    slope[1:-1] += (depth[2:] - depth[:-2]) * np.float32(from_above)
    slope[:, 1:-1] += (depth[:, 2:] - depth[:, :-2]) * np.float32(from_left)
    # Steepest that a groove of full depth can be: 1.5 / 4 px over two pixels.
    steepest = 0.75 * (abs(from_above) + abs(from_left))
    return (slope * np.float32(-1.6 * flanks / steepest) + depth * np.float32(floor)).astype(np.float32)
