"""Parts from a folder: manifests, class folders, and files that are no pictures."""

import csv
import hashlib
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.cell.source_labels import SOUND_LABEL
from drivers.cell.sources import ScenePart, SourceError, folder_parts, largest_picture

SENSOR_PX = 100, 80


def write_picture(path: Path, height: int = 20, width: int = 30, *, colour: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (height, width, 3) if colour else (height, width)
    picture = np.random.default_rng(len(path.name)).integers(60, 200, shape).astype(np.uint8)
    assert cv2.imwrite(str(path), picture)
    return path


def write_manifest(folder: Path, rows: list[tuple[str, str, str, str, str]]) -> Path:
    """Rows of set, path, class, label, split; digest and size where the file is there."""
    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["set", "path", "class", "label", "split", "sha256", "group", "width", "height", "mask", "flags"]
        )
        for row in rows:
            path = folder / row[1]
            known = path.is_file()
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if known else "0" * 64
            writer.writerow([*row, digest, "g", 30 if known else "", 20 if known else "", "", ""])
    return manifest


@pytest.fixture
def two_sets(tmp_path: Path) -> Path:
    """Two sets of tiny pictures behind one manifest."""
    rows: list[tuple[str, str, str, str, str]] = []
    for number, split in enumerate(("train", "test", "test", "test")):
        name = f"tiles/MT_Free/{number}.png"
        write_picture(tmp_path / name)
        rows.append(("tile", name, "Free", "ok", split))
    write_picture(tmp_path / "tiles/MT_Crack/9.png")
    rows.append(("tile", "tiles/MT_Crack/9.png", "Crack", "nok", "test"))
    write_picture(tmp_path / "rails/Type-I/1.png")
    rows.append(("rail", "rails/Type-I/1.png", "Type_I", "nok", "test"))
    write_manifest(tmp_path, rows)
    return tmp_path


def only(parts: list[ScenePart]) -> ScenePart:
    (part,) = parts
    return part


def test_a_manifests_split_of_a_set_comes_in_its_order_and_centred(two_sets: Path) -> None:
    parts = folder_parts(two_sets, "tile", "test", *SENSOR_PX)
    assert [part.name for part in parts] == [f"tiles/MT_Free/{n}.png" for n in (1, 2, 3)] + ["tiles/MT_Crack/9.png"]
    assert [part.label for part in parts] == [SOUND_LABEL] * 3 + ["crack"]
    assert [part.defective for part in parts] == [False] * 3 + [True]
    for part in parts:
        assert part.picture is not None
        assert part.picture.shape == (20, 30)
        assert (part.x_px, part.y_px) == (35, 30)


def test_a_sets_own_folder_finds_the_manifest_beside_it(two_sets: Path) -> None:
    assert only(folder_parts(two_sets / "rails", None, None, *SENSOR_PX)).label == "defect"
    assert len(folder_parts(two_sets / "tiles", None, None, *SENSOR_PX)) == 5
    assert len(folder_parts(two_sets / "tiles", "tile", "train", *SENSOR_PX)) == 1


def test_a_limit_is_spread_evenly_over_the_listing(two_sets: Path) -> None:
    parts = folder_parts(two_sets, "tile", None, *SENSOR_PX, limit=2)
    assert [part.name for part in parts] == ["tiles/MT_Free/0.png", "tiles/MT_Free/2.png"]
    assert len(folder_parts(two_sets, "tile", None, *SENSOR_PX, limit=99)) == 5


@pytest.mark.parametrize(
    ("set_name", "split", "said"),
    [
        (None, "test", "several sets, choose one of rail, tile"),
        ("strip", None, "no set 'strip'; there is rail, tile"),
        ("rail", "train", "set 'rail' has no split 'train'; it has test"),
    ],
)
def test_a_set_or_split_that_is_not_there_is_answered_with_what_there_is(
    two_sets: Path, set_name: str | None, split: str, said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        folder_parts(two_sets, set_name, split, *SENSOR_PX)


def test_without_a_manifest_every_subfolder_is_a_class(tmp_path: Path) -> None:
    write_picture(tmp_path / "ok_front" / "b.png")
    write_picture(tmp_path / "MT_Blowhole" / "Imgs" / "a.jpg")
    write_picture(tmp_path / "MT_Blowhole" / "Imgs" / "a.png")
    write_picture(tmp_path / "MT_Blowhole" / "masks" / "a.png")
    (tmp_path / "MT_Blowhole" / ".hidden").write_text("x")
    (tmp_path / "README").write_text("not a class")
    parts = folder_parts(tmp_path, None, None, *SENSOR_PX)
    assert [(part.name, part.label, part.defective) for part in parts] == [
        ("MT_Blowhole/Imgs/a.jpg", "blowhole", True),
        ("ok_front/b.png", SOUND_LABEL, False),
    ]


def test_a_split_cannot_be_had_without_a_manifest(tmp_path: Path) -> None:
    write_picture(tmp_path / "ok" / "b.png")
    with pytest.raises(SourceError, match=r"split 'test' was asked for, but there is no manifest\.csv"):
        folder_parts(tmp_path, None, "test", *SENSOR_PX)


def test_colour_becomes_grey(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "ok" / "c.png", colour=True)
    part = only(folder_parts(tmp_path, None, None, *SENSOR_PX))
    colours = cv2.imread(str(path))
    assert colours is not None
    assert part.picture is not None
    expected = cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY).astype(np.int32)
    assert np.abs(part.picture.astype(np.int32) - expected).max() <= 1


def png_of_size(height: int, width: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + b"\0\0\0\0" + b"\0\0\0\0IEND\xaeB`\x82"


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_a_cut_off_picture_is_a_part_with_a_problem_not_half_a_picture(tmp_path: Path, ending: str) -> None:
    path = write_picture(tmp_path / "ok" / f"whole{ending}", 70, 90)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    part = only(folder_parts(tmp_path, None, None, *SENSOR_PX))
    assert part.picture is None
    assert part.problem is not None
    assert "cut off" in part.problem


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty (0 bytes)"),
        (b"once upon a time", "not a picture"),
        (bytes(range(256)) * 40, "not a picture"),
        (b"\xff\xd8\xff\xe0 no more than the name of a JPEG \xff\xd9", "not a picture"),
        (png_of_size(100_000, 100_000), "decoded"),
        (b"BM" + b"\0" * 60, "decoded"),
    ],
)
def test_a_file_that_is_no_picture_is_a_part_with_a_problem_and_the_rest_goes_on(
    tmp_path: Path, content: bytes, said: str
) -> None:
    write_picture(tmp_path / "ok" / "good.png")
    (tmp_path / "pits").mkdir()
    (tmp_path / "pits" / "bad.png").write_bytes(content)
    good, bad = folder_parts(tmp_path, None, None, *SENSOR_PX)
    assert good.problem is None
    assert (bad.picture, bad.label, bad.defective, bad.name) == (None, "pits", True, "pits/bad.png")
    assert bad.problem is not None
    assert said in bad.problem
    assert "pits/bad.png" in bad.problem
    assert "\n" not in bad.problem


def test_missing_changed_and_too_large_pictures_are_parts_with_a_problem(tmp_path: Path) -> None:
    names = ["missing.png", "changed.png", "large.png", "folder.png", "fits.png"]
    write_picture(tmp_path / "changed.png")
    write_picture(tmp_path / "large.png", 20, 101)
    write_picture(tmp_path / "fits.png", 80, 100)
    write_manifest(tmp_path, [("s", name, "pits", "nok", "test") for name in names])
    write_picture(tmp_path / "changed.png", 21)
    (tmp_path / "folder.png").mkdir()
    parts = {part.name: part for part in folder_parts(tmp_path, None, "test", *SENSOR_PX)}
    assert list(parts) == names
    for name, said in (
        ("missing.png", "is missing"),
        ("changed.png", "sha256 differs"),
        ("large.png", "101×20 px, larger than the sensor of 100×80 px"),
        ("folder.png", "found a folder"),
    ):
        assert parts[name].picture is None
        assert said in (parts[name].problem or "")
    assert (parts["fits.png"].x_px, parts["fits.png"].y_px, parts["fits.png"].problem) == (0, 0, None)


def test_a_folder_that_cannot_be_shown_is_an_error_in_one_sentence(tmp_path: Path) -> None:
    for folder, said in ((tmp_path / "none", "found nothing"), (tmp_path, "found neither")):
        with pytest.raises(SourceError, match=said):
            folder_parts(folder, None, None, *SENSOR_PX)
    (tmp_path / "ok").mkdir()
    with pytest.raises(SourceError, match="none of its 1 subfolders holds a file"):
        folder_parts(tmp_path, None, None, *SENSOR_PX)
    (tmp_path / "ok" / "a.png").write_bytes(b"")
    with pytest.raises(SourceError, match="found a file"):
        folder_parts(tmp_path / "ok" / "a.png", None, None, *SENSOR_PX)
    with pytest.raises(SourceError, match="not one of its files is a picture"):
        largest_picture(tmp_path, None, None)
    with pytest.raises(SourceError, match="the limit is 0"):
        folder_parts(tmp_path, None, None, *SENSOR_PX, limit=0)
    for number in range(1025):
        (tmp_path / "ok" / f"{number}.png").write_bytes(b"")
    with pytest.raises(SourceError, match="1026 pictures, but the cell shows at most 1024"):
        folder_parts(tmp_path, None, None, *SENSOR_PX)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("set,path,class,label\n", "the column 'split' is missing"),
        ("", "the column 'set' is missing"),
        ("set,path,class,label,split\n", "lists no picture"),
        ("set,path,class,label,split\ns,../x.png,pits,nok,test\n", r":2: expected a path below"),
        ("set,path,class,label,split\ns,/etc/x.png,pits,nok,test\n", r":2: expected a path below"),
        ("set,path,class,label,split\ns,x.png,pits,maybe,test\n", r":2: expected the label ok or nok, found 'maybe'"),
        ("set,path,class,label,split\ns\n", r":2: expected a path"),
    ],
)
def test_a_manifest_that_is_none_is_an_error_that_names_it(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(SourceError, match=said):
        folder_parts(tmp_path, None, None, *SENSOR_PX)


def test_a_manifest_that_is_not_text_is_an_error_and_one_of_the_parent_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_bytes(b"\xff\xfe\x00set")
    with pytest.raises(SourceError, match="cannot be read"):
        folder_parts(tmp_path, None, None, *SENSOR_PX)
    write_picture(tmp_path / "mine" / "good" / "1.png")
    assert only(folder_parts(tmp_path / "mine", None, None, *SENSOR_PX)).label == SOUND_LABEL


def test_the_largest_picture_comes_from_the_manifest_or_from_the_files(two_sets: Path, tmp_path: Path) -> None:
    assert largest_picture(two_sets, "tile", "test") == (20, 30)
    own = tmp_path / "own"
    write_picture(own / "ok" / "1.png", 10, 50)
    write_picture(own / "ok" / "2.png", 40, 5)
    (own / "ok" / "3.png").write_bytes(b"")
    assert largest_picture(own, None, None) == (40, 50)
