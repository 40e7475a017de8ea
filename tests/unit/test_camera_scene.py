"""The scene file: both sides hold the same table, and the writer keeps its promises."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.producer import scene_header as scene
from drivers.camera.producer.background import BACKGROUND_ROWS, LIVE_COLUMNS, background_rows
from drivers.camera.producer.build import FOLDER
from drivers.camera.producer.scene import SceneError, SceneFaults, SceneWriter

HEADER = (FOLDER / "scene.h").read_text()
C_TYPES = {"uint32_t": np.uint32, "int64_t": np.int64, "int32_t": np.int32, "uint64_t": np.uint64, "double": np.float64}


def c_constant(name: str) -> int:
    found = re.search(rf"#define {name} (\w+)", HEADER)
    assert found, name
    return int(found[1].rstrip("u"), 0)


def test_every_field_lies_where_the_c_side_says() -> None:
    offsets = {name: int(offset) for name, offset in re.findall(r"AT\((\w+), (\d+)\);", HEADER)}
    expected = {name: offset for name, (offset, _) in scene.FIELDS.items()}
    assert offsets == {**expected, "views": scene.VIEWS_OFFSET, "pictures": scene.PICTURES_OFFSET}


def test_every_field_has_the_type_of_the_c_side() -> None:
    body = HEADER[HEADER.index("struct scene {") : HEADER.index("#define AT")]
    types: dict[str, type] = {}
    for c_type, names in re.findall(r"^\s+(\w+_t|double) ([\w, ]+);", body, re.MULTILINE):
        types |= {name.strip(): C_TYPES[c_type] for name in names.split(",")}
    assert {name: types[name] for name in scene.FIELDS} == {name: t for name, (_, t) in scene.FIELDS.items()}


def test_the_constants_agree() -> None:
    assert c_constant("SCENE_MAGIC") == scene.MAGIC
    assert c_constant("SCENE_VERSION") == scene.VERSION
    assert c_constant("SCENE_HEADER_BYTES") == scene.HEADER_BYTES
    assert c_constant("SCENE_MAX_PICTURES") == scene.MAX_PICTURES
    assert c_constant("SCENE_MAX_VIEWS") == scene.MAX_VIEWS
    assert c_constant("SCENE_BACKGROUND_ROWS") == BACKGROUND_ROWS
    assert c_constant("SCENE_LIVE_COLUMNS") == LIVE_COLUMNS
    assert (scene.VIEW_TYPE.itemsize, scene.PICTURE_TYPE.itemsize) == (24, 24)


def test_pictures_lie_in_the_bank_as_they_were_given(tmp_path: Path) -> None:
    writer = SceneWriter(tmp_path / "scene", 64, 32)
    pictures = [np.arange(n * 8, dtype=np.uint8).reshape(n, 8) for n in (3, 5)]
    assert [writer.add_picture(picture, 10, 20) for picture in pictures] == [0, 1]
    content = (tmp_path / "scene").read_bytes()[scene.HEADER_BYTES :]
    assert content == b"".join(picture.tobytes() for picture in pictures)
    writer.close()


def test_a_picture_that_does_not_fit_the_sensor_is_refused(tmp_path: Path) -> None:
    writer = SceneWriter(tmp_path / "scene", 64, 32)
    with pytest.raises(SceneError, match=r"60x32 at \(5, 0\) does not fit the sensor picture of 64x32"):
        writer.add_picture(np.zeros((32, 60), np.uint8), 5, 0)
    with pytest.raises(SceneError, match="no picture 0 in the bank"):
        writer.show(0, 0)
    writer.close()


def test_faults_are_seen_by_the_other_process_and_the_file_goes_with_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "scene"
    writer = SceneWriter(path, 64, 32)
    other = SceneFaults.attach(path)
    other.drop_frames = 3
    assert writer.faults.drop_frames == 3
    other.close()
    writer.close()
    writer.close()
    assert list(tmp_path.iterdir()) == []


def test_attaching_to_what_is_no_scene_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match="start the cell that makes it first"):
        SceneFaults.attach(tmp_path / "none")
    short = tmp_path / "short"
    short.write_bytes(b"x")
    with pytest.raises(SceneError, match="shorter than its header"):
        SceneFaults.attach(short)
    other = tmp_path / "other"
    other.write_bytes(bytes(scene.HEADER_BYTES))
    with pytest.raises(SceneError, match="not a scene file of version 2"):
        SceneFaults.attach(other)


@given(st.integers(0, 255), st.integers(0, 60), st.integers(1, 300))
def test_the_background_stays_within_its_noise(level: int, amplitude: int, width_px: int) -> None:
    rows = background_rows(level, amplitude, width_px)
    assert rows.shape == (BACKGROUND_ROWS, width_px)
    assert rows.min() >= max(0, level - amplitude)
    assert rows.max() <= min(255, level + amplitude)
