"""What the station and its capture process say to each other: one JSON object a packet on a SOCK_SEQPACKET pair.

Station to capture: the plan, then released slots and orders. Capture to station: camera events, signs of life, what
only it can count, and its own death sentence.
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
    EncoderTrack,
    Fire,
    Frame,
    FrameLost,
    Recover,
    RingLayout,
)

MAX_PACKET_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a capture process needs to know."""

    producer: str
    serial: str
    scene: str | None
    model: str
    """Family of feature names (drivers/camera/aliases.py)."""
    buffers: int
    chunks: tuple[str, ...]
    chunks_by_line: bool
    """A line-scan camera: chunks that exist for every line are read at several of them."""
    events: tuple[str, ...]
    software_trigger: bool
    counts_per_frame: int
    """Encoder counts from frame to frame where the camera starts frames by itself; 0 where it does not."""
    writes: tuple[FeatureWrite, ...]
    ring: RingLayout
    held: tuple[int, ...]
    """Ring slots that consumers have from an earlier process."""
    last_frame_id: int
    """The newest frame number of an earlier process."""


@dataclass(frozen=True, slots=True)
class Released:
    """The station is done with this slot."""

    slot: int


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """The configuration is at fault: trying again would not help."""

    reason: str


@dataclass(frozen=True, slots=True)
class Alive:
    """The capture process works, and may be silent for so long before that is a fault."""

    limit_ms: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What only the capture process can count, since it began (interface.CameraCounts says what each is)."""

    underruns: int = 0
    line_triggers_missed: int = 0
    frame_triggers_missed: int = 0


Report = CameraEvent | Misconfigured | Alive | Tally
Order = Released | Fire | Recover
_REPORTS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Frame, FrameLost, CameraDown, CameraUp, Misconfigured, Alive, Tally)
}
_ORDERS: dict[str, type[Any]] = {kind.__name__: kind for kind in (Released, Fire, Recover)}
_T = TypeVar("_T")


def _build(kind: type[_T], values: dict[str, Any]) -> _T:
    return kind(**{field.name: values[field.name] for field in fields(kind)})  # type: ignore[arg-type]


def _encoded(value: Report | Order) -> bytes:
    return json.dumps([type(value).__name__, asdict(value)]).encode()


def encode_report(report: Report) -> bytes:
    """A capture process's report as a packet."""
    return _encoded(report)


def decode_report(packet: bytes) -> Report:
    """The report in a packet; ValueError when it is not one."""
    try:
        kind, values = json.loads(packet)
        if kind == CameraUp.__name__:
            return CameraUp(_build(CameraIdentity, values["identity"]))
        if kind == Frame.__name__ and values["encoder"] is not None:
            track = values["encoder"]
            values["encoder"] = EncoderTrack(tuple(track["lines"]), tuple(track["counts"]))
        return _build(_REPORTS[kind], values)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a report of a capture process: {packet[:80]!r}") from error


def encode_order(order: Order) -> bytes:
    """An order of the station as a packet."""
    return _encoded(order)


def decode_order(packet: bytes) -> Order:
    """The order in a packet; ValueError when it is not one."""
    try:
        kind, values = json.loads(packet)
        return _build(_ORDERS[kind], values)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not an order of the station: {packet[:80]!r}") from error


def encode_plan(plan: Plan) -> bytes:
    """The plan as a packet: the first that a capture process gets."""
    return json.dumps(asdict(plan)).encode()


def decode_plan(packet: bytes) -> Plan:
    """The plan in a packet."""
    values = json.loads(packet)
    values["writes"] = tuple(_build(FeatureWrite, write) for write in values["writes"])
    values["ring"] = _build(RingLayout, values["ring"])
    for name in ("held", "chunks", "events"):
        values[name] = tuple(values[name])
    return _build(Plan, values)
