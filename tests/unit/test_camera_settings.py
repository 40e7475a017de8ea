"""Camera settings: defaults, what is refused by name, and what the rest of the station reads from them."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from drivers.camera.pixels import FORMATS
from drivers.camera.settings import CameraSettings, PixelFormatName


def test_the_defaults_are_the_cells_mantle() -> None:
    settings = CameraSettings(scene="scene")
    assert (settings.width_px, settings.lines_per_frame, settings.buffers) == (5472, 3648, 8)
    assert settings.line_trigger is not None
    assert settings.counts_per_line == 4
    assert settings.carries_counts
    assert not settings.is_area


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"buffers": 7}, "buffers"),
        ({"ring_slots": 65}, "ring_slots"),
        ({"width_px": "640"}, "width_px"),
        ({"colour": True}, "colour"),
        ({"line_trigger": {"source": "Encoder9"}}, "source"),
        ({"line_trigger": {"encoder_source_a": "Encoder0"}}, "encoder_source_a"),
        ({"line_trigger": {"encoder_mode": "Fast"}}, "encoder_mode"),
        ({"frame_trigger": "Line99"}, "frame_trigger"),
        ({"chunks": ["EncoderCount"]}, "chunks"),
        ({"events": ["Anything"]}, "events"),
        ({"model": "basler"}, "model"),
        ({"pixel_format": "Mono14"}, "pixel_format"),
        ({"producer": "a.cti", "scene": "x"}, "scene is for the simulated camera only"),
        ({"producer": "replay"}, "set scene to the folder of the recording"),
        ({"pixel_format": "Mono10p", "width_px": 642}, "width_px 642 does not fit pixel_format Mono10p: write a mult"),
        ({"pixel_format": "Mono12p", "width_px": 641}, "write a multiple of 2"),
        ({"pixel_format": "BayerRG8", "width_px": 641}, "write a multiple of 2"),
    ],
)
def test_what_is_wrong_is_refused_by_name(values: dict[str, object], key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        CameraSettings.model_validate(values)


def test_every_setting_says_what_it_is() -> None:
    schema = CameraSettings.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        assert all("description" in field for field in part["properties"].values())


def test_every_format_that_can_be_configured_can_be_read() -> None:
    assert set(PixelFormatName.__args__) == set(FORMATS)


@pytest.mark.parametrize("values", [{"chunks": ["Timestamp", "FrameID"], "events": ["LineTriggerMissed"]}])
def test_lists_are_taken_from_a_file_and_from_python(values: dict[str, object]) -> None:
    from_file = CameraSettings.model_validate_json(json.dumps(values))
    assert from_file == CameraSettings.model_validate(values)
    assert from_file.chunks == ("Timestamp", "FrameID")
    assert not from_file.carries_counts


@pytest.mark.parametrize(
    ("line_trigger", "counts"),
    [
        ({"source": "Encoder0", "encoder_divider": 7}, 7),
        ({"source": "Line2", "encoder_divider": 7}, None),
        ({"source": "Off"}, None),
        (None, None),
    ],
)
def test_counts_per_line_are_known_where_the_encoder_paces_the_lines(line_trigger: object, counts: int | None) -> None:
    settings = CameraSettings.model_validate({"line_trigger": line_trigger})
    assert settings.counts_per_line == counts
    assert settings.is_area == (line_trigger is None)


def test_a_simulated_camera_and_a_replay_may_have_a_scene() -> None:
    for producer in ("simulated", "replay"):
        scene_path = CameraSettings(producer=producer, scene="there").scene_path
        assert scene_path is not None
        assert scene_path.name == "there"
