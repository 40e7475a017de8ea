"""Where a fastener's defects lie: turning a mark with its head, and the view in which the light reaches it."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drivers.cell.drawing.dice import Dice
from drivers.cell.drawing.fastener_places import defects_of_head, defects_of_shank, in_sight
from drivers.cell.drawing.head import draw_head_shape
from drivers.cell.drawing.indications import DRAW_INDICATION, Indication
from drivers.cell.drawing.shank import draw_thread
from drivers.cell.drawing.stamp import Stamp

EDGE_PX = 300
HEAD = draw_head_shape(Dice(1), EDGE_PX)


def mark_at(top: int, left: int, height: int, width: int) -> Indication:
    gain = np.arange(height * width, dtype=np.float32).reshape(height, width) + 1
    return Indication(Stamp(top, left, gain, np.ones((height, width), np.bool_)), True)


@given(
    st.integers(0, EDGE_PX - 20),
    st.integers(0, EDGE_PX - 20),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(0, 7),
)
def test_a_turned_mark_lies_where_the_turned_picture_has_it(
    top: int, left: int, height: int, width: int, quarters: int
) -> None:
    mark = mark_at(top, left, height, width)
    laid, turned = np.zeros((EDGE_PX, EDGE_PX), np.float32), np.zeros((EDGE_PX, EDGE_PX), np.float32)
    mark.apply(laid)
    mark.turned(quarters, EDGE_PX).apply(turned)
    assert np.array_equal(np.rot90(laid, quarters), turned)


@given(st.floats(0, 1), st.floats(0, 0.9))
def test_wherever_a_defect_lies_on_a_head_one_of_the_four_views_shows_it(turns: float, share: float) -> None:
    radius_px = share * (HEAD.radius_px - 4)
    y = HEAD.middle_px + radius_px * math.cos(2 * math.pi * turns)
    x = HEAD.middle_px + radius_px * math.sin(2 * math.pi * turns)
    mark = mark_at(int(y) - 1, int(x) - 1, 3, 3)
    seen = [in_sight(mark.turned(quarters, EDGE_PX), HEAD) for quarters in range(4)]
    assert any(seen)
    assert all(seen) or share < 0.3 or seen.count(True) <= 2


def test_the_light_changes_how_a_heads_defects_look_but_not_where_they_lie() -> None:
    for label in DRAW_INDICATION:
        views = [defects_of_head(Dice(3, 1), label, HEAD, quarters) for quarters in range(4)]
        for view in views[1:]:
            for one, other in zip(views[0], view, strict=True):
                assert (one.stamp.top, one.stamp.left) == (other.stamp.top, other.stamp.left)
                assert np.array_equal(one.stamp.inside, other.stamp.inside)
                assert np.array_equal(one.stamp.gain, other.stamp.gain) == (label != "dent")


def test_defects_keep_clear_of_the_border_and_of_the_socket() -> None:
    for seed in range(12):
        label = list(DRAW_INDICATION)[seed % 4]
        head = draw_head_shape(Dice(seed), 1500)
        for mark in defects_of_head(Dice(seed, 2), label, head, 0):
            rows, columns = np.nonzero(mark.stamp.inside)
            radius = np.hypot(rows + mark.stamp.top - head.middle_px, columns + mark.stamp.left - head.middle_px)
            assert head.inner_px <= radius.min() <= radius.max() <= head.outer_px
        thread = draw_thread(Dice(seed), 1000)
        for mark in defects_of_shank(Dice(seed, 2), label, (2016, 1000), thread):
            rows, columns = np.nonzero(mark.stamp.inside)
            assert min(int(rows.min()) + mark.stamp.top, int(columns.min()) + mark.stamp.left) > 8
            assert int(rows.max()) + mark.stamp.top < 2008
            assert int(columns.max()) + mark.stamp.left < 992
