"""Drawn fasteners: repeatable, dark as under ultraviolet light, and a defect is in sight in at least one picture."""

import hashlib

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.cell.drawing.dice import Dice
from drivers.cell.drawing.fastener import (
    FASTENER_DRAWING,
    FASTENER_HEAD_MAX,
    FASTENER_LABELS,
    FASTENER_SHANK_MAX,
    FASTENER_VIEWS,
    HEAD_EDGES_PX,
    SHANK_HEIGHT_PX,
    SHANK_WIDTHS_PX,
    DrawnFastener,
    draw_fastener,
)
from drivers.cell.drawing.fastener_places import HEAD_RESIZED_PX, SHANK_RESIZED_PX
from drivers.cell.drawing.harmless import lay_harmless
from models.crop import find_part
from models.make.evaluation import framed
from models.make.product import load_product
from models.spec import FixedGeometry

DEFECTS = FASTENER_LABELS[1:]
CATEGORIES = range(len(SHANK_WIDTHS_PX))
GLOWING = ("crack", "lap")
DIGEST_OF_DRAWING = {1: "93f42d5aab81e9aea8a15e7408386471e8120f3b14092e1869571d594eed5bf5"}
BACKGROUND_MOST = 6
FAINTEST_COUNTS = 4.0


def pictures_of(part: DrawnFastener) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    return [(part.shank, part.shank_mask), *zip(part.heads, part.head_masks, strict=True)]


def resized(picture: NDArray[np.uint8], head: bool) -> NDArray[np.uint8]:
    size = (512, 512) if head else (512, 1024)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def test_the_same_seed_gives_the_bytes_that_are_written_down_here() -> None:
    digest = hashlib.sha256()
    for number, label in enumerate(FASTENER_LABELS):
        for picture, mask in pictures_of(draw_fastener(1000 + number, label, number % len(SHANK_WIDTHS_PX))):
            digest.update(picture.tobytes() + mask.tobytes())
    assert digest.hexdigest() == DIGEST_OF_DRAWING[FASTENER_DRAWING], (
        "the drawing changed: count FASTENER_DRAWING up, train again, and write the new digest down"
    )


def test_two_draws_of_one_fastener_are_equal_and_of_two_seeds_are_not() -> None:
    one, again, other = (draw_fastener(seed, "crack", 0) for seed in (5, 5, 6))
    for (picture, mask), (same, same_mask), (different, _) in zip(
        pictures_of(one), pictures_of(again), pictures_of(other), strict=True
    ):
        assert np.array_equal(picture, same)
        assert np.array_equal(mask, same_mask)
        assert not np.array_equal(picture, different)


@pytest.mark.parametrize("label", FASTENER_LABELS)
@pytest.mark.parametrize("category", CATEGORIES)
def test_pictures_and_masks_have_the_categorys_size_and_masks_only_the_labels_index(label: str, category: int) -> None:
    part = draw_fastener(50 + category, label, category)
    assert part.shank.shape == (SHANK_HEIGHT_PX, SHANK_WIDTHS_PX[category])
    assert part.shank.shape <= FASTENER_SHANK_MAX
    assert [head.shape for head in part.heads] == [(HEAD_EDGES_PX[category],) * 2] * FASTENER_VIEWS
    assert max(HEAD_EDGES_PX) == max(FASTENER_HEAD_MAX)
    assert (part.label, part.category) == (label, category)
    values = {int(value) for _, mask in pictures_of(part) for value in np.unique(mask)}
    assert values == ({0} if label == FASTENER_LABELS[0] else {0, FASTENER_LABELS.index(label)})
    assert {picture.dtype for picture, _ in pictures_of(part)} == {np.dtype(np.uint8)}


def test_a_defect_is_on_the_shank_or_on_the_head_or_on_both() -> None:
    found: set[tuple[bool, bool]] = set()
    for seed in range(14):
        part = draw_fastener(seed, DEFECTS[seed % len(DEFECTS)], 0)
        found.add((bool(part.shank_mask.any()), any(bool(mask.any()) for mask in part.head_masks)))
    assert found == {(True, False), (False, True), (True, True)}


def test_a_shank_stands_out_from_the_background_at_every_row_and_column() -> None:
    for category in CATEGORIES:
        picture = draw_fastener(300 + category, FASTENER_LABELS[0], category).shank
        profiles = np.concatenate([picture.mean(axis=0), picture.mean(axis=1)])
        assert profiles.min() > 10
        assert profiles.max() < 80
        assert 15 < np.median(picture) < 40
        assert np.mean(picture <= BACKGROUND_MOST) < 0.001


def test_a_head_lies_on_a_background_as_dark_as_an_empty_picture() -> None:
    for category in CATEGORIES:
        for head in draw_fastener(310 + category, FASTENER_LABELS[0], category).heads:
            corner = head[:90, :90]
            assert corner.max() <= BACKGROUND_MOST
            assert len(np.unique(corner)) > 3
            middle = head.shape[0] // 2
            assert 15 < np.median(head[middle - 300 : middle + 300, middle - 300 : middle + 300]) < 40


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_products_crop_rule_finds_shank_and_heads(category: int) -> None:
    part = draw_fastener(320 + category, DEFECTS[category], category)
    rng = np.random.default_rng(category)
    shank = find_part(framed(part.shank, rng), load_product("fastener-shank").crop)
    assert shank.problem is None
    assert shank.box is not None
    assert (shank.box.height_px, shank.box.width_px) == part.shank.shape
    for head in part.heads:
        found = find_part(framed(head, rng), load_product("fastener-head").crop)
        assert found.problem is None
        assert found.box is not None
        # A hexagon's corner is cut a little, its flats lie within the square.
        assert 0.82 < found.box.height_px / head.shape[0] <= 1.0
        assert 0.82 < found.box.width_px / head.shape[1] <= 1.0


def test_the_four_views_show_one_head_that_turns_under_a_light_that_does_not() -> None:
    heads = draw_fastener(12, FASTENER_LABELS[0], 0).heads
    back = [np.asarray(np.rot90(head, -view), dtype=np.float64) for view, head in enumerate(heads)]
    middle = heads[0].shape[0] // 2
    window = np.s_[middle - 250 : middle + 250, middle - 250 : middle + 250]
    for view in back[1:]:
        fine = [cv2.blur(picture, (5, 5)) - cv2.blur(picture, (61, 61)) for picture in (back[0], view)]
        assert np.corrcoef(fine[0][window].ravel(), fine[1][window].ravel())[0, 1] > 0.6
    for head in heads:
        upper, lower = head[middle - 400 : middle - 200], head[middle + 200 : middle + 400]
        assert upper[:, middle - 200 : middle + 200].mean() > lower[:, middle - 200 : middle + 200].mean()


@pytest.mark.parametrize("label", DEFECTS)
def test_a_defective_fastener_is_the_sound_one_of_its_seed_but_for_the_defect(label: str) -> None:
    sound, bad = draw_fastener(17, FASTENER_LABELS[0], 1), draw_fastener(17, label, 1)
    for (before, _), (after, mask) in zip(pictures_of(sound), pictures_of(bad), strict=True):
        near = cv2.dilate((mask > 0).astype(np.uint8), np.ones((121, 121), np.uint8)) > 0
        assert np.array_equal(before[~near], after[~near])
        assert mask.any() != np.array_equal(before, after)


@pytest.mark.parametrize("label", DEFECTS)
def test_a_defect_stays_visible_after_the_resize_and_only_cracks_and_laps_glow(label: str) -> None:
    for seed in range(400, 405):
        sound, bad = (draw_fastener(seed, kind, seed % 4) for kind in (FASTENER_LABELS[0], label))
        for number, ((before, _), (after, mask)) in enumerate(zip(pictures_of(sound), pictures_of(bad), strict=True)):
            if not mask.any():
                continue
            small = resized(np.where(mask > 0, 255, 0).astype(np.uint8), number > 0) > 127
            change = resized(after, number > 0).astype(np.int32) - resized(before, number > 0)
            assert np.count_nonzero(small) >= 10
            assert np.abs(change)[small].mean() >= FAINTEST_COUNTS, f"seed {seed}, picture {number}"
            # A glow only adds light.
            assert (change[small].min() >= -1) == (label in GLOWING) or label == "scratch"
            if label not in GLOWING:
                assert change.max() < 30


def test_what_is_harmless_glows_on_the_part_and_never_beside_it() -> None:
    brighter: list[float] = []
    for seed in range(6):
        surface = np.ones((600, 600), np.float32)
        surface[:, :200] = 0
        lay_harmless(Dice(seed), surface)
        assert not surface[:, :199].any()
        brighter.append(float(surface.max()))
    assert max(brighter) > 1.5


def test_both_products_have_the_labels_and_the_scale_that_the_drawing_has() -> None:
    for name, size in (("fastener-shank", SHANK_RESIZED_PX), ("fastener-head", HEAD_RESIZED_PX)):
        product = load_product(name)
        assert product.labels == FASTENER_LABELS
        assert isinstance(product.geometry, FixedGeometry)
        assert (product.geometry.height_px, product.geometry.width_px) == size


@pytest.mark.parametrize(
    ("seed", "label", "category", "named"),
    [(1, "rust", 0, "rust"), (1, "lap", 4, "4"), (1, "lap", -1, "-1"), (-1, "lap", 0, "-1")],
)
def test_what_cannot_be_drawn_is_refused_by_name(seed: int, label: str, category: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        draw_fastener(seed, label, category)
