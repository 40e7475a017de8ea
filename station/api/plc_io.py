"""GET /api/io: the PLC interface by name, as it stands and what changed of late.

The names, addresses and codes are the register map's own (`drivers.plc.symbols`). Only looks. Must not know what the
station does with any of it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from drivers.plc.registers import CONTROL_BASE, NO_ENCODER, STATUS_BASE, ControlBits, LineBits, StatusBits
from drivers.plc.shown import Beat, WireWatch, bit_names
from drivers.plc.signals import LineSignals
from drivers.plc.symbols import Symbol, symbols
from station.access.roles import Role
from station.api.endpoint import Call, Endpoint
from station.api.forms import Document
from station.records.instant import instant

PlcRole = Literal["server", "client", "remote_io"]
BlockName = Literal["control", "status"]


class Wire(Protocol):
    """A link to a PLC or to remote I/O."""

    @property
    def watch(self) -> WireWatch:
        """What went over it of late."""
        ...

    def signals(self) -> LineSignals | None:
        """The newest reading of encoder and sensors."""
        ...


class RegisterShown(Document):
    """One register (or pair); `address` None where remote I/O has no register for it; `text`: what it means."""

    name: str
    address: int | None
    value: int | None
    text: str


class BitShown(Document):
    """One bit; None: not known."""

    name: str
    block: BlockName
    value: bool | None


class BeatShown(Document):
    """A heartbeat counter; `age_s` since it last moved, None: never."""

    value: int
    age_s: float | None


class Heartbeats(Document):
    """Both ways."""

    plc: BeatShown
    station: BeatShown


class EdgeShown(Document):
    """Something that changed."""

    at: str
    what: str
    part_seq: int | None


class IoShown(Document):
    """The whole interface; `timeline` has the newest first, at most a hundred."""

    role: PlcRole
    registers: list[RegisterShown]
    bits: list[BitShown]
    heartbeats: Heartbeats
    timeline: list[EdgeShown]


def io_endpoints(role: PlcRole, wire: Wire) -> list[Endpoint]:
    """The one endpoint."""

    async def show(call: Call) -> IoShown:
        del call
        return io_shown(role, wire, time.monotonic_ns(), datetime.now(UTC))

    summary = "The PLC interface by name: registers, bits, heartbeats, and the newest edges"
    return [Endpoint("GET", "/api/io", Role.VIEWER, show, summary, answer=IoShown)]


def io_shown(role: PlcRole, wire: Wire, now_ns: int, now: datetime) -> IoShown:
    """The interface at `now_ns` (CLOCK_MONOTONIC), which is `now` by the wall clock."""
    watch = wire.watch
    signals = wire.signals()
    if role == "remote_io":
        registers, bits = _registers_of(signals), _bits_of(signals)
    else:
        registers = [_register(symbol, watch) for symbol in symbols() if not symbol.name.endswith("Bits")]
        bits = _bits(watch)
    edges = [
        EdgeShown(
            at=instant(now - timedelta(microseconds=(now_ns - edge.at_ns) / 1e3)),
            what=edge.what,
            part_seq=edge.part_seq,
        )
        for edge in reversed(watch.edges)
    ]
    beats = Heartbeats(plc=_beat(watch.plc_beat, now_ns), station=_beat(watch.station_beat, now_ns))
    return IoShown(role=role, registers=registers, bits=bits, heartbeats=beats, timeline=edges)


def _beat(beat: Beat, now_ns: int) -> BeatShown:
    age_s = None if beat.moved_ns is None else round((now_ns - beat.moved_ns) / 1e9, 2)
    return BeatShown(value=beat.value, age_s=age_s)


def _register(symbol: Symbol, watch: WireWatch) -> RegisterShown:
    station = symbol.writer == "station"
    words = (watch.status if station else watch.control).encode()
    offset = symbol.address - (STATUS_BASE if station else CONTROL_BASE)
    value = words[offset] if symbol.words == 1 else words[offset] << 16 | words[offset + 1]
    known = dict(symbol.values)
    if value == NO_ENCODER and symbol.words == 2:
        text = "none"
    elif known:
        text = known.get(value, "unknown code")
    else:
        text = str(value)
    return RegisterShown(name=symbol.name, address=symbol.address, value=value, text=text)


def _bits(watch: WireWatch) -> list[BitShown]:
    control, status = watch.control, watch.status
    sets: tuple[tuple[BlockName, type[ControlBits | LineBits | StatusBits], int], ...] = (
        ("control", ControlBits, control.bits.value),
        ("control", LineBits, control.line_bits.value),
        ("status", StatusBits, status.bits.value),
    )
    return [
        BitShown(name=name, block=block, value=bool(word & value))
        for block, flags, word in sets
        for value, name in bit_names(flags)
    ]


def _registers_of(signals: LineSignals | None) -> list[RegisterShown]:
    """Where there is no PLC: what the coupler's inputs count."""
    read = signals or LineSignals(0)
    counted = (
        ("EncoderNow", read.encoder_count),
        ("PartsSeen", read.parts_seen),
        ("RejectsSeen", read.rejects_seen),
    )
    return [
        RegisterShown(name=name, address=None, value=value, text="not read" if value is None else str(value))
        for name, value in counted
    ]


def _bits_of(signals: LineSignals | None) -> list[BitShown]:
    read = signals or LineSignals(0)
    return [
        BitShown(name="AirLow", block="control", value=read.air_low),
        BitShown(name="BinFull", block="control", value=read.bin_full),
    ]
