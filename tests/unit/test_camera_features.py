"""From settings to feature writes, and what a camera that will not have them is reported as."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from drivers.camera.features import FeatureRefusedError, FeatureWrite, apply_writes, writes_for
from drivers.camera.settings import CameraSettings


def pairs(**values: object) -> list[tuple[str, object]]:
    settings = CameraSettings.model_validate(values)
    return [(write.name, write.value) for write in writes_for(settings)]


class Node:
    """A feature as GenApi shows it; `log` is shared by a camera's nodes and keeps the order of writes."""

    def __init__(self, name: str, value: object, log: list[tuple[str, object]], offer: Mapping[str, Any]) -> None:
        self.__dict__.update(offer)
        self.node = SimpleNamespace(name=name)
        self._value, self._log = value, log

    @property
    def value(self) -> object:
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
    assert pairs(width_px=640, lines_per_frame=360, exposure_us=12.5) == [
        ("PixelFormat", "Mono8"),
        ("Width", 640),
        ("Height", 360),
        ("ExposureTime", 12.5),
        ("TriggerSelector", "LineStart"),
        ("EncoderDivider", 4),
        ("TriggerSource", "Encoder0"),
        ("TriggerMode", "On"),
        ("ChunkModeActive", True),
        ("ChunkSelector", "EncoderValue"),
        ("ChunkEnable", True),
        ("TriggerSelector", "FrameStart"),
        ("TriggerSource", "Line1"),
        ("TriggerMode", "On"),
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
