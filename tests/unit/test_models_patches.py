"""Cutting and quantising: every pixel of the part is in a patch, and int8 means (u8 - 128) / 64."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.crop import Box
from models.patches import PatchCutter, evenly, quantise_grid, resize_part
from models.spec import FixedGeometry, InputSpec, ModelSpec, NativeGeometry
from tests.unit.models_bundle import CALM, spec_values


def cutter(geometry: FixedGeometry | NativeGeometry, block: int = 1) -> PatchCutter:
    values = spec_values()
    values["preprocessing"] = {"geometry": geometry.model_dump()}
    values["input"] = InputSpec.model_validate({"space_to_depth": block}).model_dump()
    return PatchCutter(ModelSpec.model_validate(values))


@CALM
@given(st.integers(1, 5000), st.integers(1, 400))
def test_starts_cover_the_length_exactly_with_the_fewest_evenly_spread_patches(length: int, patch: int) -> None:
    starts = evenly(length, patch)
    if length < patch:
        assert starts == []
        return
    assert starts[0] == 0
    assert starts[-1] + patch == length
    assert len(starts) == -(-length // patch)
    steps = [after - before for before, after in pairwise(starts)]
    assert all(0 < step <= patch for step in steps)
    assert not steps or max(steps) - min(steps) <= 1


@pytest.mark.parametrize("block", [1, 2, 4])
def test_each_pixel_lands_where_space_to_depth_says_with_its_sign_bit_flipped(block: int) -> None:
    patch, rows, columns = 8, 3, 2
    picture = np.random.default_rng(0).integers(0, 256, (rows * patch, columns * patch), dtype=np.uint8)
    edge = patch // block
    out = np.zeros((rows * columns, edge, edge, block * block), np.int8)
    quantise_grid(picture, patch, block, out)
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            number = (y // patch) * columns + x // patch
            inner_y, inner_x = y % patch, x % patch
            channel = block * (inner_y % block) + inner_x % block
            assert out[number, inner_y // block, inner_x // block, channel] == int(picture[y, x]) - 128


@pytest.mark.parametrize("block", [1, 2, 4])
def test_native_patches_cover_every_pixel_of_the_part_at_its_own_scale(block: int) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (200, 180), dtype=np.uint8)
    box = Box(13, 21, 131, 150)
    cutting = cutter(NativeGeometry(kind="native", patch_px=32), block)
    patches = cutting.cut(cutting.prepare(frame, box))
    assert patches.shape == (5 * 5, 32 // block, 32 // block, block * block)
    seen = np.zeros((box.height_px, box.width_px), bool)
    for (y, x), patch in zip(cutting.origins, patches, strict=True):
        grey = (
            patch.view(np.uint8).reshape(32 // block, 32 // block, block, block).transpose(0, 2, 1, 3).reshape(32, 32)
        )
        np.testing.assert_array_equal(grey ^ 0x80, frame[21 + y : 53 + y, 13 + x : 45 + x])
        seen[y : y + 32, x : x + 32] = True
    assert seen.all()


@settings(CALM, max_examples=25)
@given(st.integers(16, 400), st.integers(16, 400))
def test_a_grey_part_of_any_size_stays_grey_when_resized(height: int, width: int) -> None:
    out = np.zeros((128, 64), np.uint8)
    resize_part(np.full((height, width), 77, np.uint8), out, np.zeros(height * width // 2 + 1, np.uint8))
    assert (out == 77).all()


def test_a_defect_of_three_native_pixels_survives_threefold_reduction() -> None:
    part = np.full((3584, 1575), 120, np.uint8)
    part[1000:1003, 700:703] = 20
    out = np.zeros((2048, 512), np.uint8)
    resize_part(part, out, np.zeros(part.size, np.uint8))
    assert out.min() < 100


def test_fixed_patches_tile_the_resized_part_row_after_row() -> None:
    cutting = cutter(FixedGeometry(kind="fixed", height_px=64, width_px=32, patch_px=16))
    frame = np.zeros((200, 100), np.uint8)
    frame[10:138, 20:84] = np.repeat(np.arange(8, dtype=np.uint8).reshape(4, 2) * 10 + 50, 32, 0).repeat(32, 1)
    patches = cutting.cut(cutting.prepare(frame, Box(20, 10, 64, 128)))
    assert patches.shape == (8, 16, 16, 1)
    assert [int(patch[8, 8, 0]) + 128 for patch in patches] == [50, 60, 70, 80, 90, 100, 110, 120]
    assert cutting.origins[:3] == [(0, 0), (0, 16), (16, 0)]


def test_a_part_smaller_than_a_patch_or_with_too_many_of_them_gives_none() -> None:
    frame = np.zeros((300, 300), np.uint8)
    cutting = cutter(NativeGeometry(kind="native", patch_px=32, max_patches=4))
    assert cutting.cut(cutting.prepare(frame, Box(0, 0, 31, 200))).shape[0] == 0
    assert cutting.cut(cutting.prepare(frame, Box(0, 0, 64, 64))).shape[0] == 4
    assert cutting.cut(cutting.prepare(frame, Box(0, 0, 65, 64))).shape[0] == 0


def test_the_same_buffer_serves_part_after_part() -> None:
    frame = np.random.default_rng(3).integers(0, 256, (300, 300), dtype=np.uint8)
    cutting = cutter(FixedGeometry(kind="fixed", height_px=64, width_px=32, patch_px=16))
    first = cutting.cut(cutting.prepare(frame, Box(0, 0, 200, 300)))
    again = cutting.cut(cutting.prepare(frame, Box(10, 10, 90, 100)))
    assert np.shares_memory(first, again)
