"""Finding the part: to the pixel where there is one, a problem where there is none or it cannot be judged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.crop import Box, Problem, find_part, longest_run
from models.spec import CropRule
from tests.unit.models_bundle import CALM

RULE = CropRule(background_max=20)
TOUCHING = CropRule(background_max=20, may_touch_border=True)


def background(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 7, (height, width), dtype=np.uint8)


def with_part(frame: np.ndarray, box: Box, level: int = 120, spread: int = 40, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(-spread, spread + 1, (box.height_px, box.width_px))
    part = np.clip(level + noise, 60, 220).astype(np.uint8)
    frame[box.y_px : box.y_px + box.height_px, box.x_px : box.x_px + box.width_px] = part
    return frame


@settings(CALM, max_examples=60)
@given(st.integers(1, 200), st.integers(1, 200), st.integers(40, 300), st.integers(40, 300), st.integers(0, 9))
def test_a_part_anywhere_is_found_to_the_pixel(x: int, y: int, width: int, height: int, seed: int) -> None:
    box = Box(x, y, width, height)
    frame = with_part(background(y + height + 37, x + width + 23, seed), box)
    found = find_part(frame, RULE)
    assert found.box == box
    assert found.problem is None
    assert found.saturated_fraction == 0.0
    assert found.dark_fraction == 0.0
    assert 60 <= found.mean <= 220


@pytest.mark.parametrize("width", [385, 570, 690, 935, 1065, 1575])
def test_every_size_category_is_found_in_a_whole_sensor_picture(width: int) -> None:
    box = Box((5472 - width) // 2 + 3, 29, width, 3584)
    assert find_part(with_part(background(3648, 5472), box), RULE).box == box


def test_hot_pixels_and_dust_in_the_background_do_not_move_the_box() -> None:
    box = Box(200, 96, 400, 700)
    frame = with_part(background(1000, 900), box)
    dust = np.random.default_rng(4)
    frame[dust.integers(0, 1000, 500), dust.integers(0, 900, 500)] = 255
    frame[96:796, 200:600] = with_part(background(1000, 900), box)[96:796, 200:600]
    assert find_part(frame, RULE).box == box


def test_a_dark_band_across_the_part_does_not_cut_it() -> None:
    box = Box(100, 64, 300, 800)
    frame = with_part(background(960, 500), box)
    frame[400:440, 100:400] = 3
    found = find_part(frame, RULE)
    assert found.box == box
    assert 0.03 < found.dark_fraction < 0.08


def test_a_part_with_dark_sides_keeps_them() -> None:
    box = Box(64, 80, 160, 1000)
    frame = with_part(background(1200, 320), box)
    frame[80:1080, 64:96][np.random.default_rng(2).random((1000, 32)) < 0.6] = 2
    assert find_part(frame, CropRule(background_max=9)).box == box


def test_a_picture_without_light_is_all_dark() -> None:
    assert find_part(np.zeros((500, 400), np.uint8), RULE).problem is Problem.ALL_DARK


def test_background_alone_is_no_part() -> None:
    found = find_part(background(500, 400), RULE)
    assert (found.box, found.problem) == (None, Problem.NO_PART)


def test_a_speck_is_no_part() -> None:
    assert find_part(with_part(background(500, 400), Box(96, 96, 20, 20)), RULE).problem is Problem.NO_PART


@pytest.mark.parametrize("rule", [RULE, TOUCHING])
def test_an_all_white_picture_is_saturated_whether_or_not_parts_may_fill_it(rule: CropRule) -> None:
    assert find_part(np.full((500, 400), 255, np.uint8), rule).problem is Problem.SATURATED


@pytest.mark.parametrize(
    "box", [Box(0, 50, 200, 300), Box(50, 0, 200, 300), Box(200, 50, 200, 300), Box(50, 200, 200, 300)]
)
def test_a_part_at_the_sensor_border_is_refused_unless_the_bundle_allows_it(box: Box) -> None:
    frame = with_part(background(500, 400), box)
    assert find_part(frame, RULE).problem is Problem.TOUCHES_BORDER
    allowed = find_part(frame, TOUCHING)
    assert (allowed.box, allowed.problem) == (box, None)


def test_a_product_that_fills_the_picture_is_found_whole() -> None:
    frame = with_part(background(1250, 55), Box(0, 0, 55, 1250))
    assert find_part(frame, TOUCHING).box == Box(0, 0, 55, 1250)


def test_a_part_that_is_mostly_background_is_too_dark() -> None:
    box = Box(64, 64, 256, 256)
    frame = with_part(background(400, 400), box)
    frame[64:320, 64:320][np.random.default_rng(3).random((256, 256)) < 0.7] = 2
    assert find_part(frame, RULE).problem is Problem.TOO_DARK


def test_a_part_in_less_light_than_the_network_ever_saw_is_too_dark() -> None:
    frame = with_part(background(400, 400), Box(64, 64, 256, 256), level=90, spread=5)
    assert find_part(frame, CropRule(background_max=20, min_mean_level=80.0)).problem is None
    assert find_part(frame, CropRule(background_max=20, min_mean_level=100.0)).problem is Problem.TOO_DARK


@pytest.mark.parametrize("shape", [(500, 400, 3), (0, 400), (10, 400), (8,)])
def test_what_is_not_a_grey_picture_is_named_and_never_raises(shape: tuple[int, ...]) -> None:
    assert find_part(np.full(shape, 120, np.uint8), RULE).problem is Problem.NOT_A_PICTURE


def test_another_pixel_type_is_not_a_picture() -> None:
    assert find_part(np.full((500, 400), 120, np.uint16), RULE).problem is Problem.NOT_A_PICTURE  # type: ignore[arg-type]


@CALM
@given(st.integers(0, 2**32 - 1), st.integers(16, 90), st.integers(16, 90), st.floats(0, 1))
def test_any_picture_gets_a_box_inside_it_or_a_problem(seed: int, height: int, width: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    frame = np.where(rng.random((height, width)) < share, rng.integers(0, 256, (height, width)), 0).astype(np.uint8)
    found = find_part(frame, TOUCHING)
    assert found.problem is not None or found.box is not None
    if found.box is not None:
        assert found.box.x_px + found.box.width_px <= width
        assert found.box.y_px + found.box.height_px <= height


@CALM
@given(st.lists(st.booleans(), max_size=40), st.integers(0, 4))
def test_the_longest_run_begins_and_ends_with_true_and_bridges_only_short_gaps(wanted: list[bool], gap: int) -> None:
    run = longest_run(np.array(wanted, dtype=bool), gap)
    if not any(wanted):
        assert run is None
        return
    assert run is not None
    start, end = run
    inside = wanted[start:end]
    assert inside[0]
    assert inside[-1]
    text = "".join("1" if value else "0" for value in inside)
    assert max((len(hole) for hole in text.split("1")), default=0) <= gap
