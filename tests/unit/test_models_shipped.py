"""The shipped mantle bundle: it loads, fits the repository, passes its golden set, and says what it can do."""

from pathlib import Path

import numpy as np
import pytest

from models.bundle import load_bundle
from models.engine import check_golden, open_engine
from models.inspect import PartInspector
from models.make.products import PRODUCTS

MANTLE = Path(__file__).parents[2] / "models" / "bundles" / "mantle"


def test_the_mantle_bundle_passes_its_golden_set_with_the_whole_graph_in_the_delegate() -> None:
    bundle = load_bundle(MANTLE)
    engine = open_engine(bundle)
    assert engine.identity.delegated is True
    check_golden(bundle, engine)


def test_the_mantle_bundle_is_small_enough_to_ship() -> None:
    bundle = load_bundle(MANTLE)
    assert len(bundle.network) < 4_000_000
    assert sum(file.stat().st_size for file in MANTLE.iterdir()) < 5_000_000


def test_the_mantle_bundle_is_what_the_product_says() -> None:
    spec, product = load_bundle(MANTLE).spec, PRODUCTS["mantle"]
    assert spec.labels == product.labels
    assert spec.preprocessing.geometry == product.geometry
    assert spec.preprocessing.crop == product.crop
    assert spec.input_shape == (1, 64, 64, 16)


def test_the_golden_set_shows_every_label() -> None:
    spec = load_bundle(MANTLE).spec
    seen = {int(np.argmax(row)) for row in spec.golden.scores}
    assert seen == set(range(len(spec.labels)))


def test_the_bundle_says_where_it_comes_from_and_names_no_folder_of_a_machine() -> None:
    text = (MANTLE / "model.yaml").read_text(encoding="utf-8")
    assert {"metrics", "provenance"} <= set(load_bundle(MANTLE).spec.model_dump())
    assert "/tmp" not in text
    assert "/home" not in text


@pytest.mark.parametrize(
    ("level", "problem"), [(0, "all dark"), (5, "no part"), (255, "saturated"), (120, "part touches the border")]
)
def test_a_sensor_picture_without_a_part_that_can_be_judged_is_refused(level: int, problem: str) -> None:
    bundle = load_bundle(MANTLE)
    seen = PartInspector(bundle, open_engine(bundle)).inspect(np.full((3648, 5472), level, np.uint8))
    assert (seen.problem, seen.sound) == (problem, False)
