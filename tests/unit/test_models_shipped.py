"""The shipped bundles: signed by the product's key, they fit the repository and say what they can do."""

from pathlib import Path

import numpy as np
import pytest

from drivers.cell.drawing.dataset_fastener import write_fastener_dataset
from drivers.cell.drawing.fastener import FASTENER_LABELS, draw_fastener
from drivers.cell.drawing.seeds import CELL_SEEDS_FROM
from models.bundle import load_bundle
from models.engine import open_engine
from models.inspect import PartInspector
from models.make.evaluation import framed
from models.make.product import load_product
from models.make.whole_parts import measure_whole_parts
from models.signature import Trust, shipped_keys
from models.verify import verify

BUNDLES = Path(__file__).parents[2] / "models" / "bundles"
MANTLE = BUNDLES / "mantle"
SHIPPED = tuple(sorted(path.name for path in BUNDLES.iterdir()))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_bundle_is_signed_by_the_products_key_and_good_on_this_engine(name: str) -> None:
    good = verify(BUNDLES / name, Trust(shipped_keys()))
    assert good.signed is not None
    assert good.signed.key_name == "product"
    assert good.engine.delegated is True


@pytest.mark.parametrize("name", SHIPPED)
def test_a_bundle_is_small_enough_to_ship(name: str) -> None:
    bundle = load_bundle(BUNDLES / name)
    assert len(bundle.network) < 4_000_000
    assert sum(file.stat().st_size for file in (BUNDLES / name).iterdir()) < 5_000_000


@pytest.mark.parametrize("name", SHIPPED)
def test_a_bundle_is_what_its_product_says(name: str) -> None:
    spec, product = load_bundle(BUNDLES / name).spec, load_product(name)
    assert spec.product == name
    assert spec.labels == product.labels
    assert spec.preprocessing.geometry == product.geometry
    assert spec.preprocessing.crop == product.crop
    assert spec.kind == product.kind


@pytest.mark.parametrize("name", SHIPPED)
def test_the_golden_set_shows_every_label(name: str) -> None:
    spec = load_bundle(BUNDLES / name).spec
    seen = {int(np.argmax(row)) for row in spec.golden.scores}
    # the rarest twin of the part types is seen as nothing rather than as itself: rejected, never taken for another
    unseen_allowed = 1 if spec.kind == "identity" else 0
    assert len(set(range(len(spec.labels))) - seen) <= unseen_allowed


@pytest.mark.parametrize("name", SHIPPED)
def test_a_bundle_says_where_it_comes_from_and_names_no_folder_of_a_machine(name: str) -> None:
    text = (BUNDLES / name / "model.yaml").read_text(encoding="utf-8")
    spec = load_bundle(BUNDLES / name).spec
    assert spec.metrics
    assert spec.parity
    assert {"audit", "seed", "code", "libraries"} <= set(spec.provenance)
    assert "/tmp" not in text
    assert "/home" not in text


# Seeds of the cell, which no data set draws.
@pytest.mark.parametrize("label", FASTENER_LABELS)
def test_both_fastener_bundles_together_tell_a_drawn_fastener_of_each_kind(label: str) -> None:
    fastener = draw_fastener(CELL_SEEDS_FROM + 77, label, 1)
    rng = np.random.default_rng(1)
    scores: list[tuple[float, int]] = []
    for name, pictures in (("fastener-shank", (fastener.shank,)), ("fastener-head", fastener.heads)):
        bundle = load_bundle(BUNDLES / name)
        inspector = PartInspector(bundle, open_engine(bundle))
        for picture in pictures:
            seen = inspector.inspect(framed(picture, rng))
            assert seen.problem is None
            assert seen.vote is not None
            scores.append((seen.vote.score if seen.vote.defective else 0.0, seen.vote.class_index))
    assert (max(scores)[0] > 0) == (label != FASTENER_LABELS[0])


@pytest.mark.parametrize(
    ("level", "problem"), [(0, "all dark"), (5, "no part"), (255, "saturated"), (120, "part touches the border")]
)
def test_a_sensor_picture_without_a_part_that_can_be_judged_is_refused(level: int, problem: str) -> None:
    bundle = load_bundle(MANTLE)
    seen = PartInspector(bundle, open_engine(bundle)).inspect(np.full((3648, 5472), level, np.uint8))
    assert (seen.problem, seen.sound) == (problem, False)


def test_whole_fasteners_of_a_drawn_folder_are_judged_by_all_their_pictures(tmp_path: Path) -> None:
    write_fastener_dataset(tmp_path, 2_999, 3, sound_share=0.0)
    bundles = [load_bundle(BUNDLES / name) for name in ("fastener-shank", "fastener-head")]
    figures = measure_whole_parts(bundles, tmp_path, "test", 1)
    assert (figures["parts"], figures["pictures"], figures["missed"]) == (1, 5, 0)
    assert figures["overkill"] is None
