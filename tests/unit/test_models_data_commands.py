"""`data manifest`, `data audit` and `data patches` as a quality engineer runs them."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.make.command import run
from models.make.data.new_manifest import make_manifest
from models.make.data.patching import cut_patches
from models.make.manifest import DataError, read_manifest
from models.make.pictures import read_grey
from models.make.product import Product, load_product
from tests.unit.models_data import Entry, grain, read_lines, write_set


def picture(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


def folder_per_class(root: Path) -> Path:
    """Two classes, four parts of two pictures each, masks in three places, a file that is no picture."""
    for class_name in ("ok", "crack"):
        for part in range(2):
            pixels = grain(10 * part + (class_name == "ok"))
            picture(root / "set" / class_name / f"p{part}_a.jpg", pixels)
            picture(root / "set" / class_name / f"p{part}_b.jpg", np.ascontiguousarray(pixels[::-1]))
    picture(root / "set" / "crack" / "p0_a.png", np.full((96, 80), 255, np.uint8))
    picture(root / "set" / "crack" / "masks" / "p0_b.png", np.zeros((96, 80), np.uint8))
    (root / "set" / "crack" / "p1_a.poly.txt").write_text("0 0 0 1 0 1 1", encoding="utf-8")
    (root / "set" / "crack" / "p2_a.jpg").write_bytes(b"torn")
    (root / "set" / "crack" / "notes.md").write_text("notes", encoding="utf-8")
    return root


def test_a_folder_a_class_becomes_a_manifest_with_masks_and_parts_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder_per_class(tmp_path)
    order = ["data", "manifest", "--data", str(tmp_path), "--set", "set", "--labels-sound", "ok"]
    assert run([*order, "--group-by", r"^(p\d+)_"]) == 0
    lines = {line["path"]: line for line in read_lines(tmp_path / "manifest.csv")}
    assert len(lines) == 8
    assert {path: line["mask"] for path, line in lines.items() if line["mask"]} == {
        "set/crack/p0_a.jpg": "set/crack/p0_a.png",
        "set/crack/p0_b.jpg": "set/crack/masks/p0_b.png",
        "set/crack/p1_a.jpg": "set/crack/p1_a.poly.txt",
    }
    assert lines["set/ok/p1_b.jpg"]["group"] == "p1"
    assert lines["set/ok/p1_b.jpg"]["label"] == "ok"
    assert (lines["set/crack/p0_b.jpg"]["width"], lines["set/crack/p0_b.jpg"]["height"]) == ("80", "96")
    assert lines["set/crack/p0_b.jpg"]["flags"] == "empty_mask"
    out = capsys.readouterr().out
    assert "8 pictures of 2 parts (from the file names), 3 with masks" in out
    assert "left out: set/crack/p2_a.jpg: expected a picture" in out
    assert run(order) == 2
    assert "expected no set 'set' yet" in capsys.readouterr().err


def test_without_a_pattern_parts_are_estimated_from_what_looks_alike_and_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder_per_class(tmp_path)
    assert run(["data", "manifest", "--data", str(tmp_path), "--set", "set"]) == 0
    lines = read_lines(tmp_path / "manifest.csv")
    groups = {line["path"]: line["group"] for line in lines}
    assert len(set(groups.values())) == 4
    assert all(groups[path] == groups[path.replace("_a", "_b")] for path in groups)
    assert all("group_estimated" in line["flags"] for line in lines)
    assert "estimated by likeness" in capsys.readouterr().out


def test_other_sets_stay_and_a_set_is_replaced_by_name(tmp_path: Path) -> None:
    write_set(tmp_path, [Entry("a.png", grain(1))], "other")
    folder_per_class(tmp_path)
    make_manifest(tmp_path, "set", "p.", threads=1)
    (tmp_path / "set" / "crack" / "p1_b.jpg").unlink()
    made = make_manifest(tmp_path, "set", "p.", threads=1, replace_set=True)
    assert made.backup is not None
    assert len(read_manifest(tmp_path, "other")) == 1
    assert len(read_manifest(tmp_path, "set")) == 7


@pytest.mark.parametrize(
    ("pattern", "sound", "said"),
    [
        ("(", (), "expected a regular expression"),
        (r"^q", (), r"expected a part's name that '\^q' finds in 'p0_a.jpg'"),
        ("p", ("good",), "expected the sound class 'good' among its folders"),
    ],
)
def test_a_manifest_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, pattern: str, sound: tuple[str, ...], said: str
) -> None:
    folder_per_class(tmp_path)
    with pytest.raises(DataError, match=said):
        make_manifest(tmp_path, "set", pattern, sound, threads=1)
    assert not (tmp_path / "manifest.csv").exists()


def test_a_folder_without_pictures_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected pictures"):
        make_manifest(tmp_path, "set", threads=1)


def test_the_audit_ends_with_1_on_a_leak_and_writes_page_and_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = [Entry(f"{n}.png", grain(n), split=split) for n, split in enumerate(("train", "val", "test"))]
    write_set(tmp_path, good)
    order = ["data", "audit", "--data", str(tmp_path), "--threads", "1"]
    assert run(order) == 0
    write_set(tmp_path, [*good, Entry("copy.png", np.ascontiguousarray(grain(0)[:, ::-1]), split="test")])
    page, values = tmp_path / "out" / "a.html", tmp_path / "out" / "a.json"
    assert run([*order, "--set", "drawn", "--html", str(page), "--json", str(values)]) == 1
    out = capsys.readouterr().out
    assert "LEAK    1 × a copy (turned, mirrored, shifted, other light) in two splits" in out
    assert "0.png (train) and copy.png (test)" in out
    assert "NOT GOOD" in out
    assert page.read_text(encoding="utf-8").count("data:image") == 2
    assert json.loads(values.read_text(encoding="utf-8"))["found"]["copy_in_two_splits"] == 1
    assert run([*order, "--set", "unknown"]) == 2
    assert "found none" in capsys.readouterr().err


def small_product() -> Product:
    text = load_product("commutator").model_dump_json()
    text = (
        text.replace('"patch_px":128', '"patch_px":32').replace("kolektor_sdd", "drawn").replace("polygons", "binary")
    )
    return Product.model_validate_json(text.replace('"ok":"defect-free"', '"good":"defect-free"'))


def set_with_masks(folder: Path) -> Path:
    mask = np.zeros((96, 80), np.uint8)
    mask[10:20, 10:20], mask[95, 79] = 255, 255
    entries = [
        Entry("a.png", grain(1), part="one"),
        Entry("b.png", grain(2), "crack", "val", "two", mask),
        Entry("c.png", grain(3, 20, 20), "good", "val", "three"),
    ]
    return write_set(folder, entries)


def test_patches_lie_by_split_and_label_and_the_list_tells_where_they_come_from(tmp_path: Path) -> None:
    folder = set_with_masks(tmp_path / "data")
    cut = cut_patches(folder, small_product(), tmp_path / "out")
    assert cut.without == ("c.png",)
    lines = read_lines(tmp_path / "out" / "patches.csv")
    assert Counter((line["picture"], line["label"]) for line in lines) == {
        ("a.png", "defect-free"): 9,
        ("b.png", "defect-free"): 7,
        ("b.png", "crack"): 1,
        ("b.png", "ambiguous"): 1,
    }
    (crack,) = (line for line in lines if line["label"] == "crack")
    assert (crack["part"], crack["y_px"], crack["x_px"], crack["mask_px"]) == ("two", "0", "0", "100")
    assert crack["patch"].startswith("val/crack/b-")
    window = read_grey(tmp_path / "out" / crack["patch"])
    assert (window == read_grey(folder / "b.png")[:32, :32]).all()


def test_cutting_goes_on_where_it_stopped_and_begins_a_torn_picture_anew(tmp_path: Path) -> None:
    folder, out = set_with_masks(tmp_path / "data"), tmp_path / "out"
    cut_patches(folder, small_product(), out)
    whole = (out / "patches.csv").read_text(encoding="utf-8")
    lines = whole.splitlines(keepends=True)
    (out / "patches.csv").unlink()
    (out / "patches.partial.csv").write_text("".join(lines[1:13]) + lines[13][:20], encoding="utf-8")
    shutil.rmtree(out / "val")
    cut = cut_patches(folder, small_product(), out)
    assert cut.done_before == 1
    assert (out / "patches.csv").read_text(encoding="utf-8") == whole
    assert all((out / line["patch"]).exists() for line in csv.DictReader(whole.splitlines()))
    assert cut_patches(folder, small_product(), out).done_before == 2


def test_patches_of_another_order_are_not_mixed(tmp_path: Path) -> None:
    folder, out = set_with_masks(tmp_path / "data"), tmp_path / "out"
    cut_patches(folder, small_product(), out)
    with pytest.raises(DataError, match="patches of this product and data, found other ones"):
        cut_patches(folder, small_product().model_copy(update={"min_mask_px": 1}), out)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_bytes(b"")
    with pytest.raises(DataError, match="expected an empty folder"):
        cut_patches(folder, small_product(), tmp_path / "full")


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    folder = set_with_masks(tmp_path / "data")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="the same command goes on from there"):
        cut_patches(folder, small_product(), tmp_path / "file" / "out")
