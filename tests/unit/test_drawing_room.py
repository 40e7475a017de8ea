"""Where defects may lie: inside, apart, and within their share; and the quick answer never turns away what fits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cell.drawing.defects import draw_roll_marks
from drivers.cell.drawing.dice import Dice
from drivers.cell.drawing.part import HEIGHT_PX, WIDTHS_PX
from drivers.cell.drawing.room import Box, Room, box_of
from drivers.cell.drawing.stamp import Stamp

boxes = st.builds(
    lambda top, left, height, width: Box(top, left, top + height, left + width),
    st.integers(-20, 420),
    st.integers(-20, 220),
    st.integers(1, 60),
    st.integers(1, 60),
)


class Asked(Room):
    """A room that notes what it was asked and has endless room."""

    def holds(self, box: Box, area_px: float) -> bool:
        self.asked = box, area_px
        return True


@given(st.lists(boxes, max_size=8))
def test_taken_boxes_are_inside_apart_and_within_the_budget(wanted: list[Box]) -> None:
    room = Room(400, 200, 5000.0)
    area_px = 0
    for box in wanted:
        size = (box.bottom - box.top) * (box.right - box.left)
        if room.holds(box, size):
            room.take(box, size)
            area_px += size
    assert area_px <= 5000
    surface = np.zeros((400, 200), np.int32)
    for box in room.taken:
        assert min(box.top, box.left) >= room.margin_px
        assert box.bottom <= 400 - room.margin_px
        assert box.right <= 200 - room.margin_px
        surface[box.top : box.bottom, box.left : box.right] += 1
    assert surface.max() <= 1


@given(boxes, boxes, st.integers(0, 9))
def test_clear_of_works_both_ways(one: Box, other: Box, gap_px: int) -> None:
    assert one.clear_of(other, gap_px) == other.clear_of(one, gap_px)


@pytest.mark.parametrize("width", WIDTHS_PX)
def test_what_roll_marks_ask_before_they_are_drawn_is_less_than_what_they_take(width: int) -> None:
    for seed in range(3):
        room = Asked(HEIGHT_PX, width, 0.0)
        marks = draw_roll_marks(Dice(seed), 500.0, width / 2, room)
        asked, least_area_px = room.asked
        taken, area_px = box_of(marks), sum(int(mark.inside.sum()) for mark in marks)
        assert taken.top <= asked.top < asked.bottom <= taken.bottom
        assert taken.left <= asked.left < asked.right <= taken.right
        assert 0.5 * area_px < least_area_px <= area_px


def test_roll_marks_without_room_are_not_drawn() -> None:
    assert draw_roll_marks(Dice(1), 3580.0, 200.0, Room(HEIGHT_PX, 385, 1e9)) == []
    assert draw_roll_marks(Dice(1), 500.0, 200.0, Room(HEIGHT_PX, 385, 10.0)) == []


def test_the_box_of_marks_is_what_is_painted_not_the_window() -> None:
    inside = np.zeros((6, 8), np.bool_)
    inside[2:4, 3:7] = True
    mark = Stamp(10, 20, np.zeros((6, 8), np.float32), inside)
    empty = Stamp(0, 0, np.zeros((2, 2), np.float32), np.zeros((2, 2), np.bool_))
    assert box_of([mark, empty]) == Box(12, 23, 14, 27)
