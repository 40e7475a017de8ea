"""What the station knows of its devices, gathered from those who keep it: pulses, readiness, faults, counters.

Reads and changes nothing. Must not know HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from drivers.plc.facts import WireCounters
from drivers.plc.signals import LineSignals
from station.api.devices import Detail, DeviceShown, DeviceStatus, worst
from station.camera_reporter import CameraPulse
from station.config.model import StationConfig
from station.device_reporter import Pulse
from station.fault import Fault
from station.fault_codes import FaultCode
from station.records.writer import RecordCounts

_ENCODER_AGE_MAX_S: Final = 1.0
_LIGHT: Final = frozenset({FaultCode.IMAGE_DARK, FaultCode.IMAGE_SATURATED})
_PLC: Final = "2"
_ENGINE: Final = "3"
_DISK: Final = "5"
"""The area of a fault is the first digit of its code."""


class Engines(Protocol):
    """The classification workers."""

    @property
    def alive(self) -> int:
        """How many can take a picture."""
        ...

    @property
    def depth(self) -> int:
        """How many pictures wait."""
        ...

    @property
    def engine(self) -> str:
        """Its name; empty before one has started."""
        ...

    @property
    def restarts(self) -> int:
        """How often one was started again."""
        ...


class StationDevices:
    """Implements `station.api.devices.DeviceSource`. The callables give what is so now.

    `camera_up`: whether a camera acquires; `signals`: the newest reading of encoder and sensors; `faults`: what holds.
    """

    def __init__(
        self,
        config: StationConfig,
        cameras: Mapping[str, CameraPulse],
        camera_up: Callable[[str], bool],
        pulse: Pulse,
        signals: Callable[[], LineSignals | None],
        wire: Callable[[], WireCounters],
        engines: Engines,
        records: Callable[[], RecordCounts],
        faults: Callable[[], tuple[Fault, ...]],
    ) -> None:
        self._config, self._cameras, self._camera_up = config, cameras, camera_up
        self._pulse, self._signals, self._wire = pulse, signals, wire
        self._engines, self._records, self._faults = engines, records, faults

    def devices(self) -> list[DeviceShown]:
        """Cameras, encoder, light, PLC, engine."""
        now_ns, faults = time.monotonic_ns(), self._faults()
        cameras = [self._camera(name, pulse, faults, now_ns) for name, pulse in self._cameras.items()]
        return [*cameras, self._encoder(now_ns), self._light(faults), self._plc(faults, now_ns), self._engine(faults)]

    def disk(self, free_gb: float | None, total_gb: float | None) -> DeviceShown:
        """Where records and pictures go."""
        counts, troubles = self._records(), _of_area(_DISK, self._faults())
        written = f"{counts.written} records written, {counts.waiting} waiting, {counts.dropped} lost"
        room = "room not known" if free_gb is None else f"{free_gb:g} GB free of {total_gb:g} GB"
        return DeviceShown(
            name="records",
            kind="disk",
            status=_by(troubles),
            text=troubles[0].sentence if troubles else f"{room}; {written}.",
            age_s=None,
            simulated=False,
            details={
                "free_gb": free_gb,
                "total_gb": total_gb,
                "written": counts.written,
                "waiting": counts.waiting,
                "lost": counts.dropped,
            },
        )

    def _camera(self, name: str, pulse: CameraPulse, faults: tuple[Fault, ...], now_ns: int) -> DeviceShown:
        own = [fault for fault in faults if fault.about == name and fault.code.value[1] == "1"]
        settings = self._config.cameras[name]
        details: dict[str, Detail] = {
            "width_px": settings.width_px,
            "lines_per_frame": settings.lines_per_frame,
            "pixel_format": settings.pixel_format,
            "exposure_us": settings.exposure_us,
            "gain_db": settings.gain_db,
            "frame_trigger": settings.frame_trigger,
            "ring_slots": settings.ring_slots,
        }
        return DeviceShown(
            name=name,
            kind="camera",
            status=worst([_by(own), "ok" if self._camera_up(name) else "fault"]),
            text=own[0].sentence if own else pulse.text,
            age_s=_age_s(pulse.at_ns, now_ns),
            simulated=pulse.simulated,
            details=details,
        )

    def _encoder(self, now_ns: int) -> DeviceShown:
        read = self._signals()
        count = None if read is None else read.encoder_count
        age_s = None if read is None or count is None else _age_s(read.at_ns, now_ns)
        old = age_s is not None and age_s > _ENCODER_AGE_MAX_S
        wanted = self._config.encoder is not None
        if count is None:
            text = "Nobody shows it to the station." if not wanted else "It is not read."
        else:
            text = f"Last read {age_s:g} s ago." if old else "It is read."
        status: DeviceStatus = "ok" if count is not None and not old else "fault" if wanted else "unavailable"
        return DeviceShown(
            name="line",
            kind="encoder",
            status=status,
            text=text,
            age_s=age_s,
            simulated=self._simulated,
            details={
                "count_counts": count,
                "parts_seen": None if read is None else read.parts_seen,
                "rejects_seen": None if read is None else read.rejects_seen,
            },
        )

    def _light(self, faults: tuple[Fault, ...]) -> DeviceShown:
        """No lamp talks to the station: its pictures tell."""
        dim = [fault for fault in faults if fault.code in _LIGHT]
        text = dim[0].sentence if dim else "No picture of late was too dark or too bright."
        return DeviceShown(
            name="light", kind="lamp", status="warning" if dim else "ok", text=text, age_s=None,
            simulated=any(pulse.simulated for pulse in self._cameras.values()), details={},
        )  # fmt: skip

    def _plc(self, faults: tuple[Fault, ...], now_ns: int) -> DeviceShown:
        own, peer, wire = _of_area(_PLC, faults), self._pulse.plc_peer, self._wire()
        connected: DeviceStatus = "ok" if peer else "unavailable"
        connection = f"Connected: {peer}." if peer else "Not connected."
        return DeviceShown(
            name=self._config.plc.role.replace("_", " "),
            kind="plc",
            status=worst([_by(own), connected]),
            text=own[0].sentence if own else connection,
            age_s=_age_s(self._pulse.plc_ns, now_ns),
            simulated=self._simulated,
            details={
                "peer": peer,
                "connections": wire.connections,
                "requests": wire.requests,
                "malformed": wire.malformed,
                "second_writers": wire.second_writers,
            },
        )

    def _engine(self, faults: tuple[Fault, ...]) -> DeviceShown:
        own, wanted, alive = _of_area(_ENGINE, faults), self._config.classifier.processes, self._engines.alive
        workers: DeviceStatus = "ok" if alive == wanted else "warning" if alive else "fault"
        return DeviceShown(
            name=self._engines.engine or "engine",
            kind="engine",
            status=worst([_by(own), workers]),
            text=own[0].sentence if own else f"{alive} of {wanted} workers look at pictures.",
            age_s=None,
            simulated=False,
            details={
                "workers": alive,
                "threads": self._config.classifier.threads,
                "waiting": self._engines.depth,
                "restarts": self._engines.restarts,
            },
        )

    @property
    def _simulated(self) -> bool:
        return self._config.peer == "simulated"


def _of_area(area: str, faults: tuple[Fault, ...]) -> list[Fault]:
    return [fault for fault in faults if fault.code.value[1] == area]


def _by(faults: list[Fault]) -> DeviceStatus:
    return worst([fault.severity for fault in faults])


def _age_s(since_ns: int | None, now_ns: int) -> float | None:
    return None if since_ns is None else round((now_ns - since_ns) / 1e9, 1)
