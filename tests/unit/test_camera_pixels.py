"""Every pixel format against a slow reading of its bits, with padding, odd offsets and short buffers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from harvesters.util.pfnc import dict_by_names
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.camera.pixels import BY_CODE, FORMATS, PixelFormat, full_depth, line_bytes, write_grey8

GREY = tuple(fmt for fmt in FORMATS.values() if not fmt.colour)
COLOUR = tuple(fmt for fmt in FORMATS.values() if fmt.colour)


def bits_of(raw: NDArray[np.uint8], fmt: PixelFormat, height: int, width: int, padding: int) -> NDArray[np.int64]:
    """The brightness of each pixel, read bit by bit as PFNC says: lowest bits in the first byte."""
    stride = line_bytes(fmt, width) + padding
    step = fmt.group_bytes * 8 // fmt.group_px
    values = np.zeros((height, width), np.int64)
    for y in range(height):
        line = int.from_bytes(raw[y * stride : y * stride + line_bytes(fmt, width)].tobytes(), "little")
        for x in range(width):
            values[y, x] = (line >> (x * step)) & ((1 << fmt.depth_bits) - 1)
    return values


def buffer_of(fmt: PixelFormat, height: int, width: int, padding: int, seed: int) -> NDArray[np.uint8]:
    """Random pixels; unpacked ones keep the bits above their depth at 0, as PFNC has it."""
    rng = np.random.default_rng(seed)
    raw = rng.integers(0, 256, height * (line_bytes(fmt, width) + padding), dtype=np.uint8)
    if fmt.group_bytes == 2:
        lines = raw.reshape(height, -1)
        lines[:, 1 : line_bytes(fmt, width) : 2] &= (1 << (fmt.depth_bits - 8)) - 1
    return raw


def test_the_codes_are_those_of_the_standard() -> None:
    for name, fmt in FORMATS.items():
        assert fmt.code == dict_by_names[name]
        assert BY_CODE[fmt.code] is fmt
        assert (fmt.code >> 16 & 0xFF) * fmt.group_px == 8 * fmt.group_bytes  # PFNC's effective pixel size


@given(
    st.sampled_from(GREY),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 5),
    st.integers(0, 3),
    st.integers(0, 2**32 - 1),
)
def test_grey_and_full_depth_are_what_the_bits_say(
    fmt: PixelFormat, height: int, groups: int, padding: int, offset: int, seed: int
) -> None:
    width = groups * fmt.group_px
    raw = buffer_of(fmt, height, width, padding, seed)
    shifted = np.concatenate([np.zeros(offset, np.uint8), raw])[offset:]  # words that begin at any address
    expected = bits_of(raw, fmt, height, width, padding)
    grey = np.full((height, width), 77, np.uint8)
    write_grey8(shifted, fmt, grey, padding)
    assert np.array_equal(grey, expected >> (fmt.depth_bits - 8))
    deep = full_depth(shifted, fmt, height, width, padding)
    assert np.array_equal(deep, expected)
    assert deep.dtype == (np.uint8 if fmt.depth_bits == 8 else np.uint16)


@pytest.mark.parametrize("fmt", GREY, ids=lambda fmt: fmt.name)
def test_nothing_is_written_beside_the_lines_that_are_asked_for(fmt: PixelFormat) -> None:
    ring = np.full((8, 16), 99, np.uint8)
    raw = buffer_of(fmt, 8, 16, 3, 1)
    write_grey8(raw, fmt, ring[:5], 3)
    assert np.array_equal(ring[:5], bits_of(raw, fmt, 5, 16, 3) >> (fmt.depth_bits - 8))
    assert (ring[5:] == 99).all()


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
def test_a_buffer_that_is_too_short_is_refused_and_the_last_padding_may_be_missing(fmt: PixelFormat) -> None:
    whole = np.zeros(4 * (line_bytes(fmt, 16) + 3), np.uint8)
    target = np.empty((4, 16), np.uint8)
    write_grey8(whole[:-3], fmt, target, 3)
    with pytest.raises(ValueError, match=r"need .* bytes, found"):
        write_grey8(whole[:-4], fmt, target, 3)
    with pytest.raises(ValueError, match=r"need .* bytes, found"):
        full_depth(whole[:-4], fmt, 4, 16, 3)


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
def test_no_line_is_nothing_to_do(fmt: PixelFormat) -> None:
    write_grey8(np.zeros(0, np.uint8), fmt, np.empty((0, 16), np.uint8), 0)


@pytest.mark.parametrize(("name", "width"), [("Mono10p", 18), ("Mono12p", 15)])
def test_a_line_that_ends_within_a_group_is_refused(name: str, width: int) -> None:
    with pytest.raises(ValueError, match="do not fill whole groups"):
        line_bytes(FORMATS[name], width)


@pytest.mark.parametrize("padding", [0, 5])
@pytest.mark.parametrize("fmt", COLOUR, ids=lambda fmt: fmt.name)
def test_a_grey_scene_is_as_bright_in_colour(fmt: PixelFormat, padding: int) -> None:
    height, width = 6, 8
    stride = line_bytes(fmt, width) + padding
    levels = np.arange(height, dtype=np.uint8) * 40
    raw = np.repeat(levels, stride)
    raw.reshape(height, stride)[:, line_bytes(fmt, width) :] = 255  # padding must not be seen
    grey = np.empty((height, width), np.uint8)
    write_grey8(raw, fmt, grey, padding)
    rgb = full_depth(raw, fmt, height, width, padding)
    assert rgb.shape == (height, width, 3)
    if fmt.name == "RGB8":
        assert np.array_equal(grey, np.repeat(levels[:, np.newaxis], width, axis=1))
    else:  # the colours of neighbouring lines are mixed in
        assert (np.diff(grey[:, 3].astype(int)) >= 0).all()
        assert (grey == grey[:, :1]).all()


def test_red_is_red_in_both_colour_formats() -> None:
    raw = np.zeros((6, 8), np.uint8)
    raw[0::2, 0::2] = 200  # BayerRG: the first pixel of the first line is red
    bayer = full_depth(raw.reshape(-1), FORMATS["BayerRG8"], 6, 8, 0)
    assert (bayer[2, 2] == (200, 0, 0)).all()
    rgb = np.zeros((6, 8, 3), np.uint8)
    rgb[..., 0] = 200
    assert np.array_equal(full_depth(rgb.reshape(-1), FORMATS["RGB8"], 6, 8, 0), rgb)
    grey = np.empty((6, 8), np.uint8)
    write_grey8(rgb.reshape(-1), FORMATS["RGB8"], grey, 0)
    assert (grey == round(200 * 0.299)).all()


def test_colour_of_a_large_picture_is_that_of_opencv() -> None:
    cells = np.random.default_rng(3).integers(0, 256, (64, 96), dtype=np.uint8)
    grey = np.empty((64, 96), np.uint8)
    write_grey8(cells.reshape(-1), FORMATS["BayerRG8"], grey, 0)
    assert np.array_equal(grey, cv2.cvtColor(cells, cv2.COLOR_BayerRGGB2GRAY))


@pytest.mark.parametrize("lines", [1, 2, 3, 5])
@pytest.mark.parametrize("fmt", COLOUR, ids=lambda fmt: fmt.name)
def test_a_colour_frame_of_few_lines_has_a_picture_too(fmt: PixelFormat, lines: int) -> None:
    raw = np.full(lines * line_bytes(fmt, 16), 90, np.uint8)
    grey = np.zeros((lines, 16), np.uint8)
    write_grey8(raw, fmt, grey, 0)
    assert (grey == 90).all()
    assert full_depth(raw, fmt, lines, 16, 0).shape == (lines, 16, 3)
