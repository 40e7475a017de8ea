"""A drawn data set: what is in the folder, what the manifest says, and going on after a stop."""

import csv
import hashlib
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from drivers.cell.drawing.dataset import SET_NAME, expected_bytes, plan_dataset, write_dataset
from drivers.cell.drawing.dataset_files import MANIFEST_COLUMNS
from drivers.cell.drawing.dataset_plan import DatasetError
from drivers.cell.drawing.part import LABELS
from drivers.cell.drawing.seeds import CELL_SEEDS_FROM


def rows_of(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(newline="") as file:
        return list(csv.DictReader(file))


def files_of(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in folder.rglob("*.png")}


def test_the_folder_holds_what_the_manifest_says(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    written = write_dataset(tmp_path, 3, 6, progress=lambda done, total: seen.append((done, total)))
    rows = rows_of(written.manifest)
    assert seen == [(number, 6) for number in range(1, 7)]
    assert (written.parts, written.drawn) == (6, 6)
    assert tuple(rows[0]) == MANIFEST_COLUMNS
    assert {row["set"] for row in rows} == {SET_NAME}
    assert len({row["group"] for row in rows}) == len(rows)
    for row in rows:
        content = (tmp_path / row["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        picture = cv2.imread(str(tmp_path / row["path"]), cv2.IMREAD_UNCHANGED)
        assert picture is not None
        assert picture.shape == (int(row["height"]), int(row["width"]))
        assert row["label"] == ("ok" if row["class"] == LABELS[0] else "nok")
        if row["label"] == "ok":
            assert not row["mask"]
            continue
        mask = cv2.imread(str(tmp_path / row["mask"]), cv2.IMREAD_UNCHANGED)
        assert mask is not None
        assert mask.shape == picture.shape
        assert np.unique(mask).tolist() == [0, LABELS.index(row["class"])]
    assert written.picture_bytes == sum((tmp_path / row["path"]).stat().st_size for row in rows)
    assert written.picture_bytes < expected_bytes(plan_dataset(3, 6))
    assert not list(tmp_path.rglob("*.part"))


def test_a_stopped_run_goes_on_where_it_was_and_ends_with_the_same_manifest(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        write_dataset(tmp_path, 0, 4, progress=stop)
    assert not (tmp_path / "manifest.csv").exists()
    before = files_of(tmp_path)
    assert before
    whole = write_dataset(tmp_path, 0, 4)
    assert whole.drawn < whole.parts
    after = files_of(tmp_path)
    assert {name: after[name] for name in before} == before
    manifest = whole.manifest.read_text()
    (tmp_path / rows_of(whole.manifest)[0]["path"]).unlink()
    again = write_dataset(tmp_path, 0, 4)
    assert again.drawn == 1
    assert again.manifest.read_text() == manifest


def test_a_plan_has_every_label_in_every_split_and_disjoint_seeds() -> None:
    plan = plan_dataset(1, 200)
    for split, count in (("train", 120), ("val", 40), ("test", 40)):
        labels = [part.label for part in plan if part.split == split]
        assert len(labels) == count
        assert set(labels) == set(LABELS)
        assert labels.count(LABELS[0]) == round(0.4 * count)
    seeds = {part.seed for part in plan}
    assert len(seeds) == 200
    assert max(seeds) < CELL_SEEDS_FROM
    assert not seeds & {part.seed for part in plan_dataset(2, 200)}
    assert len({part.size_category for part in plan}) == 6


def test_a_larger_plan_begins_with_the_parts_of_a_smaller_one() -> None:
    small, large = plan_dataset(1, 50), plan_dataset(1, 100)
    assert set(small) < set(large)


def test_too_large_a_data_set_is_refused_before_anything_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DatasetError, match=r"limit of 0\.0 GB"):
        write_dataset(tmp_path, 0, 10, limit_bytes=1_000_000)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(DatasetError, match=r"the disk has 0\.0 GB left"):
        write_dataset(tmp_path, 0, 10)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("seed", "parts", "share", "named"),
    [(-1, 10, 0.4, "-1"), (3000, 10, 0.4, "3000"), (0, 2, 0.4, "found 2"), (0, 10, 1.5, "1.5")],
)
def test_a_plan_that_cannot_be_is_refused_by_name(seed: int, parts: int, share: float, named: str) -> None:
    with pytest.raises(DatasetError, match=named):
        plan_dataset(seed, parts, share)
