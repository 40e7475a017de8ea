"""A drawn data set of stamped numbers: unbalanced as in the study, split by part, wrong labels only where asked for."""

import csv
import hashlib
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.cell.drawing.dataset_plan import DatasetError
from drivers.cell.drawing.dataset_serials import (
    MOST_SERIALS,
    SERIAL_SET_NAME,
    STUDY_PICTURES,
    plan_serials,
    serial_counts,
    write_serials,
)
from drivers.cell.drawing.serials import SERIAL_TYPES, draw_serial, twin_of
from models.make.manifest import audit, read_manifest
from models.make.pictures import load_picture
from models.make.product import load_product
from station.cli.model_draw import SERIAL_PARTS

PARTS = 36


def rows_of(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_folder_holds_one_picture_a_part_as_the_manifest_says_and_the_product_reads_it(tmp_path: Path) -> None:
    written = write_serials(tmp_path, 2, PARTS)
    rows = rows_of(written.manifest)
    assert (written.parts, written.drawn, len(rows)) == (PARTS, PARTS, PARTS)
    assert 0.7 * 0.6 * 512 * 512 * PARTS < written.picture_bytes < 0.6 * 512 * 512 * PARTS
    assert {(row["class"], row["split"]) for row in rows} == {
        (name, split) for name in SERIAL_TYPES for split in ("train", "val", "test")
    }
    for row in rows:
        content = (tmp_path / row["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        assert (row["set"], row["label"], row["mask"]) == (SERIAL_SET_NAME, "ok", "")
    picture = cv2.imread(str(tmp_path / rows[7]["path"]), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture.shape == (int(rows[7]["height"]), int(rows[7]["width"]))
    seed = int(rows[7]["group"].removeprefix("part"))
    assert np.array_equal(picture, draw_serial(seed, rows[7]["class"]).picture)
    product = load_product("part-identity")
    read = read_manifest(tmp_path, product.set_name)
    assert audit(read).parts == {"train": 12, "val": 12, "test": 12}
    loaded = load_picture(tmp_path, read[7], product)
    assert (loaded.pixels.shape, product.labels[loaded.label_index]) == ((128, 128), rows[7]["class"])
    assert loaded.pixels.mean() > 40
    (tmp_path / rows[7]["path"]).unlink()
    again = write_serials(tmp_path, 2, PARTS)
    assert again.drawn == 1
    assert rows_of(again.manifest) == rows
    assert not list(tmp_path.rglob("*.part"))


def test_the_product_tells_the_types_that_are_drawn_and_never_mirrors_them() -> None:
    product = load_product("part-identity")
    assert product.labels == SERIAL_TYPES
    assert product.kind == "identity"
    assert not product.training.flip
    assert "flip" not in product.training.balance.geometric


def test_shares_are_those_of_the_study_at_its_size_and_about_them_at_every_other() -> None:
    assert serial_counts(SERIAL_PARTS) == STUDY_PICTURES
    assert sum(count < 50 for count in STUDY_PICTURES.values()) == 6
    for parts in (*range(36, 420, 7), 1000, 5000, MOST_SERIALS):
        counts = serial_counts(parts)
        assert sum(counts.values()) == parts
        assert min(counts.values()) >= 3
    large = serial_counts(10 * SERIAL_PARTS)
    assert large == {name: 10 * count for name, count in STUDY_PICTURES.items()}


def test_a_plan_has_every_type_in_every_split_and_disjoint_seeds() -> None:
    plan = plan_serials(1, SERIAL_PARTS)
    assert len({part.seed for part in plan}) == len(plan) == SERIAL_PARTS
    assert all(part.filed_as == (part.part_type,) for part in plan)
    by_split = Counter((part.part_type, part.split) for part in plan)
    assert by_split["D0CW-51300", "train"] == 312
    assert by_split["D0CW-51300", "val"] == by_split["D0CW-51300", "test"] == 104
    assert by_split["D0CV-59260", "test"] == 3
    assert not {part.seed for part in plan} & {part.seed for part in plan_serials(2, SERIAL_PARTS)}
    assert {part.seed for part in plan_serials(1, 100)} < {part.seed for part in plan}


def test_wrong_labels_are_the_twins_in_train_alone_and_half_of_them_stand_beside_the_right_one() -> None:
    plan = plan_serials(1, SERIAL_PARTS, 0.1)
    wrong = [part for part in plan if part.filed_as != (part.part_type,)]
    in_train = sum(part.split == "train" for part in plan)
    assert 0.06 * in_train < len(wrong) < 0.14 * in_train
    assert {part.split for part in wrong} == {"train"}
    twice = [part for part in wrong if len(part.filed_as) == 2]
    assert abs(2 * len(twice) - len(wrong)) <= 1
    for part in wrong:
        assert part.filed_as in {(twin_of(part.part_type),), (part.part_type, twin_of(part.part_type))}


def test_wrongly_labelled_pictures_lie_under_the_wrong_type_and_the_flags_tell_what_they_show(tmp_path: Path) -> None:
    written = write_serials(tmp_path, 2, PARTS, wrong_share=0.5)
    rows = rows_of(written.manifest)
    wrong = [row for row in rows if "shows_" in row["flags"]]
    assert wrong
    for row in wrong:
        shown = row["flags"].split("shows_")[1]
        assert row["class"] == twin_of(shown)
        assert f"/{row['class']}/" in row["path"]
        picture = cv2.imread(str(tmp_path / row["path"]), cv2.IMREAD_UNCHANGED)
        assert picture is not None
        assert np.array_equal(picture, draw_serial(int(row["group"].removeprefix("part")), shown).picture)
    labels: dict[str, set[str]] = {}
    for row in rows:
        labels.setdefault(row["sha256"], set()).add(row["class"])
    assert sum(len(names) == 2 for names in labels.values()) == len(rows) - PARTS > 0


@pytest.mark.parametrize(
    ("seed", "parts", "share", "named"),
    [
        (-1, 40, 0.0, "-1"),
        (300, 40, 0.0, "300"),
        (0, 35, 0.0, "found 35"),
        (0, 20_001, 0.0, "20001"),
        (0, 40, 1.5, "1.5"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_name(seed: int, parts: int, share: float, named: str) -> None:
    with pytest.raises(DatasetError, match=named):
        plan_serials(seed, parts, share)


def test_too_large_a_data_set_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"limit of 0\.0 GB"):
        write_serials(tmp_path, 0, 40, limit_bytes=1_000_000)
    assert not list(tmp_path.iterdir())
