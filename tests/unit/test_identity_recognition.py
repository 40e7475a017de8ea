"""From scores to a part type: the best one with enough score, or none; what cannot be judged is never recognised."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.bundle import BundleError, load_bundle
from models.crop import Box
from models.decision import decided_class
from models.engine import Engine, EngineIdentity, check_golden, open_engine
from models.identity import IdentityInspector
from models.inspect import PartInspector
from models.preprocess import region_of
from models.recognition import UNKNOWN_TYPE, Recognition, recognise
from models.spec import ModelSpec, Region
from tests.unit.models_bundle import CALM, TINY_BUNDLE, TINY_IDENTITY, part_picture, spec_values

LEAST = (0.5, 0.9, 0.0)
SHARES = st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3)


def row(*scores: float) -> np.ndarray:
    return np.asarray([scores], dtype=np.float32)


def test_the_best_type_is_recognised_from_its_own_least_score_on() -> None:
    assert recognise(row(0.5, 0.3, 0.2), LEAST) == Recognition(0, 0, 0.5)
    assert recognise(row(0.49, 0.3, 0.21), LEAST).type_index == UNKNOWN_TYPE
    assert recognise(row(0.05, 0.89, 0.06), LEAST).type_index == UNKNOWN_TYPE
    assert recognise(row(0.05, 0.89, 0.06), LEAST).best_index == 1, "it is still told which one it looks most like"


def test_a_lower_limit_of_another_type_does_not_let_it_win() -> None:
    assert recognise(row(0.05, 0.85, 0.10), LEAST).type_index == UNKNOWN_TYPE


def test_two_types_with_the_same_best_score_are_told_apart_by_nothing() -> None:
    assert recognise(row(0.5, 0.0, 0.5), (0.1, 0.1, 0.1)).type_index == UNKNOWN_TYPE


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -0.2, 1.2])
def test_a_score_that_is_none_is_a_problem_and_no_type(bad: float) -> None:
    for place in range(3):
        scores = row(0.2, 0.95, 0.1)
        scores[0, place] = bad
        found = recognise(scores, (0.0, 0.0, 0.0))
        assert (found.type_index, found.best_index) == (UNKNOWN_TYPE, UNKNOWN_TYPE)
        assert found.problem == "a score is not a number from 0 to 1"


def test_more_or_fewer_patches_than_one_and_limits_that_are_none_are_problems() -> None:
    assert recognise(np.zeros((0, 3), np.float32), LEAST).problem == "0 patches were looked at, expected 1"
    assert recognise(np.ones((2, 3), np.float32), LEAST).problem == "2 patches were looked at, expected 1"
    assert recognise(row(1, 0, 0), (float("nan"), 0.5, 0.5)).problem == "a least score is not a number from 0 to 1"
    with pytest.raises(ValueError, match="expected"):
        recognise(row(1, 0), LEAST)


@CALM
@given(SHARES, SHARES)
def test_a_recognised_type_has_the_one_highest_score_and_at_least_its_limit(
    scores: list[float], limits: list[float]
) -> None:
    found = recognise(row(*scores), limits)
    if found.type_index != UNKNOWN_TYPE:
        mine = np.float32(scores[found.type_index])
        assert all(mine > np.float32(other) for n, other in enumerate(scores) if n != found.type_index)
        assert mine >= np.float32(limits[found.type_index])


def test_a_recognition_cannot_contradict_itself() -> None:
    with pytest.raises(ValueError, match="contradicts"):
        Recognition(0, 1, 0.5)
    with pytest.raises(ValueError, match="contradicts"):
        Recognition(UNKNOWN_TYPE, 1, 0.5, "a problem")


def field_picture(level: int, *, spot: bool = False) -> np.ndarray:
    """A part whose upper quarter has this level; its lower three quarters say nothing about the type."""
    picture = part_picture(spot=spot)
    picture[40:104, 48:176] = level
    return picture


@pytest.mark.parametrize(("level", "label"), [(50, "type-a"), (128, "type-b"), (206, "type-c")])
def test_the_tiny_bundle_tells_three_types_by_a_region_of_the_part(level: int, label: str) -> None:
    bundle = load_bundle(TINY_IDENTITY)
    seen = IdentityInspector(bundle, open_engine(bundle)).look(field_picture(level, spot=True))
    assert (seen.label, seen.recognised, seen.problem) == (label, True, None)
    assert [seen.shows(name) for name in bundle.labels] == [name == label for name in bundle.labels]


def test_a_field_between_two_types_is_unknown_and_what_is_no_part_is_a_problem() -> None:
    bundle = load_bundle(TINY_IDENTITY)
    inspector = IdentityInspector(bundle, open_engine(bundle))
    between = inspector.look(field_picture(96))
    assert (between.recognised, between.problem) == (False, None)
    assert 0 < between.score < 0.9
    dark = inspector.look(np.zeros((300, 300), np.uint8))
    assert (dark.label, dark.recognised, dark.problem) == (None, False, "all dark")
    blurred = inspector.look(field_picture(128), sharpness_min=1e9)
    assert (blurred.problem, blurred.recognised) == ("blurred", False)


def test_a_part_that_looks_most_like_the_wanted_type_with_too_little_score_does_not_show_it() -> None:
    bundle = load_bundle(TINY_IDENTITY)
    seen = IdentityInspector(bundle, open_engine(bundle)).look(field_picture(100))
    assert (seen.label, seen.recognised, seen.problem) == ("type-b", False, None)
    assert not seen.shows("type-b")


class BrokenEngine:
    """An engine whose network overflowed."""

    identity = EngineIdentity("broken", 1, delegated=True)

    def run(self, patches: Any) -> np.ndarray:
        return np.full((patches.shape[0], 3), np.nan, np.float32)


def test_an_engine_that_gives_no_numbers_recognises_nothing() -> None:
    engine: Engine = BrokenEngine()
    seen = IdentityInspector(load_bundle(TINY_IDENTITY), engine).look(field_picture(128))
    assert (seen.label, seen.recognised) == (None, False)
    assert seen.problem == "a score is not a number from 0 to 1"


def test_each_inspector_refuses_a_bundle_of_the_other_kind() -> None:
    patches, identity = load_bundle(TINY_BUNDLE), load_bundle(TINY_IDENTITY)
    with pytest.raises(BundleError, match="expected a bundle of kind identity, found kind patches"):
        IdentityInspector(patches, open_engine(patches))
    with pytest.raises(BundleError, match="expected a bundle of kind patches, found kind identity"):
        PartInspector(identity, open_engine(identity))


def test_the_golden_check_decides_as_the_kind_does() -> None:
    identity, patches = load_bundle(TINY_IDENTITY).spec, load_bundle(TINY_BUNDLE).spec
    assert decided_class(identity, row(0.91, 0.05, 0.04)) == 0
    assert decided_class(identity, row(0.89, 0.06, 0.05)) == UNKNOWN_TYPE
    assert decided_class(patches, row(0.45, 0.05, 0.5)) == 2, "the defect's threshold, not the best score"
    assert decided_class(patches, row(0.3, 0.4, 0.3)) == 0


def test_an_engine_that_recognises_a_golden_patch_no_more_is_refused() -> None:
    bundle = load_bundle(TINY_IDENTITY)
    true_scores = open_engine(bundle).run(bundle.golden_patches)

    class Weaker(BrokenEngine):
        def run(self, patches: Any) -> np.ndarray:
            weaker = np.clip(true_scores, 0.035, 0.93)  # within the tolerance of 0.08
            weaker[0] = (0.899, 0.05, 0.05)
            return weaker

    spec = bundle.spec.model_copy(update={"golden": bundle.spec.golden.model_copy(update={"tolerance": 0.2})})
    with pytest.raises(BundleError, match="patch 0 expected class 0, found -1"):
        check_golden(replace(bundle, spec=spec), Weaker())


def identity_values(**changes: Any) -> dict[str, Any]:
    values = spec_values()
    values |= {
        "kind": "identity", "labels": ("a", "b", "c"), "thresholds": {"a": 0.5, "b": 0.5, "c": 0.5},
        "vote_policy": None,
    }  # fmt: skip
    values["preprocessing"]["geometry"] = {"kind": "fixed", "height_px": 32, "width_px": 32, "patch_px": 32}
    return values | changes


def test_an_identity_spec_has_a_least_score_for_every_type_in_the_labels_order() -> None:
    spec = ModelSpec.model_validate(identity_values(thresholds={"c": 0.7, "a": 0.5, "b": 0.6}))
    assert spec.threshold_row == (0.5, 0.6, 0.7)
    assert ModelSpec.model_validate(spec_values()).kind == "patches", "a bundle that says nothing finds defects"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"thresholds": {"b": 0.5, "c": 0.5}}, "thresholds are for"),
        ({"labels": ("defect-free", "b", "c")}, "labels of an identity bundle are part types"),
        (
            {"preprocessing": {"geometry": {"kind": "fixed", "height_px": 64, "width_px": 32, "patch_px": 32}}},
            "looks at one patch",
        ),
        ({"preprocessing": {"geometry": {"kind": "native", "patch_px": 32}}}, "looks at one patch"),
        ({"kind": "serial"}, "'patches' or 'identity'"),
    ],
)
def test_an_identity_spec_that_cannot_be_judged_by_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        ModelSpec.model_validate(identity_values(**changes))


def test_a_patches_spec_with_a_region_is_refused_because_a_defect_beside_it_would_pass() -> None:
    values = spec_values()
    values["preprocessing"]["region"] = {"y": 0.0, "x": 0.0, "height": 0.5, "width": 1.0}
    with pytest.raises(ValidationError, match="a defect outside it would pass"):
        ModelSpec.model_validate(values)


def test_a_region_that_ends_outside_the_part_is_refused() -> None:
    with pytest.raises(ValidationError, match="ends outside the part"):
        Region(y=0.6, x=0.0, height=0.5, width=1.0)


@CALM
@given(
    st.integers(1, 3000), st.integers(1, 3000), st.floats(0, 0.999), st.floats(0, 0.999), st.floats(0.001, 1),
    st.floats(0.001, 1),
)  # fmt: skip
def test_a_region_lies_in_its_part_and_is_never_empty(
    height: int, width: int, y: float, x: float, down: float, right: float
) -> None:
    part = Box(7, 11, width, height)
    inner = region_of(part, Region(y=y, x=x, height=min(down, 1 - y), width=min(right, 1 - x)))
    assert inner.x_px >= 7
    assert inner.y_px >= 11
    assert inner.x_px + inner.width_px <= 7 + width
    assert inner.y_px + inner.height_px <= 11 + height


def test_the_whole_part_as_a_region_is_the_part() -> None:
    assert region_of(Box(3, 4, 101, 57), Region(y=0, x=0, height=1, width=1)) == Box(3, 4, 101, 57)
