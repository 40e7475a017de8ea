"""One drawn part: the unrolled mantle of a ground housing, and which pixels of it are defective.

Parts of one seed and size category share their surface: the sound one is the defective one without its defect.
It must not know cameras, files, or who looks at the picture.
"""

from dataclasses import dataclass

import numpy as np

from drivers.cell.drawing.defects import DRAW_DEFECT
from drivers.cell.drawing.dice import U8, Dice
from drivers.cell.drawing.looks import STANDARD, Look
from drivers.cell.drawing.natural import draw_chatter, draw_machining_lines, draw_natural_marks
from drivers.cell.drawing.room import Room, box_of
from drivers.cell.drawing.stamp import Stamp
from drivers.cell.drawing.surface import draw_grinding, draw_light, expose

LABELS = ("defect-free", "imprinted", "pits", "roll-marks", "scratches")
WIDTHS_PX = (385, 570, 690, 935, 1065, 1575)
HEIGHT_PX = 3584
MOST_DEFECTIVE_SHARE = 0.009

# Counts up when the same seed no longer gives the same bytes.
DRAWING = 1

_SURFACE, _NATURAL, _LIGHT, _NOISE, _DEFECT = range(5)
_ATTEMPTS = 40
_ATTEMPTS_FOR_ONE = 1000


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPart:
    """`picture` uint8 (3584, width); `mask` uint8, same shape, 0 sound, k = LABELS[k]; `size_category` 0..5."""

    picture: U8
    mask: U8
    label: str
    size_category: int

    def __post_init__(self) -> None:
        if self.picture.shape != self.mask.shape:
            raise ValueError(f"picture {self.picture.shape} and mask {self.mask.shape} differ in shape")


def draw_part(seed: int, label: str, size_category: int, look: Look = STANDARD) -> DrawnPart:
    """Draw a part; the same arguments give the same bytes on every machine.

    `label` is one of LABELS, `size_category` an index into WIDTHS_PX. A defective part has one to three instances of
    its kind, together less than 1 % of the picture; marks and defects are the same in every look. ValueError for
    anything else.
    """
    if label not in LABELS:
        raise ValueError(f"label {label!r} is unknown; the drawn parts are {', '.join(LABELS)}")
    if not 0 <= size_category < len(WIDTHS_PX):
        raise ValueError(f"size category {size_category} is unknown; there are 0..{len(WIDTHS_PX) - 1}")
    if seed < 0:
        raise ValueError(f"seed {seed} is negative; seeds are 0 or more")
    width, kind = WIDTHS_PX[size_category], LABELS.index(label)
    reflectance = draw_grinding(Dice(seed, _SURFACE), HEIGHT_PX, width, look)
    natural = Dice(seed, _NATURAL)
    light = draw_light(Dice(seed, _LIGHT), HEIGHT_PX, width, look)
    light.down[:] *= draw_chatter(natural, HEIGHT_PX)
    light.across[:] *= draw_machining_lines(natural, width)
    for mark in draw_natural_marks(natural, HEIGHT_PX, width):
        mark.press(reflectance)
    mask = np.zeros(reflectance.shape, dtype=np.uint8)
    if kind:
        for mark in _place_defects(Dice(seed, _DEFECT, kind), label, width):
            mark.press(reflectance)
            h, w = mark.inside.shape
            mask[mark.top : mark.top + h, mark.left : mark.left + w][mark.inside] = kind
    return DrawnPart(expose(reflectance, light, Dice(seed, _NOISE), look), mask, label, size_category)


def _place_defects(dice: Dice, label: str, width: int) -> list[Stamp]:
    """One to three instances, wholly on the part, clear of each other and within the share of the area."""
    room = Room(HEIGHT_PX, width, MOST_DEFECTIVE_SHARE * HEIGHT_PX * width)
    wanted = dice.whole(1, 3)
    placed: list[Stamp] = []
    for attempt in range(_ATTEMPTS_FOR_ONE):
        if len(room.taken) == wanted or (placed and attempt >= _ATTEMPTS):
            break
        y, x = dice.real(0.0, float(HEIGHT_PX)), dice.real(0.0, float(width))
        marks = DRAW_DEFECT[label](dice, y, x, room)
        if not marks:
            continue
        box, area_px = box_of(marks), sum(int(np.count_nonzero(mark.inside)) for mark in marks)
        if room.holds(box, area_px):
            room.take(box, area_px)
            placed += marks
    if not placed:
        raise AssertionError(f"no place for {label} on {width} columns in {_ATTEMPTS_FOR_ONE} attempts")
    return [seen for seen in (mark.cropped(HEIGHT_PX, width) for mark in placed) if seen is not None]
