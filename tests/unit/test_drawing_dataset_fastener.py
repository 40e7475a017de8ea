"""A drawn data set of fasteners: two sets in one folder, every picture with the class that it shows, splits by part."""

import csv
import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.cell.drawing.dataset_fastener import (
    HEAD_SET_NAME,
    SHANK_SET_NAME,
    expected_fastener_bytes,
    plan_fasteners,
    write_fastener_dataset,
)
from drivers.cell.drawing.dataset_files import MANIFEST_COLUMNS, Written
from drivers.cell.drawing.dataset_plan import DatasetError
from drivers.cell.drawing.fastener import FASTENER_LABELS
from models.make.manifest import audit, read_manifest
from models.make.product import load_product

PARTS = 5


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Written]:
    folder = tmp_path_factory.mktemp("fasteners")
    return folder, write_fastener_dataset(folder, 3, PARTS, sound_share=0.2)


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_folder_holds_five_pictures_a_part_as_the_manifest_says(data: tuple[Path, Written]) -> None:
    folder, written = data
    rows = rows_of(folder)
    assert (written.parts, written.drawn, len(rows)) == (PARTS, PARTS, 5 * PARTS)
    assert tuple(rows[0]) == MANIFEST_COLUMNS
    assert [row["set"] for row in rows[:5]] == [SHANK_SET_NAME] + [HEAD_SET_NAME] * 4
    assert len({row["group"] for row in rows}) == PARTS
    for row in rows:
        content = (folder / row["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        picture = cv2.imread(str(folder / row["path"]), cv2.IMREAD_UNCHANGED)
        assert picture is not None
        assert picture.shape == (int(row["height"]), int(row["width"]))
    assert written.picture_bytes < expected_fastener_bytes(plan_fasteners(3, PARTS, 0.2))
    assert not list(folder.rglob("*.part"))


def test_a_picture_has_its_parts_class_only_where_its_mask_shows_the_defect(data: tuple[Path, Written]) -> None:
    folder, _ = data
    shown: dict[str, set[str]] = {}
    for row in rows_of(folder):
        shown.setdefault(row["group"], set()).add(row["class"])
        assert (row["class"] == FASTENER_LABELS[0]) == (row["mask"] == "") == (row["label"] == "ok")
        if row["mask"]:
            mask = cv2.imread(str(folder / row["mask"]), cv2.IMREAD_UNCHANGED)
            assert mask is not None
            assert np.unique(mask).tolist() == [0, FASTENER_LABELS.index(row["class"])]
    for part in plan_fasteners(3, PARTS, 0.2):
        seen = shown[f"part{part.seed:09d}"]
        assert part.label in seen
        assert seen <= {FASTENER_LABELS[0], part.label}


def test_both_products_read_their_set_from_the_folder_and_no_part_lies_in_two_splits(
    data: tuple[Path, Written],
) -> None:
    folder, _ = data
    for name, pictures in (("fastener-shank", PARTS), ("fastener-head", 4 * PARTS)):
        rows = read_manifest(folder, load_product(name).set_name)
        assert len(rows) == pictures
        assert audit(rows).parts == {"train": 3, "val": 1, "test": 1}


def test_a_part_whose_shank_is_missing_is_drawn_again_and_the_manifest_is_the_same(
    data: tuple[Path, Written],
) -> None:
    folder, written = data
    manifest = written.manifest.read_text()
    (folder / next(row["path"] for row in rows_of(folder) if row["set"] == SHANK_SET_NAME)).unlink()
    again = write_fastener_dataset(folder, 3, PARTS, sound_share=0.2)
    assert again.drawn == 1
    assert again.manifest.read_text() == manifest


def test_too_large_a_data_set_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"limit of 0\.0 GB"):
        write_fastener_dataset(tmp_path, 0, 5, limit_bytes=1_000_000)
    assert not list(tmp_path.iterdir())
