"""Pictures and masks of every kind become (height, width) u8, or one sentence says why not."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.make.manifest import DataError, Row
from models.make.pictures import load_picture, load_pictures, read_grey
from models.make.polygons import polygon_mask, read_polygons
from models.make.product import Product, load_product
from models.make.windows import AMBIGUOUS, grid, grid_origins
from tests.unit.models_data import grain


def product(mask_values: str) -> Product:
    """Sound and cracked, patches of 16 px at the picture's own scale."""
    return Product.model_validate_json(
        load_product("commutator")
        .model_copy(update={"mask_values": mask_values})
        .model_dump_json()
        .replace('"patch_px":128', '"patch_px":16')
    )


def row(path: str, class_name: str = "crack", mask: str = "") -> Row:
    return Row(path, class_name, "train", "0" * 64, path, mask, "")


def test_16_bits_are_refused_with_what_to_do_and_scaled_where_asked(tmp_path: Path) -> None:
    deep = np.array([[0, 255, 256], [32768, 65279, 65535]], np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), deep)
    with pytest.raises(DataError, match=r"a\.png: expected 8 bits a pixel, found 16; .* --scale-16-bit"):
        read_grey(tmp_path / "a.png")
    assert read_grey(tmp_path / "a.png", scale_16_bit=True).tolist() == [[0, 0, 1], [128, 254, 255]]


def test_a_colour_picture_is_converted_and_that_is_said_and_grey_saved_as_colour_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    grey = grain(1)
    cv2.imwrite(str(tmp_path / "grey.png"), cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    cv2.imwrite(str(tmp_path / "colour.png"), np.dstack([grey, grain(2), grain(3)]))
    with caplog.at_level(logging.WARNING):
        plain, converted = load_pictures(
            tmp_path, [row("grey.png", "ok"), row("colour.png", "ok")], product("polygons")
        )
    assert (plain.pixels == grey).all()
    assert converted.pixels.shape == grey.shape
    assert [record.getMessage() for record in caplog.records] == [
        "1 of 2 pictures are in colour and were converted to grey: colour.png"
    ]


@pytest.mark.parametrize("name", ["float.tiff", "nothing.png", "cut.png", "gone.png"])
def test_what_is_no_8_bit_picture_is_one_sentence(tmp_path: Path, name: str) -> None:
    cv2.imwrite(str(tmp_path / "float.tiff"), np.ones((20, 20), np.float32))
    (tmp_path / "nothing.png").write_bytes(b"")
    (tmp_path / "cut.png").write_bytes(cv2.imencode(".png", grain(1))[1].tobytes()[:30])
    with pytest.raises(DataError, match=rf"{name}: (expected|cannot be read)"):
        read_grey(tmp_path / name)


def test_all_pictures_are_looked_at_before_the_first_bad_one_is_told(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "good.png"), grain(1))
    rows = [row("a.png", "ok"), row("good.png", "ok"), row("b.png", "ok")]
    with pytest.raises(DataError, match=r"a\.png: cannot be read: .* \(and 1 more of 3 cannot be used\)"):
        load_pictures(tmp_path, rows, product("polygons"))


def test_polygons_mark_their_inside_at_the_pictures_own_scale(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "p.png"), grain(1, 40, 80))
    (tmp_path / "p.txt").write_text("0 0.25 0.5 0.5 0.5 0.5 0.75 0.25 0.75\n\n0 0 0 0.05 0 0 0.05\n", encoding="utf-8")
    picture = load_picture(tmp_path, row("p.png", mask="p.txt"), product("polygons"))
    assert set(np.unique(picture.mask)) == {0, 1}
    ys, xs = np.nonzero(picture.mask[10:])
    assert (xs.min(), xs.max(), ys.min() + 10, ys.max() + 10) == (20, 40, 20, 30)
    assert picture.mask[1, 1] == 1
    labels = grid(picture, product("polygons"))[1]
    at = dict(zip(grid_origins(picture, product("polygons")), labels.tolist(), strict=True))
    assert at[12, 16] == 1
    assert at[24, 64] == 0
    assert at[0, 0] == AMBIGUOUS


def test_a_sound_picture_has_no_mask_even_where_a_file_is_named(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "p.png"), grain(1))
    picture = load_picture(tmp_path, row("p.png", "ok", "not-there.txt"), product("polygons"))
    assert not picture.mask.any()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 0.1 0.1 0.2 0.2", "line 1: expected x y of three corners or more, found 4 numbers"),
        ("0 0.1 0.1 0.2 0.2 0.3 0.3 0.4", "found 7 numbers"),
        ("\n0 0.1 0.1 0.2 0.2 1.5 0.3", "line 2: expected corners in 0..1 of width and height, found 1.5"),
        ("0 0.1 0.1 0.2 0.2 nan 0.3", "found nan"),
        ("0 0.1 0.1 0.2 0.2 word 0.3", "expected a class and corners in 0..1, found .*word"),
    ],
)
def test_a_polygon_that_is_none_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "p.txt").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_polygons(tmp_path / "p.txt")


def test_polygons_that_are_a_picture_or_missing_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DataError, match="expected polygons as text"):
        polygon_mask(tmp_path / "p.txt", (10, 10), 1)
    with pytest.raises(DataError, match="cannot be read"):
        polygon_mask(tmp_path / "gone.txt", (10, 10), 1)


def test_without_masks_every_window_has_the_label_of_its_picture(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "p.png"), grain(1))
    for class_name, label in (("crack", 1), ("ok", 0)):
        picture = load_picture(tmp_path, row("p.png", class_name), product("picture"))
        assert picture.mask.shape == picture.pixels.shape
        assert set(grid(picture, product("picture"))[1].tolist()) == {label}
