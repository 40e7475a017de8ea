"""Where the defects of a fastener lie, and in which view of its head a defect is in sight.

A crack runs along the axis of the shank or in the root of a thread, on the head from the axis outwards; a lap follows
the rolled metal, down the turn of the shank and around the head. It must not know how surfaces look.
"""

import numpy as np

from drivers.cell.drawing.dice import Dice, cosine, sine
from drivers.cell.drawing.head import Head
from drivers.cell.drawing.indications import DRAW_INDICATION, Indication, Place
from drivers.cell.drawing.room import Room, box_of
from drivers.cell.drawing.shank import Thread

# The fixed geometry of both networks: a native picture becomes (height, width) pixels.
SHANK_RESIZED_PX = (1024, 512)
HEAD_RESIZED_PX = (512, 512)

MOST_DEFECTIVE_SHARE = 0.02
_ATTEMPTS = 30
_ATTEMPTS_FOR_ONE = 1000
# A defect glows where the raking light reaches it: in the upper part of the picture, and around the axis in any view.
_LIT_FROM = 0.15
_ALWAYS_LIT_WITHIN = 0.25


def defects_of_shank(dice: Dice, label: str, shape: tuple[int, ...], thread: Thread) -> list[Indication]:
    """One or two instances on a shank of (height, width), clear of its borders and of each other."""
    height, width = shape[0], shape[1]
    fine_px = max(height / SHANK_RESIZED_PX[0], width / SHANK_RESIZED_PX[1])
    room = Room(height, width, MOST_DEFECTIVE_SHARE * height * width)
    wanted, placed = dice.whole(1, 2), list[Indication]()
    for attempt in range(_ATTEMPTS_FOR_ONE):
        if len(room.taken) == wanted or (placed and attempt >= _ATTEMPTS):
            break
        y, x = dice.real(0.0, float(height)), dice.real(0.0, float(width))
        in_thread = thread.first < x < thread.last
        along_turn = label == "lap" or (in_thread and dice.chance(0.5))
        turns = 0.0 if along_turn else 0.25
        drawn = DRAW_INDICATION[label](dice, Place(y, x, turns, fine_px))
        box = box_of([defect.stamp for defect in drawn])
        if room.holds(box, _area_px(drawn)):
            room.take(box, _area_px(drawn))
            placed += drawn
    if not placed:
        raise AssertionError(f"no place for {label} on {width} columns in {_ATTEMPTS_FOR_ONE} attempts")
    return placed


def defects_of_head(dice: Dice, label: str, head: Head, quarters: int) -> list[Indication]:
    """One or two instances on a head's face, as the light falls on them after so many quarter turns.

    The same dice and another number of quarters give the same defects under another light.
    """
    fine_px = head.edge_px / HEAD_RESIZED_PX[0]
    light = (-cosine(quarters / 4.0), -sine(quarters / 4.0))
    room = Room(head.edge_px, head.edge_px, MOST_DEFECTIVE_SHARE * head.edge_px * head.edge_px)
    wanted, placed = dice.whole(1, 2), list[Indication]()
    for attempt in range(_ATTEMPTS_FOR_ONE):
        if len(room.taken) == wanted or (placed and attempt >= _ATTEMPTS):
            break
        angle, radius_px = dice.real(0.0, 1.0), dice.real(head.inner_px, head.outer_px)
        y, x = head.middle_px + radius_px * cosine(angle), head.middle_px + radius_px * sine(angle)
        turns = angle + (0.25 if label == "lap" else 0.0)
        drawn = DRAW_INDICATION[label](dice, Place(y, x, turns, fine_px, light))
        box = box_of([defect.stamp for defect in drawn])
        if _on_face(drawn, head) and room.holds(box, _area_px(drawn)):
            room.take(box, _area_px(drawn))
            placed += drawn
    if not placed:
        raise AssertionError(f"no place for {label} on a head of {head.edge_px} px in {_ATTEMPTS_FOR_ONE} attempts")
    return placed


def in_sight(defect: Indication, head: Head) -> bool:
    """The raking light reaches the middle of this defect, as it lies in the turned picture."""
    rows, columns = np.nonzero(defect.stamp.inside)
    y = float(rows.mean()) + defect.stamp.top - head.middle_px
    x = float(columns.mean()) + defect.stamp.left - head.middle_px
    if y * y + x * x < (_ALWAYS_LIT_WITHIN * head.radius_px) ** 2:
        return True
    return -y >= _LIT_FROM * head.radius_px


def _on_face(defects: list[Indication], head: Head) -> bool:
    for defect in defects:
        rows, columns = np.nonzero(defect.stamp.inside)
        down = rows + (defect.stamp.top - head.middle_px)
        right = columns + (defect.stamp.left - head.middle_px)
        square = down * down + right * right
        if square.size == 0 or square.max() > head.outer_px**2 or square.min() < head.inner_px**2:
            return False
    return True


def _area_px(defects: list[Indication]) -> float:
    return float(sum(int(np.count_nonzero(defect.stamp.inside)) for defect in defects))
