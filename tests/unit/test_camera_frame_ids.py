"""Frame numbers: carried on beyond 16 bits, gaps counted, old ones told from new ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.frame_ids import FrameIds, Numbered

steps = st.lists(st.integers(1, 3000), min_size=1, max_size=60)


def wire_number(index: int, counting: str) -> int:
    """The number of the camera's frame `index` (0..) in its own counting."""
    if counting == "16 bits without 0":
        return index % 65_535 + 1
    return index % 65_536 if counting == "16 bits with 0" else index


def test_a_camera_that_misses_nothing() -> None:
    ids = FrameIds()
    assert [ids.number(raw) for raw in (7, 8, 9)] == [Numbered(n, 0, stale=False) for n in (7, 8, 9)]


def test_missing_numbers_are_counted_before_the_frame_that_shows_them() -> None:
    ids = FrameIds()
    ids.number(1)
    assert ids.number(5) == Numbered(5, 3, stale=False)
    assert ids.number(6) == Numbered(6, 0, stale=False)


@pytest.mark.parametrize(("before", "raw", "step"), [(65_535, 1, 1), (65_535, 0, 1), (65_534, 2, 3), (65_000, 30, 565)])
def test_sixteen_bits_go_on_after_their_end(before: int, raw: int, step: int) -> None:
    ids = FrameIds()
    ids.number(before)
    assert ids.number(raw) == Numbered(before + step, step - 1, stale=False)


def test_a_camera_that_once_sent_a_zero_uses_zeros() -> None:
    ids = FrameIds()
    for raw in (0, 1, 65_000, 65_535):
        last = ids.number(raw)
    assert ids.number(1) == Numbered(last.frame_id + 2, 1, stale=False)


@pytest.mark.parametrize("raw", [100, 99, 37, 1])
def test_a_number_that_repeats_or_falls_is_old_and_the_newest_stays(raw: int) -> None:
    ids = FrameIds()
    ids.number(100)
    old = ids.number(raw)
    assert old.stale
    assert old.frame_id <= 100
    assert ids.number(101) == Numbered(101, 0, stale=False)
    assert ids.falls == 0


def test_a_camera_that_counts_from_new_shows_in_the_falls() -> None:
    ids = FrameIds()
    ids.number(40_000)
    for raw in range(1, 12):
        assert ids.number(raw).stale
    assert ids.falls == 11


def test_a_camera_without_numbers_gets_them_here() -> None:
    ids = FrameIds()
    assert [ids.number(None).frame_id for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("raw", [1, 0, 500, 9_000])
def test_opened_anew_it_carries_on_and_misses_nothing(raw: int) -> None:
    ids = FrameIds(last=1_000)
    ids.number(2_000)
    ids.begin_anew()
    first = ids.number(raw)
    assert first == Numbered(max(raw, 2_001), 0, stale=False)
    assert ids.number(raw + 1) == Numbered(first.frame_id + 1, 0, stale=False)
    assert ids.last == first.frame_id + 1


@given(st.sampled_from(["16 bits without 0", "16 bits with 0", "64 bits"]), st.integers(1, 200_000), steps)
def test_any_camera_with_any_losses_is_numbered_as_it_counts(counting: str, begin: int, taken: list[int]) -> None:
    ids = FrameIds()
    if counting == "16 bits with 0":
        ids.number(0)  # as such a camera begins
        ids.begin_anew()
        ids._uses_zero = True
    index = begin
    first = ids.number(wire_number(index, counting)).frame_id
    for step in taken:
        index += step
        numbered = ids.number(wire_number(index, counting))
        assert (numbered.frame_id - first, numbered.lost_before, numbered.stale) == (index - begin, step - 1, False)


@given(st.lists(st.integers(-64, 64), max_size=80), st.integers(100, 60_000))
def test_old_numbers_never_raise_the_newest_and_new_ones_always_do(moves: list[int], begin: int) -> None:
    ids = FrameIds()
    ids.number(begin)
    raw = newest = begin
    for move in moves:
        raw = newest + move
        numbered = ids.number(raw)
        assert numbered.stale == (raw <= newest)
        newest = max(newest, raw)
        assert ids.last == newest
        assert numbered.frame_id <= newest
