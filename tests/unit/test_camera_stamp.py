"""The number burnt into simulated pictures: it is read as it was written, and damage is seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.producer.stamp import FIRST_COLUMN, read_stamp, stamp_crc, write_stamp

NUMBERS = st.integers(1, (1 << 24) - 1)


def stamped(number: int, level: int = 3) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    image = np.full((2, 80), level, np.uint8)
    write_stamp(image, number)
    return image


@given(NUMBERS, st.integers(0, 255))
def test_a_number_is_read_as_it_was_written_and_touches_nothing_else(number: int, level: int) -> None:
    image = stamped(number, level)
    assert read_stamp(image) == number
    image[0, FIRST_COLUMN : FIRST_COLUMN + 32] = level
    assert (image == level).all()


@given(NUMBERS, st.integers(0, 31), st.integers(0, 31))
def test_one_or_two_wrong_bits_are_never_another_number(number: int, one: int, other: int) -> None:
    image = stamped(number)
    for bit in {one, other}:
        image[0, FIRST_COLUMN + bit] ^= 6
    assert read_stamp(image) is None


def test_the_crc_is_the_one_of_the_description() -> None:
    assert [stamp_crc(number) for number in (0x000000, 0x000001, 0x123456, 0xFFFFFF)] == [0x2B, 0x2C, 0x57, 0x24]


def test_no_number_is_none() -> None:
    image = stamped(1)
    image[0, FIRST_COLUMN : FIRST_COLUMN + 32] = 0
    assert read_stamp(image) is None  # 0 with a wrong CRC
    assert read_stamp(np.zeros((4, 63), np.uint8)) is None
    assert read_stamp(np.zeros((0, 80), np.uint8)) is None


def test_numbers_and_pictures_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="1 to 16777215, found 0"):
        write_stamp(np.zeros((1, 80), np.uint8), 0)
    with pytest.raises(ValueError, match="found 16777216"):
        write_stamp(np.zeros((1, 80), np.uint8), 1 << 24)
    with pytest.raises(ValueError, match="no room"):
        write_stamp(np.zeros((1, 63), np.uint8), 1)
