"""Every device in one row: its status follows from what is up and from the faults about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from drivers.plc.facts import WireCounters
from drivers.plc.messages import HandshakeFault, PartTriggered
from drivers.plc.registers import ControlBits, ControlBlock, LineBits, StatusBits, StatusBlock
from drivers.plc.shown import WireWatch
from drivers.plc.signals import LineSignals
from station.api.devices import DeviceShown, room
from station.api.station_devices import StationDevices
from station.camera_reporter import CameraPulse
from station.config.model import StationConfig
from station.device_reporter import Pulse
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.records.writer import RecordCounts

CONFIG = """
cameras: {line: {scene: s}, head: {scene: h, serial: AREA01, line_trigger: null}}
plc: {host: 127.0.0.1, port: 15020, peer: simulated}
encoder: {max_counts_per_s: 10000}
recipe: {name: x, deadline_ms: 500, views: [{name: a, camera: line, bundle: b}, {name: c, camera: head, bundle: b}]}
"""


@dataclass
class Line:
    """What the devices say, to be changed by a test."""

    board: FaultBoard = field(default_factory=FaultBoard)
    up: set[str] = field(default_factory=lambda: {"line", "head"})
    pulse: Pulse = field(default_factory=lambda: Pulse(plc_ns=1, plc_peer="127.0.0.1:9"))
    signals: LineSignals | None = None
    alive: int = 2
    depth: int = 0
    engine: str = "litert"
    restarts: int = 0

    def devices(self) -> StationDevices:
        pulses = {name: CameraPulse(1, "Edge racer 7", simulated=name == "head") for name in ("line", "head")}
        return StationDevices(
            StationConfig.model_validate(yaml.safe_load(CONFIG)), pulses, lambda name: name in self.up, self.pulse,
            lambda: self.signals, lambda: WireCounters(requests=3), self, lambda: RecordCounts(9, 7, 0, 1, 1),
            self.board.active,
        )  # fmt: skip

    def row(self, kind: str, name: str | None = None) -> DeviceShown:
        source = self.devices()
        rows = [*source.devices(), source.disk(12.5, 100.0)]
        return next(row for row in rows if row.kind == kind and name in (None, row.name))


def test_a_quiet_line_is_well_and_says_so() -> None:
    line = Line(signals=None)
    assert [(row.kind, row.status) for row in line.devices().devices()] == [
        ("camera", "ok"), ("camera", "ok"), ("encoder", "fault"), ("lamp", "ok"), ("plc", "ok"), ("engine", "ok"),
    ]  # fmt: skip
    assert line.row("encoder").text == "It is not read."
    assert line.row("disk").text == "12.5 GB free of 100 GB; 7 records written, 1 waiting, 1 lost."
    assert (line.row("camera", "head").simulated, line.row("camera", "line").simulated) == (True, False)
    assert line.row("plc").details["requests"] == 3


@pytest.mark.parametrize(
    ("code", "details", "kind", "status"),
    [
        (FaultCode.CAMERA_DOWN, {"about": "line", "camera": "line", "reason": "gone."}, "camera", "fault"),
        (FaultCode.IMAGE_DARK, {"view": "a", "part_seq": 1}, "lamp", "warning"),
        (FaultCode.PLC_SILENT, {"for_ms": 9, "limit_ms": 5}, "plc", "fault"),
        (FaultCode.WORKER_DIED, {"worker": 1, "reason": "x", "restarts": 5}, "engine", "fault"),
        (FaultCode.DISK_FULL, {"file": "x"}, "disk", "fault"),
    ],
)
def test_a_fault_is_told_with_its_device(code: FaultCode, details: dict[str, Any], kind: str, status: str) -> None:
    line = Line()
    line.board.raise_(code, **details)
    row = line.row(kind)
    assert (row.status, row.text) == (status, line.board.active()[0].sentence)
    assert line.row("camera", "head").status == "ok"


def test_what_is_gone_or_old_is_no_device_that_is_well() -> None:
    line = Line(up={"head"}, pulse=Pulse(), alive=0, signals=LineSignals(0, encoder_count=5))
    assert line.row("camera", "line").status == "fault"
    assert (line.row("plc").status, line.row("plc").text) == ("unavailable", "Not connected.")
    assert line.row("engine").status == "fault"
    encoder = line.row("encoder")
    assert (encoder.status, encoder.details["count_counts"]) == ("fault", 5)
    assert encoder.text.startswith("Last read ")


def test_a_disk_that_cannot_be_asked_has_no_room_known(tmp_path: Path) -> None:
    assert room(tmp_path / "nowhere") == (None, None)
    free_gb, total_gb = room(tmp_path)
    assert free_gb is not None
    assert total_gb is not None
    assert 0 < free_gb < total_gb


def test_the_wires_watch_keeps_the_newest_edges_and_when_a_heartbeat_moved() -> None:
    watch = WireWatch()
    watch.read(ControlBlock(bits=ControlBits.TRIGGER, part_seq=3, heartbeat=1), 10)
    watch.read(ControlBlock(bits=ControlBits.TRIGGER, part_seq=3, heartbeat=1, line_bits=LineBits.AIR_LOW), 20)
    watch.showed(StatusBlock(bits=StatusBits.TRIGGER_ACK, acq_seq=3, heartbeat=5), 30)
    watch.happened(HandshakeFault("PLC-254", "Trigger stands."), 40)
    watch.happened(PartTriggered(4, None, 50, missed=True), 50)
    assert [(edge.at_ns, edge.what, edge.part_seq) for edge in watch.edges] == [
        (10, "Trigger 1", 3), (20, "AirLow 1", None), (30, "TriggerAck 1", 3),
        (40, "PLC-254 Trigger stands.", None), (50, "triggered, missed", 4),
    ]  # fmt: skip
    assert (watch.plc_beat.moved_ns, watch.station_beat.moved_ns) == (10, 30)
    for number in range(300):
        watch.read(ControlBlock(bits=ControlBits(number % 2)), number)
    assert len(watch.edges) == 100
