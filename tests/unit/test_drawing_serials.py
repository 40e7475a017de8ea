"""Drawn parts with stamped numbers: repeatable, alike but for the number, and found by the product's crop rule."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cell.drawing.seeds import (
    CELL_SEEDS_FROM,
    DATASETS,
    PARTS_A_DATASET,
    SERIAL_DATASETS,
    SPLITS,
    dataset_part_seed,
    serial_part_seed,
)
from drivers.cell.drawing.serials import SERIAL_DRAWING, SERIAL_TYPES, draw_serial, twin_of
from drivers.cell.drawing.serials_font import GLYPH_WIDTH, strokes_of
from models.crop import find_part
from models.make.product import load_product

DIGEST_OF_DRAWING = {1: "c1b642c70972c2c30f9c5e3cf217586f70c5b35e473e2227a1b8a1ef1a539c86"}


def test_the_same_seed_gives_the_bytes_that_are_written_down_here() -> None:
    digest = hashlib.sha256()
    for number, part_type in enumerate(SERIAL_TYPES):
        digest.update(draw_serial(1000 + number, part_type).picture.tobytes())
    assert digest.hexdigest() == DIGEST_OF_DRAWING[SERIAL_DRAWING], (
        "the drawing changed: count SERIAL_DRAWING up, train again, and write the new digest down"
    )


def test_the_two_types_of_a_pair_differ_in_one_digit_and_all_twelve_are_different() -> None:
    assert len(set(SERIAL_TYPES)) == 12
    for name in SERIAL_TYPES:
        assert twin_of(twin_of(name)) == name
        assert sum(one != other for one, other in zip(name, twin_of(name), strict=True)) == 1


def test_two_types_of_one_seed_are_one_plate_with_two_numbers() -> None:
    for seed in range(6):
        one, other = (draw_serial(seed, name) for name in ("D0CW-51300", "D0CW-51301"))
        # Blur carries a number by up to 14 px out of its box.
        left, right = min(one.box.left, other.box.left) - 16, max(one.box.right, other.box.right) + 16
        top, bottom = min(one.box.top, other.box.top) - 16, max(one.box.bottom, other.box.bottom) + 16
        changed = np.argwhere(one.picture != other.picture)
        assert len(changed)
        assert top <= changed[:, 0].min() <= changed[:, 0].max() < bottom
        assert left <= changed[:, 1].min() <= changed[:, 1].max() < right
        # Only the last digit: the right half of the number.
        assert changed[:, 1].min() > (one.box.left + one.box.right) / 2


def test_two_draws_of_one_part_are_equal_and_of_two_seeds_are_not() -> None:
    one, again, other = (draw_serial(seed, SERIAL_TYPES[3]) for seed in (5, 5, 6))
    assert np.array_equal(one.picture, again.picture)
    assert one.box == again.box
    assert not np.array_equal(one.picture, other.picture)


def test_the_products_crop_rule_finds_the_plate_and_the_number_lies_on_it() -> None:
    crop = load_product("part-identity").crop
    for seed in range(20):
        drawn = draw_serial(700 + seed, SERIAL_TYPES[seed % 12])
        found = find_part(drawn.picture, crop)
        assert found.problem is None
        assert found.box is not None
        assert found.box.y_px <= drawn.box.top < drawn.box.bottom <= found.box.y_px + found.box.height_px
        assert found.box.x_px <= drawn.box.left < drawn.box.right <= found.box.x_px + found.box.width_px
        assert min(found.box.height_px, found.box.width_px) > 320
        assert drawn.picture[:12].max() <= crop.background_max


def test_a_number_stands_out_from_the_plate_around_it() -> None:
    for seed in range(12):
        part_type = SERIAL_TYPES[seed]
        plain, other = (
            draw_serial(800 + seed, name).picture.astype(np.int32) for name in (part_type, twin_of(part_type))
        )
        change = np.abs(plain - other)
        assert np.sort(change.ravel())[-200:].mean() > 12


def test_numbers_differ_in_tone_size_and_place() -> None:
    boxes = [draw_serial(seed, SERIAL_TYPES[0]).box for seed in range(12)]
    assert np.ptp([box.left for box in boxes]) > 15
    assert np.ptp([box.bottom - box.top for box in boxes]) > 15


def test_every_character_of_every_type_has_strokes_within_its_cell() -> None:
    for character in sorted({character for name in SERIAL_TYPES for character in name} | set("0123456789")):
        for stroke in strokes_of(character):
            assert stroke.min() >= -1e-3
            assert stroke[:, 0].max() <= 1.001
            assert stroke[:, 1].max() <= GLYPH_WIDTH + 1e-3
            assert np.abs(np.diff(stroke, axis=0)).max(axis=1).min() > 1e-3, "a stroke stands still"
    with pytest.raises(ValueError, match="'Q'"):
        strokes_of("Q")


@given(
    st.tuples(st.sampled_from(SPLITS), st.integers(0, SERIAL_DATASETS - 1), st.integers(0, PARTS_A_DATASET - 1)),
    st.tuples(st.sampled_from(SPLITS), st.integers(0, SERIAL_DATASETS - 1), st.integers(0, PARTS_A_DATASET - 1)),
)
def test_seeds_of_stamped_parts_meet_no_other_drawing(one: tuple[str, int, int], other: tuple[str, int, int]) -> None:
    assert (serial_part_seed(*one) == serial_part_seed(*other)) == (one == other)
    last_of_the_others = dataset_part_seed(SPLITS[-1], DATASETS - 1, PARTS_A_DATASET - 1)
    assert last_of_the_others < serial_part_seed(*one) < CELL_SEEDS_FROM


@pytest.mark.parametrize(
    "bad", [("holdout", 0, 0), ("train", SERIAL_DATASETS, 0), ("train", -1, 0), ("val", 0, PARTS_A_DATASET)]
)
def test_a_stamped_part_out_of_range_has_no_seed(bad: tuple[str, int, int]) -> None:
    with pytest.raises(ValueError, match=r"found|unknown"):
        serial_part_seed(*bad)


@pytest.mark.parametrize(("seed", "part_type", "named"), [(1, "D0CW-51302", "51302"), (-1, "D0CW-51300", "-1")])
def test_what_cannot_be_drawn_is_refused_by_name(seed: int, part_type: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        draw_serial(seed, part_type)
