"""The canary: written into buffers, found again where nothing else was written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.canary import ROW_BYTES, ROW_STEP, ROWS, Canary, canary_rows


@given(st.integers(1, 65_536))
def test_its_rows_are_spread_from_the_first_to_the_last_multiple(lines: int) -> None:
    rows = canary_rows(lines)
    assert 1 <= len(rows) <= ROWS
    assert rows[0] == 0
    assert rows[-1] == (lines - 1) // ROW_STEP * ROW_STEP
    assert all(row % ROW_STEP == 0 for row in rows)
    assert len(rows) == min(ROWS, (lines - 1) // ROW_STEP + 1)


@pytest.mark.parametrize(("lines", "stride", "row"), [(360, 640, 640), (100, 700, 640), (1, 16, 16), (33, 20, 20)])
def test_in_an_untouched_buffer_every_row_is_found(lines: int, stride: int, row: int) -> None:
    memory = np.zeros(lines * stride + 100, np.uint8)
    canary = Canary(lines, stride, row)
    canary.write(memory)
    assert canary.intact(memory, 0, lines * stride) == len(canary_rows(lines))
    touched = np.nonzero(memory)[0]
    assert set(touched // stride) <= set(canary_rows(lines))
    assert (touched % stride >= row - ROW_BYTES).all()
    assert (touched % stride < row).all()


def test_a_picture_that_was_written_leaves_none_of_it() -> None:
    memory = np.zeros(360 * 640, np.uint8)
    canary = Canary(360, 640, 640)
    canary.write(memory)
    memory[:] = 77
    assert canary.intact(memory, 0, len(memory)) == 0


def test_rows_beyond_the_valid_lines_do_not_count() -> None:
    memory = np.zeros(360 * 640, np.uint8)
    canary = Canary(360, 640, 640)
    canary.write(memory)
    memory[: 100 * 640] = 77
    assert canary.intact(memory, 0, 100 * 640) == 0
    assert canary.intact(memory, 0, 360 * 640) == len([row for row in canary_rows(360) if row >= 100])


def test_a_block_of_lines_that_was_skipped_is_found() -> None:
    memory = np.zeros(2048 * 2048, np.uint8)
    canary = Canary(2048, 2048, 2048)
    canary.write(memory)
    skipped = memory[900 * 2048 : 1200 * 2048].copy()
    memory[:] = 77
    memory[900 * 2048 : 1200 * 2048] = skipped
    assert canary.intact(memory, 0, len(memory)) == 1


def test_a_buffer_smaller_than_the_picture_is_left_alone_beyond_its_end() -> None:
    memory = np.zeros(50 * 640, np.uint8)
    Canary(360, 640, 640).write(memory)
    assert np.count_nonzero(memory[: 640 * 2]) > 0


def test_no_two_streams_have_the_same() -> None:
    one, other = np.zeros(6400, np.uint8), np.zeros(6400, np.uint8)
    Canary(10, 640, 640).write(one)
    Canary(10, 640, 640).write(other)
    assert not np.array_equal(one, other)
