"""Looks that the training set never has: outside of its ranges, and defects still to be seen in them."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.cell.drawing.dataset import SET_NAME, write_dataset
from drivers.cell.drawing.dataset_plan import DatasetError
from drivers.cell.drawing.looks import LOOK_NAMES, MIXED, STANDARD, UNSEEN, Look, look_of
from drivers.cell.drawing.part import LABELS, WIDTHS_PX, draw_part
from models.crop import find_part
from models.make.product import load_product
from station.cli.model_draw import LOOKS

RANGES = ("exposure_counts", "run_out", "slope", "grain", "glint", "noise_counts")
FAINTEST_COUNTS = 8.0


def resized(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (512, 2048), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def rows_of(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("look", UNSEEN, ids=lambda look: look.name)
def test_a_look_has_a_range_that_lies_wholly_outside_of_the_standard_one(look: Look) -> None:
    apart: list[str] = []
    for name in RANGES:
        (low, high), (least, most) = getattr(look, name), getattr(STANDARD, name)
        assert low < high
        if low > most or high < least:
            apart.append(name)
        else:
            assert (low, high) == (least, most), f"{name} overlaps the standard range without being it"
    assert apart


@pytest.mark.parametrize("look", UNSEEN, ids=lambda look: look.name)
def test_a_look_changes_the_picture_and_leaves_the_defect_where_it_was(look: Look) -> None:
    plain, seen = draw_part(31, "scratches", 0), draw_part(31, "scratches", 0, look)
    assert np.array_equal(plain.mask, seen.mask)
    assert not np.array_equal(plain.picture, seen.picture)


@pytest.mark.parametrize("look", UNSEEN, ids=lambda look: look.name)
def test_a_defect_stays_visible_and_the_part_is_found_in_every_look(look: Look) -> None:
    crop = load_product("mantle").crop
    for number, label in enumerate(LABELS[1:]):
        sound, bad = (draw_part(500 + number, kind, number % 2, look) for kind in (LABELS[0], label))
        before, after = resized(sound.picture).astype(np.float64), resized(bad.picture).astype(np.float64)
        mask = resized(np.where(bad.mask > 0, 255, 0).astype(np.uint8)) > 127
        change = np.abs(after - before)[mask].mean()
        texture = (before - cv2.blur(before, (61, 61))).std()
        assert change >= FAINTEST_COUNTS, f"{label}: {change:.1f} counts"
        assert change >= 1.5 * texture, f"{label}: {change:.1f} counts on a texture of {texture:.1f}"
        frame = np.zeros((bad.picture.shape[0] + 128, bad.picture.shape[1] + 128), np.uint8)
        frame[64:-64, 64:-64] = bad.picture
        found = find_part(frame, crop)
        assert found.problem is None
        assert found.box is not None
        assert (found.box.height_px, found.box.width_px) == bad.picture.shape


def test_mixed_gives_every_unseen_look_to_some_parts_and_always_the_same_one_to_a_part() -> None:
    names = [look_of(MIXED, seed).name for seed in range(120)]
    assert set(names) == {look.name for look in UNSEEN}
    assert names == [look_of(MIXED, seed).name for seed in range(120)]
    assert look_of("standard", 5) is STANDARD


def test_an_unknown_look_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'foggy'"):
        look_of("foggy", 1)


def test_the_command_line_offers_the_looks_that_there_are() -> None:
    assert LOOKS == LOOK_NAMES


def test_the_manifest_names_the_look_and_only_the_asked_split_is_drawn(tmp_path: Path) -> None:
    standard = write_dataset(tmp_path, 4, 5, only_split="test")
    assert [row["flags"].count(";") for row in rows_of(standard.manifest)] == [1]
    mixed = write_dataset(tmp_path, 4, 5, look_name=MIXED, only_split="test")
    (row,) = rows_of(mixed.manifest)
    seed = int(row["group"].removeprefix("part"))
    assert (row["set"], row["split"], mixed.drawn) == (SET_NAME, "test", 1)
    assert row["flags"].endswith(f";look_{look_of(MIXED, seed).name}")
    picture = cv2.imread(str(tmp_path / row["path"]), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    again = draw_part(seed, row["class"], WIDTHS_PX.index(picture.shape[1]), look_of(MIXED, seed))
    assert np.array_equal(picture, again.picture)


def test_a_split_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="'holdout'"):
        write_dataset(tmp_path, 4, 5, only_split="holdout")
