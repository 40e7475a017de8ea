"""How `station camera` starts pictures, whatever the configuration says."""

from __future__ import annotations

import pytest

from drivers.camera.settings import CameraSettings, LineTriggerSettings
from station.cli.camera_choice import TRIGGERS, with_trigger

LINE_SCAN = CameraSettings(line_trigger=LineTriggerSettings(encoder_divider=7), frame_trigger="Line1")
AREA = CameraSettings(line_trigger=None, frame_trigger="Line3")


@pytest.mark.parametrize(
    ("trigger", "frame_trigger", "line_source"),
    [
        ("as-configured", "Line1", "Encoder0"),
        ("software", "Software", "Encoder0"),
        ("off", "Off", "Encoder0"),
        ("free", "Off", "Off"),
    ],
)
def test_a_line_scan_camera(trigger: str, frame_trigger: str, line_source: str) -> None:
    changed = with_trigger(LINE_SCAN, trigger)
    assert changed.frame_trigger == frame_trigger
    assert changed.line_trigger == LineTriggerSettings(source=line_source, encoder_divider=7)


def test_an_area_camera_has_no_lines_to_free() -> None:
    changed = with_trigger(AREA, "free")
    assert changed.is_area
    assert changed.frame_trigger == "Off"


def test_every_way_that_is_offered_gives_settings_that_the_configuration_could_have() -> None:
    for trigger in TRIGGERS:
        changed = with_trigger(LINE_SCAN, trigger)
        assert CameraSettings.model_validate(changed.model_dump()) == changed
