"""Reading kept pictures: whole, small, with the map over them; and one sentence for what is torn or gone."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.maps import STRONGEST, Heat
from station.pictures.encoding import PREVIEW_EDGE_PX, encoded, preview, preview_of, preview_shape
from station.pictures.note import with_note
from station.pictures.store import PictureError, PictureStore

UID = 1_785_592_800_000_005
SHAPE = (1500, 2050)
FACTS = {"patches": [[500, 1000, 1, 0.9], [500, 1500, 0, 0.8]], "patch_px": [500, 500]}


def hot() -> Heat:
    """Two patches; in the first, its lower right quarter speaks for class 1."""
    cells = np.zeros((2, 8, 8), np.uint8)
    cells[0, 4:, 4:] = 255
    return Heat(1, cells)


def a_store(
    folder: Path, *, lossless: bool = False, view: str = "head/90", shape: tuple[int, int] = SHAPE, **facts: object
) -> tuple[PictureStore, Path]:
    """One kept picture, and where it lies."""
    pixels = np.full(shape, 90, np.uint8)
    cv2.circle(pixels, (shape[1] // 2, shape[0] // 2), min(shape) // 4, 200, -1)
    note = {"shape": list(shape), "facts": {**FACTS, "heat": hot().packed(), **facts}}
    hour = folder / "2026-08-01" / f"14-{UID - 4}" / "reject" / view.replace("/", "%2F")
    hour.mkdir(parents=True)
    path = hour / f"{UID}.{'png' if lossless else 'jpg'}"
    path.write_bytes(with_note(encoded(pixels, lossless=lossless), note))
    return PictureStore(folder), path


@pytest.mark.parametrize("lossless", [False, True])
def test_a_kept_picture_is_found_whole_and_small(tmp_path: Path, lossless: bool) -> None:
    store, path = a_store(tmp_path, lossless=lossless)
    kept = store.find(UID, "head/90")
    assert kept is not None
    assert (kept.path, kept.kept_class, kept.lossless) == (path, "reject", lossless)
    media = "image/png" if lossless else "image/jpeg"
    assert store.picture(UID, "head/90") == (path.read_bytes(), media)
    assert store.read(kept) == path.read_bytes()
    assert list(store.views(UID)) == ["head/90"]
    small = store.preview(UID, "head/90")
    assert small is not None
    assert small[1] == "image/jpeg"
    picture = cv2.imdecode(np.frombuffer(small[0], np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture.shape == preview_shape(SHAPE) == (749, PREVIEW_EDGE_PX)
    assert (int(picture[374, 512]), int(picture[20, 20])) == (pytest.approx(200, abs=3), pytest.approx(90, abs=3))
    assert store.preview(UID, "head/90") is not None


def test_the_map_is_as_large_as_the_preview_and_transparent_where_nothing_speaks(tmp_path: Path) -> None:
    store, _ = a_store(tmp_path)
    png = store.activation_map(UID, "head/90")
    assert png is not None
    rgba = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert rgba is not None
    assert rgba.shape == (749, 1024, 4)
    shrink = 1024 / 2050
    hottest, cool, outside = ((round(y * shrink), round(x * shrink)) for y, x in ((900, 1400), (600, 1100), (100, 100)))
    assert rgba[hottest][3] == round(255 * STRONGEST)
    assert rgba[cool][3] == rgba[outside][3] == 0
    red, blue = int(rgba[hottest][2]), int(rgba[hottest][0])
    assert red > blue + 30


def test_what_was_not_kept_is_none(tmp_path: Path) -> None:
    assert PictureStore(tmp_path / "none").picture(UID, "a") is None
    store, path = a_store(tmp_path)
    for uid, view in (
        (UID + 1, "head/90"),
        (UID - 100, "head/90"),
        (UID, "other"),
        (UID, "../x"),
        (UID, "x" * 5000),
        (UID, "\0"),
    ):
        assert store.find(uid, view) is None
        assert store.picture(uid, view) is store.preview(uid, view) is store.activation_map(uid, view) is None
    assert store.views(UID + 1) == []
    kept = store.find(UID, "head/90")
    assert kept is not None
    path.unlink()
    assert store.picture(UID, "head/90") is None
    with pytest.raises(PictureError, match="not kept any more"):
        store.read(kept)


def test_a_picture_of_a_network_without_map_has_none(tmp_path: Path) -> None:
    store, _ = a_store(tmp_path, heat=None)
    assert store.activation_map(UID, "head/90") is None
    assert store.note(UID, "head/90") is not None


@pytest.mark.parametrize("kept_bytes", [0, 1, 700, -1])
def test_a_torn_file_is_one_sentence_with_its_name(tmp_path: Path, kept_bytes: int) -> None:
    store, path = a_store(tmp_path)
    path.write_bytes(path.read_bytes()[:kept_bytes])
    for ask in (store.picture, store.preview, store.activation_map, store.note):
        with pytest.raises(PictureError, match=f"{path.name}: the picture is damaged") as error:
            ask(UID, "head/90")
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "facts", [{"heat": "AAAA"}, {"heat": 5}, {"patches": None}, {"patches": [["a", 2]]}, {"patch_px": ["x"]}]
)
def test_a_damaged_note_is_one_sentence(tmp_path: Path, facts: dict[str, object]) -> None:
    store, path = a_store(tmp_path, **facts)
    with pytest.raises(PictureError, match=f"{path.name}: the activation map in the picture's note is damaged"):
        store.activation_map(UID, "head/90")
    assert store.preview(UID, "head/90") is not None


@pytest.mark.parametrize("shape", [None, [0, 5], [10**9, 10**9], ["a", "b"], [1]])
def test_a_note_that_does_not_say_how_large_the_picture_is_costs_no_memory(tmp_path: Path, shape: object) -> None:
    store, path = a_store(tmp_path)
    note = {"shape": shape, "facts": {**FACTS, "heat": hot().packed()}}
    path.write_bytes(with_note(encoded(np.zeros((16, 16), np.uint8), lossless=False), note))
    with pytest.raises(PictureError, match="its note"):
        store.preview(UID, "head/90")
    with pytest.raises(PictureError, match="its note"):
        store.activation_map(UID, "head/90")


@pytest.mark.parametrize("shape", [(40, 30), (1024, 1024), (3648, 5472), (5000, 16), (1, 4000)])
def test_previews_of_any_shape_are_never_larger_than_the_picture_and_keep_its_shape(shape: tuple[int, int]) -> None:
    height, width = preview_shape(shape)
    assert 1 <= height <= min(shape[0], PREVIEW_EDGE_PX)
    assert 1 <= width <= min(shape[1], PREVIEW_EDGE_PX)
    pixels = np.full(shape, 77, np.uint8)
    for small in (preview(pixels), preview_of(encoded(pixels, lossless=False), shape)):
        assert small is not None
        found = cv2.imdecode(np.frombuffer(small, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert found is not None
        assert found.shape == (height, width)
