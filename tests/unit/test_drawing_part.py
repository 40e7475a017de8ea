"""Drawn parts: repeatable, the right size, and with defects that a trained person sees where the station looks."""

import hashlib

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.cell.drawing.part import DRAWING, HEIGHT_PX, LABELS, WIDTHS_PX, draw_part

DEFECTS = LABELS[1:]
CATEGORIES = range(len(WIDTHS_PX))
DIGEST_OF_DRAWING = {1: "8484cc2ec5677af861c3bd9e2e7c65c5bd892f7e99e7692e2cd3b3678d1882e3"}
FAINTEST_COUNTS = 8.0


def resized(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (512, 2048), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def test_the_same_seed_gives_the_bytes_that_are_written_down_here() -> None:
    digest = hashlib.sha256()
    for number, label in enumerate(LABELS):
        part = draw_part(1000 + number, label, number)
        digest.update(part.picture.tobytes() + part.mask.tobytes())
    assert digest.hexdigest() == DIGEST_OF_DRAWING[DRAWING], (
        "the drawing changed: count DRAWING up, train again, and write the new digest down"
    )


def test_two_draws_of_one_part_are_equal_and_of_two_seeds_are_not() -> None:
    one, again, other = (draw_part(seed, "scratches", 0) for seed in (5, 5, 6))
    assert np.array_equal(one.picture, again.picture)
    assert np.array_equal(one.mask, again.mask)
    assert not np.array_equal(one.picture, other.picture)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("category", CATEGORIES)
def test_picture_and_mask_have_the_categorys_size_and_the_mask_only_the_labels_index(label: str, category: int) -> None:
    part = draw_part(50 + category, label, category)
    assert part.picture.shape == part.mask.shape == (HEIGHT_PX, WIDTHS_PX[category])
    assert part.picture.dtype == part.mask.dtype == np.uint8
    assert (part.label, part.size_category) == (label, category)
    expected = [0] if label == LABELS[0] else [0, LABELS.index(label)]
    assert np.unique(part.mask).tolist() == expected


@pytest.mark.parametrize("label", DEFECTS)
def test_a_defect_takes_less_than_one_percent_and_keeps_clear_of_the_border(label: str) -> None:
    for seed in range(12):
        mask = draw_part(200 + seed, label, seed % len(WIDTHS_PX)).mask > 0
        assert 0 < mask.mean() < 0.01
        mask[8:-8, 8:-8] = False
        assert not mask.any()


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_part_stands_out_from_a_black_background_at_every_row_and_column(category: int) -> None:
    for label in (LABELS[0], DEFECTS[category % 4]):
        picture = draw_part(300 + category, label, category).picture
        profiles = np.concatenate([picture.mean(axis=0), picture.mean(axis=1)])
        assert profiles.min() >= 60
        assert profiles.max() <= 220
        assert picture.min() >= 30
        assert picture.max() <= 235


def test_lighting_falls_off_and_texture_runs_down_the_rows() -> None:
    picture = draw_part(7, LABELS[0], 3).picture.astype(np.float64)
    fine = picture - cv2.blur(picture, (31, 31))
    down = np.abs(np.diff(fine, axis=0)).mean()
    across = np.abs(np.diff(fine, axis=1)).mean()
    assert across > 1.5 * down
    assert np.ptp(cv2.blur(picture, (101, 101))) > 5


def test_parts_differ_in_exposure() -> None:
    means = [draw_part(seed, LABELS[0], 0).picture.mean() for seed in range(8)]
    assert np.ptp(means) > 6


@pytest.mark.parametrize("label", DEFECTS)
def test_a_defective_part_is_the_sound_part_of_its_seed_but_for_the_defect(label: str) -> None:
    sound, bad = draw_part(11, LABELS[0], 1), draw_part(11, label, 1)
    near = cv2.dilate((bad.mask > 0).astype(np.uint8), np.ones((61, 61), np.uint8)) > 0
    assert np.array_equal(sound.picture[~near], bad.picture[~near])
    assert not np.array_equal(sound.picture[near], bad.picture[near])


@pytest.mark.parametrize("label", DEFECTS)
def test_a_defect_stays_visible_after_the_resize_to_2048_by_512(label: str) -> None:
    for category in CATEGORIES:
        seed = 400 + category
        sound, bad = draw_part(seed, LABELS[0], category), draw_part(seed, label, category)
        before, after = resized(sound.picture).astype(np.int32), resized(bad.picture).astype(np.int32)
        mask = resized(np.where(bad.mask > 0, 255, 0).astype(np.uint8)) > 127
        assert np.count_nonzero(mask) >= 10
        difference = np.abs(after - before)[mask].mean()
        assert difference >= FAINTEST_COUNTS, f"seed {seed}, category {category}: {difference:.1f} counts"


def test_contrast_varies_from_faint_to_clear() -> None:
    means: list[float] = []
    for seed in range(16):
        sound, bad = draw_part(seed, LABELS[0], 0), draw_part(seed, "scratches", 0)
        change = np.abs(bad.picture.astype(np.int32) - sound.picture.astype(np.int32))
        means.append(float(change[bad.mask > 0].mean()))
    assert max(means) > 2 * min(means)


def test_roll_marks_repeat_down_the_turn() -> None:
    for seed in range(4):
        mask = (draw_part(seed, "roll-marks", 0).mask > 0).astype(np.uint8)
        bands = cv2.connectedComponentsWithStats(mask, connectivity=8)[0] - 1
        assert bands >= 4


@pytest.mark.parametrize(
    ("seed", "label", "category", "named"),
    [(1, "rust", 0, "rust"), (1, "pits", 6, "6"), (1, "pits", -1, "-1"), (-1, "pits", 0, "-1")],
)
def test_what_cannot_be_drawn_is_refused_by_name(seed: int, label: str, category: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        draw_part(seed, label, category)
