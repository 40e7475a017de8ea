"""From settings to feature writes, and what a camera that will not have them is reported as."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from drivers.camera.features import FeatureRefusedError, FeatureWrite, apply_writes, writes_for
from drivers.camera.settings import CameraSettings

UNDONE = ["OffsetX", "OffsetY", "ExposureAuto", "GainAuto", "EncoderSelector"]


def pairs(**values: object) -> list[tuple[str, object]]:
    """What is asked of the camera; what is only undone where it is there stands in its own tests."""
    settings = CameraSettings.model_validate({"chunks": [], **values})
    return [(write.name, write.value) for write in writes_for(settings) if not write.only_if_there]


class Node:
    """A feature as GenApi shows it; `log` is shared by a camera's nodes and keeps the order of writes."""

    def __init__(self, name: str, value: object, log: list[tuple[str, object]], offer: Mapping[str, Any]) -> None:
        self.__dict__.update(offer)
        self.node = SimpleNamespace(name=name)
        self._value, self._log = value, log

    @property
    def value(self) -> object:
        if "unreadable" in self.__dict__:
            raise RuntimeError("Node is not readable : AccessException thrown in node")
        return self._value

    @value.setter
    def value(self, value: object) -> None:
        allowed = self.__dict__.get("symbolics")
        if allowed is not None and value not in allowed:
            raise RuntimeError(f"cannot convert {value} : thrown in node")
        self._log.append((self.node.name, value))
        self._value = value


def camera(log: list[tuple[str, object]], **nodes: tuple[object, Mapping[str, Any]]) -> SimpleNamespace:
    made = {name: Node(name, value, log, offer) for name, (value, offer) in nodes.items()}
    return SimpleNamespace(**made, nodes=list(made.values()))


def test_a_line_scan_camera_in_step_with_the_encoder_is_set_selector_first() -> None:
    assert pairs(width_px=640, lines_per_frame=360, exposure_us=12.5, gain_db=3.0, chunks=["EncoderValue"]) == [
        ("PixelFormat", "Mono8"),
        ("Width", 640),
        ("Height", 360),
        ("ExposureTime", 12.5),
        ("Gain", 3.0),
        ("EncoderDivider", 4),
        ("TriggerSelector", "LineStart"),
        ("TriggerSource", "Encoder0"),
        ("TriggerMode", "On"),
        ("TriggerSelector", "FrameStart"),
        ("TriggerSource", "Line1"),
        ("TriggerMode", "On"),
        ("ChunkModeActive", True),
        ("ChunkSelector", "EncoderValue"),
        ("ChunkEnable", True),
    ]


def test_everything_that_an_encoder_can_be_told_is_told_before_it_starts_lines() -> None:
    line = {
        "encoder_source_a": "Line2",
        "encoder_source_b": "Line3",
        "encoder_mode": "HighResolution",
        "encoder_output_mode": "PositionUp",
    }
    asked = pairs(line_trigger=line)
    assert asked[3:9] == [
        ("EncoderSourceA", "Line2"),
        ("EncoderSourceB", "Line3"),
        ("EncoderMode", "HighResolution"),
        ("EncoderDivider", 4),
        ("EncoderOutputMode", "PositionUp"),
        ("TriggerSelector", "LineStart"),
    ]


def test_lines_from_an_input_leave_the_encoder_alone() -> None:
    asked = pairs(line_trigger={"source": "Line3", "encoder_source_a": "Line2"})
    assert not [name for name, _ in asked if name.startswith("Encoder")]
    assert ("TriggerSource", "Line3") in asked


def test_every_chunk_and_event_is_selected_before_it_is_switched_on() -> None:
    asked = pairs(
        line_trigger=None, frame_trigger=None, chunks=["Timestamp", "LineStatusAll"], events=["LineTriggerMissed"]
    )
    assert asked[3:] == [
        ("ChunkModeActive", True),
        ("ChunkSelector", "Timestamp"),
        ("ChunkEnable", True),
        ("ChunkSelector", "LineStatusAll"),
        ("ChunkEnable", True),
        ("EventSelector", "LineTriggerMissed"),
        ("EventNotification", "On"),
    ]


def test_rates_are_switched_on_where_they_have_a_switch() -> None:
    settings = CameraSettings(line_rate_hz=5000.0, frame_rate_hz=10.0, chunks=())
    rates = [write for write in writes_for(settings) if "Rate" in write.name]
    assert rates == [
        FeatureWrite("AcquisitionLineRateEnable", True, only_if_there=True),
        FeatureWrite("AcquisitionLineRate", 5000.0),
        FeatureWrite("AcquisitionFrameRateEnable", True, only_if_there=True),
        FeatureWrite("AcquisitionFrameRate", 10.0),
    ]


def test_off_turns_the_trigger_off_and_null_leaves_it_alone() -> None:
    off = pairs(line_trigger={"source": "Off"}, frame_trigger="Off")
    assert off[3:] == [
        ("TriggerSelector", "LineStart"),
        ("TriggerMode", "Off"),
        ("TriggerSelector", "FrameStart"),
        ("TriggerMode", "Off"),
    ]
    assert pairs(line_trigger=None, frame_trigger=None)[3:] == []


def test_further_features_come_last_and_in_their_order() -> None:
    wanted = {"Gain": 3.0, "EncoderSourceA": "Line2", "ReverseX": True}
    assert pairs(features=wanted)[-3:] == list(wanted.items())


def test_a_shift_and_automatics_that_were_left_there_go_before_what_they_would_spoil() -> None:
    log: list[tuple[str, object]] = []
    nodes = camera(
        log,
        PixelFormat=("Mono8", {}),
        OffsetX=(64, {}),
        Width=(100, {}),
        Height=(50, {}),
        ExposureAuto=("Continuous", {"symbolics": ("Off", "Continuous")}),
        ExposureTime=(1.0, {}),
    )
    settings = CameraSettings(
        width_px=160,
        lines_per_frame=50,
        offset_x_px=8,
        exposure_us=9.0,
        line_trigger=None,
        frame_trigger=None,
        chunks=(),
    )
    apply_writes(nodes, writes_for(settings))
    assert log == [("OffsetX", 0), ("Width", 160), ("OffsetX", 8), ("ExposureAuto", "Off"), ("ExposureTime", 9.0)]


def test_what_is_only_undone_may_be_absent_or_there_in_name_only() -> None:
    log: list[tuple[str, object]] = []
    nodes = camera(log, OffsetX=(0, {"unreadable": True}))
    apply_writes(nodes, [FeatureWrite(name, 0, only_if_there=True) for name in UNDONE])
    assert log == []


def test_a_feature_that_can_only_be_written_is_written() -> None:
    log: list[tuple[str, object]] = []
    apply_writes(camera(log, UserSetDefault=("", {"unreadable": True})), [FeatureWrite("UserSetDefault", "Factory")])
    assert log == [("UserSetDefault", "Factory")]


def test_writes_go_out_in_order_and_a_value_that_is_there_is_left() -> None:
    log: list[tuple[str, object]] = []
    nodes = camera(log, Width=(100, {}), Height=(50, {}), Gain=(0.0, {}))
    apply_writes(nodes, [FeatureWrite("Gain", 2.0), FeatureWrite("Height", 50), FeatureWrite("Width", 80)])
    assert log == [("Gain", 2.0), ("Width", 80)]


def test_every_fault_is_reported_at_once_with_what_the_camera_offers() -> None:
    log: list[tuple[str, object]] = []
    nodes = camera(log, TriggerSource=("Line1", {"symbolics": ("Line1", "Encoder0")}), Width=(100, {}))
    with pytest.raises(FeatureRefusedError) as refused:
        apply_writes(
            nodes,
            [FeatureWrite("TriggerSource", "Line9"), FeatureWrite("Widths", 1), FeatureWrite("Zoom", 2)],
        )
    assert str(refused.value) == (
        "feature TriggerSource does not take 'Line9': the camera offers Line1, Encoder0; "
        "feature Widths (wanted 1) is not in the camera: it has Width; "
        "feature Zoom (wanted 2) is not in the camera: it has none of a similar name"
    )


def test_a_command_is_executed() -> None:
    executed: list[bool] = []
    nodes = SimpleNamespace(EncoderReset=SimpleNamespace(execute=lambda: executed.append(True)), nodes=[])
    apply_writes(nodes, [FeatureWrite("EncoderReset", True)])
    assert executed == [True]
