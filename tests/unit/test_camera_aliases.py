"""Cameras of other makers, as tables of their features: what the settings become there, and what is refused by name.

The tables hold the features that matter here, as the makers' manuals name them.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from drivers.camera.aliases import FAMILIES, candidates, entry_for, family_of, find_node
from drivers.camera.features import FeatureRefusedError, FeatureWrite, apply_writes, writes_for
from drivers.camera.settings import CameraSettings, ModelName

LINES = ("Line1", "Line2", "Line3")
COMMON: dict[str, Any] = {
    "PixelFormat": ("Mono8", "Mono12"),
    "Width": 4096,
    "Height": 1024,
    "ExposureTime": 15.0,
    "TriggerSelector": ("LineStart", "FrameStart"),
    "TriggerMode": ("Off", "On"),
    "ChunkModeActive": False,
    "ChunkSelector": ("Timestamp", "FrameID", "EncoderValue", "LineStatusAll"),
    "ChunkEnable": False,
}
RACER2: dict[str, Any] = {
    **COMMON,
    "DeviceVendorName": "Basler",
    "DeviceModelName": "r2L4096-172g5m",
    "TriggerSource": ("Line1", "Line2", "Software", "Encoder1"),
    "EncoderSelector": ("Encoder1",),
    "EncoderSourceA": ("Off", *LINES),
    "EncoderSourceB": ("Off", *LINES),
    "EncoderMode": ("FourPhase", "HighResolution"),
    "EncoderOutputMode": ("Off", "Motion", "DirectionUp", "DirectionDown", "PositionUp", "PositionDown"),
    "EncoderDivider": 1,
    "BslChunkTimestampValue": 0,
}
LINEA: dict[str, Any] = {
    **COMMON,
    "DeviceVendorName": "Teledyne DALSA",
    "DeviceModelName": "Linea_M4096-7um",
    "TriggerSource": ("Line1", "Line2", "rotaryEncoder1", "Software"),
    "rotaryEncoderInputASource": LINES,
    "rotaryEncoderInputBSource": ("GND", *LINES),
    "rotaryEncoderOutputMode": ("Position", "Motion"),
    "rotaryEncoderDirection": ("Clockwise", "CounterClockwise"),
    "rotaryEncoderDivider": 1,
    "EventSelector": ("InvalidLineTrigger", "InvalidFrameTrigger", "FrameStart"),
    "EventNotification": ("Off", "On"),
}
NANO: dict[str, Any] = {
    **COMMON,
    "DeviceVendorName": "Teledyne DALSA",
    "DeviceModelName": "Nano-M2020",
    "TriggerSource": ("Line1", "Line2", "Software"),
    "chunkCompatibilityMode": ("SaperaLT", "GenAPI"),
}


class Node:
    def __init__(self, name: str, table_entry: Any, log: list[tuple[str, object]]) -> None:
        self.node = SimpleNamespace(name=name)
        self._log = log
        self._value: object = table_entry
        if isinstance(table_entry, tuple):
            self.symbolics = table_entry
            self._value = table_entry[0]

    @property
    def value(self) -> object:
        return self._value

    @value.setter
    def value(self, value: object) -> None:
        if value not in getattr(self, "symbolics", (value,)):
            raise RuntimeError(f"{value} is no entry")
        self._log.append((self.node.name, value))
        self._value = value


def node_map(table: dict[str, Any]) -> tuple[SimpleNamespace, list[tuple[str, object]]]:
    log: list[tuple[str, object]] = []
    nodes = {name: Node(name, entry, log) for name, entry in table.items()}
    return SimpleNamespace(**nodes, nodes=list(nodes.values())), log


def settings(**changes: object) -> CameraSettings:
    values: dict[str, object] = {"width_px": 2048, "lines_per_frame": 2048, **changes}
    return CameraSettings.model_validate(values)


ENCODER = {"encoder_source_a": "Line1", "encoder_source_b": "Line2", "encoder_output_mode": "PositionUp"}


def test_a_racer_2_counts_its_encoders_from_one() -> None:
    nodes, log = node_map(RACER2)
    apply_writes(nodes, writes_for(settings(line_trigger=ENCODER)))
    assert ("TriggerSource", "Encoder1") in log
    assert ("EncoderSourceA", "Line1") in log
    assert ("EncoderDivider", 4) in log
    assert ("TriggerSource", "Line1") in log  # of FrameStart


def test_a_linea_has_its_own_names_for_all_of_the_encoder() -> None:
    nodes, log = node_map(LINEA)
    apply_writes(nodes, writes_for(settings(line_trigger=ENCODER, events=["LineTriggerMissed"])))
    assert ("TriggerSource", "rotaryEncoder1") in log
    assert ("rotaryEncoderInputBSource", "Line2") in log
    assert ("rotaryEncoderDivider", 4) in log
    assert nodes.rotaryEncoderInputASource.value == "Line1"
    assert nodes.rotaryEncoderOutputMode.value == "Position"
    assert nodes.EventSelector.value == "InvalidLineTrigger"


def test_a_direction_that_a_linea_has_elsewhere_is_refused_rather_than_guessed() -> None:
    nodes, _ = node_map(LINEA)
    backward = {**ENCODER, "encoder_output_mode": "PositionDown"}
    with pytest.raises(FeatureRefusedError) as refused:
        apply_writes(nodes, writes_for(settings(line_trigger=backward)))
    assert str(refused.value) == (
        "feature EncoderOutputMode does not take 'PositionDown': the camera offers Position, Motion"
    )


def test_a_genie_nano_is_set_to_readable_chunks_before_any_chunk_is_asked_for() -> None:
    nodes, log = node_map(NANO)
    apply_writes(nodes, writes_for(settings(line_trigger=None, frame_trigger="Line2", chunks=["Timestamp", "FrameID"])))
    assert log.index(("chunkCompatibilityMode", "GenAPI")) < log.index(("ChunkModeActive", True))


def test_a_genie_nano_without_chunks_keeps_its_mode() -> None:
    nodes, log = node_map(NANO)
    apply_writes(nodes, writes_for(settings(line_trigger=None, frame_trigger="Line2", chunks=[])))
    assert not [name for name, _ in log if "hunk" in name]


def test_everything_that_is_missing_is_told_at_once_with_all_names_that_were_sought() -> None:
    nodes, _ = node_map(NANO)
    with pytest.raises(FeatureRefusedError) as refused:
        apply_writes(nodes, writes_for(settings(line_trigger=ENCODER)), "dalsa-linea")
    sentence = str(refused.value)
    for part in (
        "feature EncoderSourceA (wanted 'Line1') is not in the camera, nor is rotaryEncoderInputASource",
        "feature EncoderDivider (wanted 4) is not in the camera, nor is rotaryEncoderDivider",
        "feature TriggerSource does not take 'Encoder0': the camera offers Line1, Line2, Software",
    ):
        assert part in sentence


@pytest.mark.parametrize(
    ("vendor", "model", "family"),
    [
        ("Basler", "r2L8192-100g5m", "basler-racer2"),
        ("Basler", "raL2048-48gm", "sfnc"),
        ("Teledyne DALSA", "Linea_M4096-7um", "dalsa-linea"),
        ("Teledyne DALSA", "Linea2_M4K", "dalsa-linea2"),
        ("Teledyne DALSA", "Nano-M2020", "dalsa-genie-nano"),
        ("Nobody", "Linea", "sfnc"),
        ("Edge Inspection (Simulated)", "Simulated line scan", "sfnc"),
    ],
)
def test_a_camera_is_of_the_family_that_it_says_it_is_of(vendor: str, model: str, family: str) -> None:
    nodes, _ = node_map({"DeviceVendorName": vendor, "DeviceModelName": model})
    assert family_of(nodes).name == family


def test_the_configuration_overrules_what_the_camera_says_and_one_that_says_nothing_is_of_no_family() -> None:
    nodes, _ = node_map(LINEA)
    assert family_of(nodes, "sfnc").name == "sfnc"
    assert family_of(SimpleNamespace(), "auto").name == "sfnc"


def test_there_is_a_family_for_every_model_that_can_be_configured() -> None:
    configurable = {name for name in ModelName.__args__ if name != "auto"}
    assert {family.name for family in FAMILIES} == configurable


def test_the_sfnc_name_and_value_come_first_where_a_camera_has_both() -> None:
    both, log = node_map({**LINEA, "EncoderDivider": 1, "TriggerSource": ("Encoder0", "rotaryEncoder1", "Line9")})
    apply_writes(both, [FeatureWrite("EncoderDivider", 7), FeatureWrite("TriggerSource", "Encoder0")])
    assert log == [("EncoderDivider", 7)]  # Encoder0 was set already


def test_chunks_and_events_are_found_by_their_other_names_too() -> None:
    nodes, _ = node_map(RACER2)
    family = family_of(nodes)
    assert candidates(family, "ChunkTimestamp") == ("ChunkTimestamp", "BslChunkTimestampValue")
    assert find_node(nodes, family, "ChunkTimestamp") is nodes.BslChunkTimestampValue
    assert find_node(nodes, family, "ChunkLineStatusAll") is None
    assert entry_for(nodes.Width, family, "Width", 12) == 12
