"""`further_recipes`: each is checked as the first one is, every fault at its own key; each can be in use."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from station.changeover.recipe_run import recipe_runs
from tests.unit.models_bundle import TINY_BUNDLE, TINY_IDENTITY
from tests.unit.test_config_agreement import a_config, faults, loaded

MANTLE = Path(__file__).parents[2] / "models" / "bundles" / "mantle"


def with_second(**changes: Any) -> dict[str, Any]:
    """Recipe 1 of three views, recipe 2 of the first view alone, with another bundle."""
    values = a_config()
    second = copy.deepcopy(values["recipe"]) | {"id": 2, "name": "bolt", "deadline_ms": 700}
    second["views"] = [second["views"][0] | {"bundle": str(MANTLE)}]
    values["further_recipes"] = [second | changes]
    return values


def test_each_recipe_has_its_own_models_classes_and_digest(tmp_path: Path) -> None:
    first = loaded(tmp_path, with_second())
    second = first.for_recipe(2)
    assert first.for_recipe(1) is first
    assert (second.config.recipe.name, [one.id for one in second.config.further_recipes]) == ("bolt", [1])
    assert second.labels[:2] == ("defect-free", "imprinted")
    assert first.labels == ("defect-free", "spot", "hole")
    assert second.model_digest != first.model_digest
    assert second.for_recipe(1).labels == first.labels
    with pytest.raises(LookupError, match="there is no recipe 5 in the configuration, only 1, 2"):
        first.for_recipe(5)


def test_everything_that_a_recipe_decides_by_is_in_its_run(tmp_path: Path) -> None:
    runs = recipe_runs(loaded(tmp_path, with_second()), "run")
    assert {number: run.limits.deadline_ns // 1_000_000 for number, run in runs.items()} == {1: 500, 2: 700}
    assert [len(runs[number].limits.views) for number in (1, 2)] == [3, 1]
    assert runs[2].identity.recipe_id == 2
    assert runs[2].identity.labels == runs[2].loaded.labels
    assert runs[1].identity.configuration_id == runs[2].identity.configuration_id
    assert runs[1].identity.recipe_digest != runs[2].identity.recipe_digest
    assert f"{runs[2].digest_bits:08x}" == runs[2].loaded.model_digest[:8]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"id": 1}, "further_recipes[0].id: 1 is the number of recipe 'screw' too"),
        (
            {"views": [{"name": "a", "camera": "none", "bundle": str(TINY_BUNDLE)}]},
            "further_recipes[0].views[0].camera: there is no camera 'none', one of shank, head",
        ),
        (
            {"views": [{"name": "a", "camera": "shank", "bundle": "nowhere"}]},
            "further_recipes[0].views[0].bundle: ",
        ),
        (
            {"identity": {"bundle": str(TINY_IDENTITY), "part_type": "type-x"}},
            "further_recipes[0].identity.part_type: ",
        ),
        ({"gate": {"offset_counts": 9000}}, "further_recipes[0].gate: needs the line's encoder"),
    ],
)
def test_a_fault_of_a_further_recipe_is_named_there(tmp_path: Path, changes: dict[str, Any], fault: str) -> None:
    (found,) = faults(tmp_path, with_second(**changes))
    assert fault in found
    assert "station.yaml:" in found


def test_a_camera_that_one_recipe_uses_is_enough_and_one_that_none_uses_is_said(tmp_path: Path) -> None:
    values = with_second()
    values["recipe"]["views"] = values["recipe"]["views"][:1]
    (found,) = faults(tmp_path, values)
    assert "cameras.head: no view of any recipe uses this camera" in found


def test_with_remote_io_the_gate_stands_where_it_stands(tmp_path: Path) -> None:
    values = with_second(gate={"offset_counts": 8000})
    values["plc"] = {"role": "remote_io", "peer": "simulated"}
    values["recipe"]["gate"] = {"offset_counts": 9000}
    assert any(
        "further_recipes[0].gate: is another one than recipe.gate" in found for found in faults(tmp_path, values)
    )
