"""What the line itself tells, whoever reads it: encoder, air, bin, and the sensors that see where parts went.

Values only. Sensors are counters, not levels: a counter loses no edge between two reads.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.plc.registers import ControlBlock, LineBits


@dataclass(frozen=True, slots=True)
class LineSignals:
    """One reading at `at_ns` (CLOCK_MONOTONIC). None: this line has no such sensor, or it is not readable now."""

    at_ns: int
    encoder_count: int | None = None
    """Unsigned, 32 bits, wraps."""
    encoder_ms: int | None = None
    """The clock of whoever read the encoder, when it was read: milliseconds, 16 bits, wraps."""
    rejects_seen: int | None = None
    """Parts in the reject chute since any start, 16 bits, wraps."""
    parts_seen: int | None = None
    """Parts just before the gate since any start, 16 bits, wraps."""
    air_low: bool | None = None
    bin_full: bool | None = None


def signals_of(block: ControlBlock, at_ns: int) -> LineSignals:
    """The line's part of a control block that was read at `at_ns`; what LineBits does not vouch for is None."""
    bits = block.line_bits
    sensors = LineBits.SENSORS_VALID in bits
    return LineSignals(
        at_ns=at_ns,
        encoder_count=block.encoder_now if LineBits.ENCODER_VALID in bits else None,
        encoder_ms=block.encoder_ms if LineBits.TIME_VALID in bits else None,
        rejects_seen=block.rejects_seen if sensors else None,
        parts_seen=block.parts_seen if sensors else None,
        air_low=LineBits.AIR_LOW in bits if sensors else None,
        bin_full=LineBits.BIN_FULL in bits if sensors else None,
    )
