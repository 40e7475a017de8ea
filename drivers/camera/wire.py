"""What the station and its capture process say to each other: one JSON object a packet on a SOCK_SEQPACKET pair.

Station to capture: the plan, then released slots. Capture to station: camera events, and its own death sentence.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from drivers.camera.features import FeatureWrite
from drivers.camera.interface import (
    CameraDown,
    CameraEvent,
    CameraIdentity,
    CameraUp,
    Frame,
    FrameLost,
    RingLayout,
)

MAX_PACKET_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a capture process needs to know. `held` are ring slots that a consumer has from an earlier process."""

    producer: str
    serial: str
    scene: str | None
    pixel_format: str
    buffers: int
    encoder_chunk: bool
    writes: tuple[FeatureWrite, ...]
    ring: RingLayout
    held: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """The station is done with this slot."""

    slot: int


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """The configuration is at fault: trying again would not help."""

    reason: str


Report = CameraEvent | Misconfigured
_REPORTS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Frame, FrameLost, CameraDown, CameraUp, Misconfigured)
}
_T = TypeVar("_T")


def _build(kind: type[_T], values: dict[str, Any]) -> _T:
    return kind(**{field.name: values[field.name] for field in fields(kind)})  # type: ignore[arg-type]


def encode_report(report: Report) -> bytes:
    """A capture process's report as a packet."""
    return json.dumps([type(report).__name__, asdict(report)]).encode()


def decode_report(packet: bytes) -> Report:
    """The report in a packet; ValueError when it is not one."""
    try:
        kind, values = json.loads(packet)
        if kind == CameraUp.__name__:
            return CameraUp(_build(CameraIdentity, values["identity"]))
        return _build(_REPORTS[kind], values)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a report of a capture process: {packet[:80]!r}") from error


def encode_order(order: Plan | Released) -> bytes:
    """The plan, or a released slot, as a packet."""
    return json.dumps(asdict(order)).encode()


def decode_plan(packet: bytes) -> Plan:
    """The plan in a packet."""
    values = json.loads(packet)
    values["writes"] = tuple(_build(FeatureWrite, write) for write in values["writes"])
    values["ring"] = _build(RingLayout, values["ring"])
    values["held"] = tuple(values["held"])
    return _build(Plan, values)


def decode_released(packet: bytes) -> Released:
    """The released slot in a packet."""
    return _build(Released, json.loads(packet))
