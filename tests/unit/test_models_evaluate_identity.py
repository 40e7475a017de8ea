"""Identity: mistaken, unknown and recognised part types, through the runtime's own inspector."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np

from models.bundle import load_bundle
from models.make.evaluate.identity import SeenType, look_with_bundle, measure_identity
from models.make.product import load_product
from models.recognition import UNKNOWN_TYPE
from models.spec import CropRule, FixedGeometry
from tests.unit.models_bundle import TINY_IDENTITY, part_picture

TYPES = ("type-a", "type-b", "type-c")


def seen(true_index: int, type_index: int, best_index: int | None = None) -> SeenType:
    best = type_index if best_index is None else best_index
    return SeenType("part", "p.png", true_index, type_index, best, 0.8, None)


def test_a_mistaken_type_and_an_unknown_one_are_told_apart() -> None:
    found = measure_identity(
        [seen(0, 0), seen(0, 1), seen(1, 1), seen(1, UNKNOWN_TYPE, 1), seen(2, UNKNOWN_TYPE, 0)], TYPES
    )
    assert (found.mistaken.count, found.unknown.count, found.right.count, found.right.of) == (1, 2, 2, 5)
    assert found.level.confusion.tolist() == [[1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 1]]
    values = found.as_json()
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert [one["seen"] for one in values["mistaken_pictures"]] == ["type-b"]


def test_macro_f1_is_the_mean_over_the_types_that_occur_and_a_type_never_recognised_counts_zero() -> None:
    found = measure_identity([seen(0, 0), seen(0, 0), seen(1, UNKNOWN_TYPE, 1)], TYPES)
    assert found.macro_f1 == 0.5


def test_the_runtime_tells_the_types_of_drawn_parts(tmp_path: Path) -> None:
    with (tmp_path / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["set", "path", "class", "label", "split", "sha256", "group", "mask"])
        for index, (name, level) in enumerate((("a", 50), ("b", 128), ("c", 206), ("c", 128), ("b", 90))):
            picture = part_picture()[40:296, 48:176].copy()
            picture[:64] = level
            cv2.imwrite(str(tmp_path / f"{index}.png"), picture)
            writer.writerow(["types", f"{index}.png", name, "ok", "test", str(index), f"part{index}", ""])
    product = load_product("mantle").model_copy(
        update={
            "name": "tiny-identity",
            "kind": "identity",
            "set_name": "types",
            "labels": TYPES,
            "label_of_class": {"a": "type-a", "b": "type-b", "c": "type-c"},
            "geometry": FixedGeometry(kind="fixed", height_px=32, width_px=32, patch_px=32),
            "crop": CropRule(),
        }
    )
    found = measure_identity(look_with_bundle(load_bundle(TINY_IDENTITY), product, tmp_path, "test", 1), TYPES)
    assert found.level.confusion.tolist() == [[1, 0, 0, 0], [0, 1, 0, 1], [0, 1, 1, 0]]
    assert [one.picture for one in found.seen if one.type_index not in (UNKNOWN_TYPE, one.true_index)] == ["3.png"]


def test_the_level_has_no_unknown_column_where_every_type_was_recognised() -> None:
    assert measure_identity([seen(0, 0)], TYPES).level.columns == TYPES
    assert np.isclose(measure_identity([seen(0, 0)], TYPES).right.rate or 0.0, 1.0)
