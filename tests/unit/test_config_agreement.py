"""Keys that cannot both be right are named with their line, all of them at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from station.config.faults import ConfigError
from station.config.load import Loaded, load_config
from tests.unit.models_bundle import TINY_BUNDLE, TINY_KEY


def a_config() -> dict[str, Any]:
    """Two cameras, three views."""
    bundle = str(TINY_BUNDLE)
    return {
        "cameras": {
            "shank": {"scene": "shank.scene", "width_px": 320, "lines_per_frame": 448},
            "head": {
                "scene": "head.scene", "serial": "AREA01", "line_trigger": None,
                "width_px": 320, "lines_per_frame": 200,
            },
        },
        "plc": {"port": 15020, "peer": "simulated"},
        "models": {"trusted_keys": ["shipped", str(TINY_KEY)]},
        "recipe": {
            "name": "screw", "deadline_ms": 500,
            "views": [
                {"name": "shank", "camera": "shank", "bundle": bundle},
                {"name": "head-0", "camera": "head", "bundle": bundle},
                {"name": "head-90", "camera": "head", "bundle": bundle, "offset_counts": 448},
            ],
        },
    }  # fmt: skip


def loaded(folder: Path, values: dict[str, Any]) -> Loaded:
    path = folder / "station.yaml"
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return load_config(path)


def faults(folder: Path, values: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as error:
        loaded(folder, values)
    return [str(fault) for fault in error.value.faults]


def test_two_cameras_and_three_views_are_good(tmp_path: Path) -> None:
    found = loaded(tmp_path, a_config())
    assert found.labels == ("defect-free", "spot", "hole")
    assert found.class_numbers[2][1] == 1
    assert found.camera_of(1).serial == "AREA01"
    assert found.model_digest == found.bundles[0].digest, "one bundle for all views keeps its own digest"


def test_a_view_of_no_camera_and_a_camera_without_a_view_are_both_named(tmp_path: Path) -> None:
    values = a_config()
    values["recipe"]["views"][0]["camera"] = "mantle"
    first, second = faults(tmp_path, values)
    assert "cameras.shank: no view of the recipe uses this camera" in first
    assert "recipe.views[0].camera: there is no camera 'mantle', one of shank, head" in second


def test_views_that_a_picture_could_belong_to_both_of_are_refused(tmp_path: Path) -> None:
    values = a_config()
    values["recipe"]["views"][2]["offset_counts"] = 16
    (fault,) = faults(tmp_path, values)
    assert "16 is only 16 counts from view head-0" in fault
    values["recipe"]["views"][2]["offset_counts"] = 17
    assert loaded(tmp_path, values).config.recipe.views[2].offset_counts == 17


def test_views_of_one_name_are_refused(tmp_path: Path) -> None:
    values = a_config()
    values["recipe"]["views"][2]["name"] = "head-0"
    (fault,) = faults(tmp_path, values)
    assert "'head-0' is there twice" in fault


def test_a_ring_that_cannot_hold_one_parts_pictures_is_refused(tmp_path: Path) -> None:
    values = a_config()
    values["recipe"]["views"] += [
        {"name": "head-180", "camera": "head", "bundle": str(TINY_BUNDLE), "offset_counts": 896},
    ]
    values["cameras"]["head"]["ring_slots"] = 2
    (fault,) = faults(tmp_path, values)
    assert "cameras.head.ring_slots: 2 are fewer than the 3 pictures of one part" in fault


def test_a_camera_fired_by_software_has_one_view_at_the_trigger(tmp_path: Path) -> None:
    values = a_config()
    values["cameras"]["head"]["frame_trigger"] = "Software"
    found = faults(tmp_path, values)
    assert len(found) == 2
    assert all("is triggered by software" in fault for fault in found)
    del values["recipe"]["views"][2]
    assert loaded(tmp_path, values).config.cameras["head"].frame_trigger == "Software"


def test_two_simulated_cameras_need_two_scenes(tmp_path: Path) -> None:
    values = a_config()
    values["cameras"]["head"]["scene"] = "shank.scene"
    (fault,) = faults(tmp_path, values)
    assert "cameras.head.scene: is the scene of camera shank too" in fault


def test_a_camera_name_is_plain(tmp_path: Path) -> None:
    values = a_config()
    values["cameras"]["Head 1"] = values["cameras"].pop("head")
    assert any("Head 1" in fault for fault in faults(tmp_path, values))


def test_two_bundles_share_one_numbering_of_defects_and_one_digest(tmp_path: Path) -> None:
    values = a_config()
    mantle = Path(__file__).parents[2] / "models" / "bundles" / "mantle"
    values["recipe"]["views"][2]["bundle"] = str(mantle)
    found = loaded(tmp_path, values)
    assert found.labels == ("defect-free", "spot", "hole", "imprinted", "pits", "roll-marks", "scratches")
    assert found.class_numbers[2][1] == found.labels.index("imprinted")
    assert found.class_numbers[0][1] == 1
    assert found.model_digest not in {bundle.digest for bundle in found.bundles}


def test_a_deadline_that_is_over_before_the_jig_has_turned_is_refused(tmp_path: Path) -> None:
    values = a_config()
    values["cell"] = {"counts_per_turn": 1792, "rate_parts_per_s": 2.0}
    values["recipe"] |= {"deadline_ms": 401, "picture_deadline_ms": 400}
    (fault,) = faults(tmp_path, values)
    assert "recipe.picture_deadline_ms: 400 is over before the simulated jig has turned once (400 ms)" in fault
    values["recipe"]["picture_deadline_ms"] = 401
    assert loaded(tmp_path, values).config.recipe.picture_deadline_ms == 401


def test_a_page_that_the_network_sees_needs_https(tmp_path: Path) -> None:
    values = a_config()
    values["page"] = {"port": 8090, "host": "0.0.0.0"}
    (fault,) = faults(tmp_path, values)
    assert "page.host: passwords would cross the network in clear" in fault
    assert "tls_certificate" in fault
