"""Class activation maps: what they are computed from, where they lie on a part, and the pictures that people see."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.cell.drawing.part import LABELS, draw_part
from drivers.cell.drawing.seeds import CELL_SEEDS_FROM
from models.bundle import Bundle, BundleError, load_bundle
from models.engine import open_engine
from models.explained import Explainer
from models.features import Features, Output
from models.make.command import run
from models.make.evaluation import framed
from models.maps import activation_maps, heat, laid_over, mosaic, upsampled
from tests.unit.models_bundle import TINY_BUNDLE, part_picture

MANTLE = Path(__file__).parents[2] / "models" / "bundles" / "mantle"


def mantle_picture(label: str, seed: int = 77) -> tuple[np.ndarray, np.ndarray]:
    """A camera picture of a drawn mantle that no data set has, and where its defect is."""
    part = draw_part(CELL_SEEDS_FROM + seed, label, 1)
    picture = framed(part.picture, np.random.default_rng(seed))
    mask = np.zeros_like(picture)
    top, left = ((picture.shape[axis] - part.mask.shape[axis]) // 2 for axis in (0, 1))
    mask[top : top + part.mask.shape[0], left : left + part.mask.shape[1]] = part.mask
    return picture, mask


def test_a_map_weighs_every_channel_by_the_class_s_own_weight() -> None:
    features = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    weights = np.array([[0, 0, 0], [1, -2, 0.5]], np.float32)
    found = activation_maps(features, weights, 1)
    expected = features[..., 0] - 2 * features[..., 1] + 0.5 * features[..., 2]
    np.testing.assert_allclose(found, expected)
    assert not activation_maps(features, weights, 0).any()


def test_a_map_of_a_few_patches_in_the_network_s_own_numbers_is_the_map_of_the_real_ones() -> None:
    raw = np.random.default_rng(2).integers(-128, 128, (5, 3, 4, 6)).astype(np.int8)
    weights = np.random.default_rng(3).normal(size=6).astype(np.float32)
    features = Features(raw, Output(0, 0.25, -17, "int8"))
    np.testing.assert_allclose(features.weighed(weights, [4, 1]), (features.real() @ weights)[[4, 1]], rtol=1e-4)


@pytest.mark.parametrize(("shape", "class_index"), [((2, 4), 0), ((2, 3), 2), ((2, 3), -1)])
def test_weights_of_another_network_and_a_class_that_is_none_are_refused(
    shape: tuple[int, int], class_index: int
) -> None:
    with pytest.raises(ValueError, match=r"do not fit|expected one of"):
        activation_maps(np.zeros((1, 2, 2, 3), np.float32), np.zeros(shape, np.float32), class_index)


def test_a_hot_cell_lies_over_its_own_place_in_the_patch() -> None:
    maps = np.zeros((1, 4, 4), np.float32)
    maps[0, 1, 2] = 1.0
    found = upsampled(maps, 64)[0]
    assert found.shape == (64, 64)
    assert found[16:32, 32:48].mean() > 4 * found.mean()
    assert found[:8].max() == found[:, :24].max() == 0.0


def test_patches_lie_where_they_were_cut_and_overlaps_are_their_mean() -> None:
    patches = np.stack([np.full((4, 4), 1.0, np.float32), np.full((4, 4), 3.0, np.float32)])
    found = mosaic(patches, [(0, 0), (0, 2)], (6, 6))
    np.testing.assert_array_equal(found[0], [1, 1, 2, 2, 3, 3])
    assert not found[4:].any()


def test_heat_is_one_at_the_highest_place_and_nothing_where_nothing_speaks_for_the_class() -> None:
    found = heat(np.array([[-5.0, 2.0], [4.0, 0.0]], np.float32))
    np.testing.assert_array_equal(found, [[0.0, 0.5], [1.0, 0.0]])
    assert not heat(np.full((2, 2), -1.0, np.float32)).any()


def test_a_picture_is_unchanged_where_there_is_no_heat_and_red_where_it_is_hottest() -> None:
    picture = np.full((2, 2), 100, np.uint8)
    found = laid_over(picture, np.array([[0.0, 1.0], [0.0, 0.0]], np.float32))
    np.testing.assert_array_equal(found[1, 1], [100, 100, 100])
    blue, green, red = (int(value) for value in found[0, 1])
    assert red > blue + 30
    assert red > green + 30
    with pytest.raises(ValueError, match="differ in shape"):
        laid_over(picture, np.zeros((3, 2), np.float32))


@pytest.mark.parametrize("label", LABELS[1:])
def test_the_hottest_place_of_a_found_defect_lies_on_a_defect_of_the_part(label: str) -> None:
    picture, mask = mantle_picture(label)
    bundle = load_bundle(MANTLE)
    found = Explainer(bundle, open_engine(bundle)).explain(picture)
    assert found.inspection.vote is not None
    assert found.inspection.vote.defective
    assert found.part_map is not None
    assert found.inspection.box is not None
    y, x = divmod(int(np.argmax(found.part_map)), found.part_map.shape[1])
    at_y = found.inspection.box.y_px + round((y + 0.5) * found.scale[0])
    at_x = found.inspection.box.x_px + round((x + 0.5) * found.scale[1])
    reach_y, reach_x = round(48 * found.scale[0]), round(48 * found.scale[1])  # one and a half cells of 32 px
    assert mask[at_y - reach_y : at_y + reach_y, max(0, at_x - reach_x) : at_x + reach_x].any()


def test_the_mean_of_the_maps_is_the_logit_but_for_the_bias() -> None:
    bundle: Bundle = load_bundle(MANTLE)
    assert bundle.head_weights is not None
    scores, features = open_engine(bundle).run_with_maps(bundle.golden_patches)
    weights = bundle.head_weights
    means = np.stack([activation_maps(features, weights, label).mean(axis=(1, 2)) for label in range(5)], axis=1)
    logits = np.log(scores)
    biases = (logits - logits[:, :1]) - (means - means[:, :1])
    # one bias a class, whatever the patch shows; a step of the int8 logits is 0.06
    assert np.ptp(biases, axis=0).max() < 0.4
    assert np.ptp(logits - logits[:, :1], axis=0).max() > 4.0


def test_a_picture_that_cannot_be_inspected_is_explained_by_its_problem() -> None:
    bundle = load_bundle(MANTLE)
    found = Explainer(bundle, open_engine(bundle)).explain(np.zeros((800, 800), np.uint8))
    assert (found.inspection.problem, found.part_map, found.class_index) == ("all dark", None, None)


def test_a_bundle_without_a_feature_map_says_so() -> None:
    bundle = load_bundle(TINY_BUNDLE)
    with pytest.raises(BundleError, match="expected a bundle with a feature map, found none"):
        Explainer(bundle, open_engine(bundle))


def explained(picture: np.ndarray, folder: Path, *more: str) -> int:
    folder.mkdir(exist_ok=True)
    cv2.imwrite(str(folder / "part.png"), picture)
    arguments = ["explain", "--bundle", str(MANTLE), "--picture", str(folder / "part.png"), "--threads", "1"]
    return run([*arguments, "--out", str(folder / "out"), *more], "test")


def test_explain_writes_a_picture_and_what_was_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, mask = mantle_picture("scratches")
    assert explained(picture, tmp_path) == 0
    drawn = cv2.imread(str(tmp_path / "out" / "part.png"))
    assert drawn is not None
    assert drawn.shape == (2048, 2 * 512 + 8, 3)
    left, right = drawn[:, :512], drawn[:, 520:]
    assert (left[..., 0] == left[..., 2]).all()
    assert (right[..., 2].astype(int) - right[..., 0]).max() > 60
    values = json.loads((tmp_path / "out" / "part.json").read_text(encoding="utf-8"))
    assert values["verdict"]["class"] == values["map_of_class"] == "scratches"
    assert len(values["patches"]) == 16
    assert values["box"]["height_px"] == 3584
    y, x = values["hottest"]["y_px"], values["hottest"]["x_px"]
    assert mask[y - 90 : y + 90, max(0, x - 90) : x + 90].any()
    assert "scratches" in capsys.readouterr().out


def test_another_class_than_the_verdict_s_can_be_mapped(tmp_path: Path) -> None:
    assert explained(mantle_picture("scratches")[0], tmp_path, "--class", "pits") == 0
    values = json.loads((tmp_path / "out" / "part.json").read_text(encoding="utf-8"))
    assert (values["verdict"]["class"], values["map_of_class"]) == ("scratches", "pits")


def test_explain_of_what_is_no_part_ends_with_one_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explained(np.full((800, 800), 5, np.uint8), tmp_path) == 1
    assert "not inspected: no part" in capsys.readouterr().out
    values = json.loads((tmp_path / "out" / "part.json").read_text(encoding="utf-8"))
    assert (values["problem"], values["verdict"], values["map_of_class"]) == ("no part", None, None)


def test_a_class_that_the_bundle_does_not_have_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explained(part_picture(), tmp_path, "--class", "rust") == 2
    assert "--class 'rust': expected one of defect-free" in capsys.readouterr().err
