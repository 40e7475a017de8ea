"""The LiteRT engine on the tiny network, the golden check, and the inspector around them."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.bundle import Bundle, BundleError, load_bundle
from models.engine import EngineIdentity, check_golden, open_engine, softmax
from models.inspect import STAGES, PartInspector
from models.spec import ModelSpec
from tests.unit.models_bundle import CALM, TINY_BUNDLE, part_picture, spec_values


def bundle_with(network: bytes | None = None, **changes: Any) -> Bundle:
    """The tiny bundle with another network or other values, as if model.yaml agreed with its files."""
    bundle = load_bundle(TINY_BUNDLE)
    values = spec_values() | changes
    content = bundle.network if network is None else network
    values["network"] |= {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    return replace(bundle, spec=ModelSpec.model_validate(values), network=content)


class FixedScores:
    """An engine that gives the same scores for each patch, whatever is in it."""

    def __init__(self, row: list[float]) -> None:
        self._row = np.array(row, np.float32)

    @property
    def identity(self) -> EngineIdentity:
        return EngineIdentity("fixed", 1, None)

    def run(self, patches: NDArray[np.int8]) -> NDArray[np.float32]:
        return np.tile(self._row, (patches.shape[0], 1))


def test_litert_runs_the_whole_tiny_graph_in_its_delegate_and_passes_the_golden_set() -> None:
    bundle = load_bundle(TINY_BUNDLE)
    engine = open_engine(bundle)
    assert engine.identity == EngineIdentity("litert", 1, True)
    check_golden(bundle, engine)


def test_scores_are_one_row_a_patch_and_sum_to_one() -> None:
    bundle = load_bundle(TINY_BUNDLE)
    engine = open_engine(bundle, threads=2)
    scores = engine.run(bundle.golden_patches)
    assert scores.shape == (6, 3)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, atol=1e-5)
    assert engine.run(bundle.golden_patches[:0]).shape == (0, 3)


def test_the_patches_do_not_depend_on_each_other() -> None:
    bundle = load_bundle(TINY_BUNDLE)
    engine = open_engine(bundle)
    whole = engine.run(bundle.golden_patches)
    one_by_one = np.concatenate([engine.run(bundle.golden_patches[i : i + 1]) for i in (5, 4, 3, 2, 1, 0)])[::-1]
    np.testing.assert_array_equal(whole, one_by_one)


@pytest.mark.parametrize("network", [b"", b"not a network", load_bundle(TINY_BUNDLE).network[:1000]])
def test_a_file_that_is_no_network_is_one_sentence(network: bytes) -> None:
    if not network:
        with pytest.raises(ValueError, match="size_bytes"):
            bundle_with(network)
        return
    with pytest.raises(BundleError, match=r"network\.tflite: expected a network that LiteRT can load, found"):
        open_engine(bundle_with(network))


def test_a_network_for_other_patches_is_named_with_both_shapes() -> None:
    geometry = {"kind": "fixed", "height_px": 128, "width_px": 64, "patch_px": 64}
    bundle = bundle_with(preprocessing={"geometry": geometry})
    with pytest.raises(BundleError) as caught:
        open_engine(bundle)
    said = "another shape: expected input (1, 64, 64, 1) int8, found (1, 32, 32, 1) int8"
    assert said in str(caught.value)


def test_a_network_with_another_number_of_classes_is_named_with_both_shapes() -> None:
    values = spec_values()
    values["golden"]["scores"] = ((1.0, 0.0),) * 6
    bundle = bundle_with(labels=("defect-free", "spot"), thresholds={"spot": 0.5}, golden=values["golden"])
    with pytest.raises(BundleError, match=r"expected output \(1, 2\) int8 or float32, found \(1, 3\) int8"):
        open_engine(bundle)


def test_a_network_with_another_input_scale_is_refused() -> None:
    with pytest.raises(BundleError, match=r"expected input scale 0\.5 zero point 0, found 0\.015625"):
        open_engine(bundle_with(input={"scale": 0.5}))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([1.0, 0.0, 0.0], "patch 4 expected scores within 0.08"),
        ([float("nan"), 0.0, 0.0], "not numbers"),
    ],
)
def test_an_engine_that_does_not_match_the_golden_set_is_refused(row: list[float], said: str) -> None:
    with pytest.raises(BundleError, match=said):
        check_golden(load_bundle(TINY_BUNDLE), FixedScores(row))


def test_an_engine_whose_scores_are_near_but_whose_decision_differs_is_refused() -> None:
    values = spec_values()
    values["golden"]["scores"] = ((0.52, 0.48, 0.0),) * 6
    bundle = bundle_with(golden=values["golden"])
    check_golden(bundle, FixedScores([0.51, 0.49, 0.0]))
    with pytest.raises(BundleError, match="patch 0 expected class 0, found 1"):
        check_golden(bundle, FixedScores([0.48, 0.52, 0.0]))


def test_a_sound_part_is_inspected_whole() -> None:
    bundle = load_bundle(TINY_BUNDLE)
    seen = PartInspector(bundle, open_engine(bundle)).inspect(part_picture())
    assert seen.sound
    assert seen.problem is None
    assert seen.scores is not None
    assert seen.scores.shape == (8, 3)
    assert seen.box is not None
    assert (seen.box.x_px, seen.box.y_px, seen.box.width_px, seen.box.height_px) == (48, 40, 128, 256)
    assert tuple(seen.stage_us) == STAGES
    assert seen.mean == 120.0


@pytest.mark.parametrize(("defects", "label"), [({"spot": True}, "spot"), ({"hole": True}, "hole")])
def test_a_defect_is_found_with_its_class_and_patch(defects: dict[str, bool], label: str) -> None:
    bundle = load_bundle(TINY_BUNDLE)
    seen = PartInspector(bundle, open_engine(bundle)).inspect(part_picture(**defects))
    assert not seen.sound
    assert seen.vote is not None
    assert bundle.labels[seen.vote.class_index] == label
    assert seen.patch_origins[seen.vote.patch_index] == ((32, 0) if label == "spot" else (96, 32))


def test_pictures_after_one_another_do_not_leak_into_each_other() -> None:
    bundle = load_bundle(TINY_BUNDLE)
    inspector = PartInspector(bundle, open_engine(bundle))
    assert not inspector.inspect(part_picture(spot=True)).sound
    assert inspector.inspect(np.zeros((400, 300), np.uint8)).problem == "all dark"
    assert inspector.inspect(part_picture(height=180, width=300)).sound
    assert inspector.inspect(part_picture()).sound


@pytest.mark.parametrize(
    ("picture", "problem"),
    [
        (np.zeros((400, 300), np.uint8), "all dark"),
        (np.full((400, 300), 5, np.uint8), "no part"),
        (np.full((400, 300), 255, np.uint8), "saturated"),
        (np.full((400, 300), 120, np.uint8), "part touches the border"),
        (np.zeros((400, 300, 3), np.uint8), "not a grey picture"),
        (np.zeros((0, 0), np.uint8), "not a grey picture"),
    ],
)
def test_a_picture_that_cannot_be_inspected_is_never_sound(picture: NDArray[np.uint8], problem: str) -> None:
    bundle = load_bundle(TINY_BUNDLE)
    seen = PartInspector(bundle, open_engine(bundle)).inspect(picture)
    assert seen.problem == problem
    assert not seen.sound
    assert seen.vote is None
    assert seen.scores is None


@pytest.mark.parametrize("row", [[float("nan")] * 3, [float("inf"), 0.0, 0.0], [2.0, -1.0, 0.0]])
def test_an_engine_that_gives_no_probabilities_never_makes_a_pass(row: list[float]) -> None:
    seen = PartInspector(load_bundle(TINY_BUNDLE), FixedScores(row)).inspect(part_picture())
    assert seen.problem == "a score is not a number from 0 to 1"
    assert not seen.sound
    assert seen.vote is not None
    assert seen.vote.defective


class OnePatchOnly(FixedScores):
    """An engine that forgets all patches but one."""

    def run(self, patches: NDArray[np.int8]) -> NDArray[np.float32]:
        return super().run(patches[:1])


def test_an_engine_that_leaves_out_patches_never_makes_a_pass() -> None:
    seen = PartInspector(load_bundle(TINY_BUNDLE), OnePatchOnly([1.0, 0.0, 0.0])).inspect(part_picture())
    assert seen.problem == "not every patch was inspected"
    assert not seen.sound


@settings(CALM, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 200), st.integers(1, 200))
def test_no_picture_of_any_size_raises(seed: int, height: int, width: int) -> None:
    bundle = load_bundle(TINY_BUNDLE)
    picture = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    seen = PartInspector(bundle, FixedScores([1.0, 0.0, 0.0])).inspect(picture)
    assert seen.sound == (seen.problem is None)


def test_softmax_keeps_what_is_not_a_number_visible() -> None:
    scores = softmax(np.array([[0.0, 0.0], [np.nan, 0.0], [np.inf, 0.0]], np.float32))
    np.testing.assert_allclose(scores[0], 0.5)
    assert np.isnan(scores[1:]).any(axis=1).all()


def test_the_bundle_folder_may_be_given_as_text() -> None:
    assert load_bundle(str(TINY_BUNDLE)).path == Path(TINY_BUNDLE)


def test_a_blurred_picture_is_a_problem_before_the_engine_is_asked() -> None:
    bundle = load_bundle(TINY_BUNDLE)
    inspector = PartInspector(bundle, open_engine(bundle))
    picture = part_picture()
    picture[::2, ::3] += np.uint8(6) * (picture[::2, ::3] > 100)
    sharp = inspector.inspect(picture).sharpness
    assert sharp > 0
    assert inspector.inspect(picture, sharp).sound
    seen = inspector.inspect(picture, sharp + 0.01)
    assert (seen.sound, seen.problem, seen.vote) == (False, "blurred", None)
    assert seen.stage_us["engine"] == 0


MANTLE = Path(__file__).parents[2] / "models" / "bundles" / "mantle"


def test_a_second_output_gives_the_feature_map_and_leaves_the_scores_as_they_are() -> None:
    bundle = load_bundle(MANTLE)
    engine = open_engine(bundle)
    scores, maps = engine.run_with_maps(bundle.golden_patches)
    np.testing.assert_array_equal(scores, engine.run(bundle.golden_patches))
    assert maps.shape == (len(scores), 8, 8, 128)
    assert maps.dtype == np.float32
    assert maps.min() == 0.0  # behind a ReLU
    assert engine.identity.delegated is True


def test_a_bundle_without_a_second_output_still_loads_and_says_that_it_has_no_map() -> None:
    bundle = load_bundle(TINY_BUNDLE)
    engine = open_engine(bundle)
    assert engine.run(bundle.golden_patches).shape == (6, 3)
    with pytest.raises(BundleError, match="expected a network with its feature map as second output, found none"):
        engine.run_with_maps(bundle.golden_patches)


def test_a_feature_map_of_another_shape_than_model_yaml_says_is_refused() -> None:
    bundle = load_bundle(MANTLE)
    assert bundle.spec.feature_map is not None
    changed = bundle.spec.feature_map.model_copy(update={"channels": 256})
    spec = bundle.spec.model_copy(update={"feature_map": changed})
    with pytest.raises(BundleError, match=r"feature map \(1, 8, 8, 256\) int8 or float32, found .*\(1, 8, 8, 128\)"):
        open_engine(replace(bundle, spec=spec))
