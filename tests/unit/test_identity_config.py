"""`recipe.identity`: what can be asked, and one sentence for what does not fit the bundles."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from station.cli.camera_choice import chosen_camera
from station.cli.check import check
from station.limits import alarms_of, limits_of
from station.workers.messages import ViewPlan
from tests.unit.models_bundle import TINY_BUNDLE, TINY_IDENTITY
from tests.unit.test_config_agreement import a_config, faults, loaded


def asking(**changes: Any) -> dict[str, Any]:
    """The configuration of two cameras and three views, which asks for type-b in its second view."""
    values = a_config()
    values["recipe"]["identity"] = {"bundle": str(TINY_IDENTITY), "part_type": "type-b", "view": "head-0"} | changes
    return values


@pytest.mark.parametrize("view", ["head-0", 1])
def test_the_view_is_named_or_numbered_and_that_view_alone_must_show_the_type(tmp_path: Path, view: str | int) -> None:
    found = loaded(tmp_path, asking(view=view))
    assert [each.part_type for each in limits_of(found.config).views] == [None, "type-b", None]
    assert found.identity is not None
    assert found.identity.labels == ("type-a", "type-b", "type-c")


def test_without_a_view_the_first_one_is_asked_and_without_identity_none_is(tmp_path: Path) -> None:
    values = asking()
    del values["recipe"]["identity"]["view"]
    found = loaded(tmp_path, values)
    assert [each.part_type for each in limits_of(found.config).views] == ["type-b", None, None]
    assert loaded(tmp_path, a_config()).identity is None
    assert {each.part_type for each in limits_of(loaded(tmp_path, a_config()).config).views} == {None}


def test_part_types_are_no_defect_classes_but_the_bundle_is_part_of_the_models_digest(tmp_path: Path) -> None:
    without, found = loaded(tmp_path, a_config()), loaded(tmp_path, asking())
    assert found.labels == without.labels == ("defect-free", "spot", "hole")
    assert found.model_digest != without.model_digest
    assert [bundle.path.name for bundle in found.all_bundles] == ["tiny_bundle", "tiny_identity"]


def test_a_type_that_the_bundle_does_not_know_is_one_sentence_with_those_that_it_knows(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, asking(part_type="type-x"))
    assert "recipe.identity.part_type" in fault
    assert "knows no part type 'type-x', one of type-a, type-b, type-c" in fault


def test_a_bundle_that_finds_defects_cannot_tell_the_type_nor_the_reverse(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, asking(bundle=str(TINY_BUNDLE)))
    assert "recipe.identity.bundle" in fault
    assert "is a bundle of kind patches, which looks for defects: expected kind identity" in fault
    values = asking()
    values["recipe"]["views"][2]["bundle"] = str(TINY_IDENTITY)
    (fault,) = faults(tmp_path, values)
    assert "recipe.views[2].bundle" in fault
    assert "is a bundle of kind identity, which tells which part it is: expected kind patches" in fault


@pytest.mark.parametrize("view", ["head-45", 3])
def test_a_view_that_is_not_there_is_told_with_those_that_are(tmp_path: Path, view: str | int) -> None:
    (fault,) = faults(tmp_path, asking(view=view))
    assert f"recipe.identity.view: there is no view {view!r}, one of 0 shank, 1 head-0, 2 head-90" in fault


@pytest.mark.parametrize("view", [-1, 1.5, True, ""])
def test_a_view_that_can_be_none_is_told_at_its_key(tmp_path: Path, view: object) -> None:
    found = faults(tmp_path, asking(view=view))
    assert found
    assert all("recipe.identity.view" in fault for fault in found)


def test_only_the_view_that_tells_the_type_may_have_no_bundle(tmp_path: Path) -> None:
    values = asking()
    del values["recipe"]["views"][1]["bundle"]
    found = loaded(tmp_path, values)
    assert found.bundles[1] is found.identity
    assert found.class_numbers[1] == (0,)
    del values["recipe"]["views"][2]["bundle"]
    (fault,) = faults(tmp_path, values)
    assert "recipe.views[2].bundle: is missing: nobody would look at this picture" in fault


def test_a_missing_identity_bundle_is_told_at_its_own_key(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, asking(bundle="nowhere"))
    assert "recipe.identity.bundle" in fault


def test_the_alarm_over_wrong_parts_comes_from_the_recipe(tmp_path: Path) -> None:
    values = asking()
    values["recipe"]["alarms"] = {"consecutive_wrong_parts": 3}
    assert alarms_of(loaded(tmp_path, values).config).wrong_parts == 3


def test_the_type_is_told_before_defects_are_looked_for_and_both_count_for_the_pace() -> None:
    assert ViewPlan(ring=0, bundle=1, identity=2).lookers == (2, 1)
    assert ViewPlan(ring=0, bundle=1).lookers == (1,)
    assert ViewPlan(ring=0, bundle=None, identity=2).lookers == (2,)


def test_a_camera_that_only_tells_the_type_is_tuned_by_the_identity_bundles_crop_rule(tmp_path: Path) -> None:
    values = asking()
    del values["recipe"]["views"][1]["bundle"]
    values["recipe"]["views"].pop()
    found = loaded(tmp_path, values)
    chosen = chosen_camera(Namespace(config=found.path, camera="head"))
    assert found.identity is not None
    assert chosen.crop == found.identity.spec.preprocessing.crop


def test_the_check_says_which_part_it_must_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(loaded(tmp_path, asking()).path) == 0
    assert "3 classes; only part type type-b, of the 3 that the model knows." in capsys.readouterr().out
