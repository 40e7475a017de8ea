"""What is kept of a picture: the part with a margin, never more than the picture, all of it where there is no part."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from station.pictures.cropping import MARGIN_PX, crop_of

edges = st.integers(1, 6000)


def test_a_part_is_kept_with_its_margin_and_a_picture_without_one_whole() -> None:
    assert crop_of((500, 600, 1000, 300), (3648, 5472)) == (404, 504, 1192, 492)
    assert crop_of(None, (3648, 5472)) == (0, 0, 3648, 5472)


def test_a_part_at_the_border_is_kept_up_to_the_border() -> None:
    assert crop_of((0, 10, 3648, 300), (3648, 5472)) == (0, 0, 3648, 310 + MARGIN_PX)


@given(edges, edges, st.tuples(*[st.integers(0, 7000)] * 4))
def test_no_crop_leaves_its_picture_and_none_is_empty(height: int, width: int, box: tuple[int, int, int, int]) -> None:
    y, x, rows, columns = crop_of(box, (height, width))
    assert 0 <= y < y + rows <= height
    assert 0 <= x < x + columns <= width
    inside = y <= box[0] and x <= box[1] and box[0] + box[2] <= y + rows and box[1] + box[3] <= x + columns
    assert inside or box[0] + box[2] > height or box[1] + box[3] > width
