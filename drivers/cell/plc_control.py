"""What the PLC tells of its line beside the handshake: encoder, sensors, switches and its own counters (C6 and on).

Pure. Must not know how any of it came about.
"""

from __future__ import annotations

from dataclasses import replace

from drivers.cell.parts_in_hand import PartsInHand
from drivers.cell.plc_gate import LineInputs
from drivers.plc.registers import ControlBlock, LineBits

_U32 = 0xFFFF_FFFF
_U16 = 0xFFFF
_NS_PER_MS = 1_000_000


def control_block(handshake: ControlBlock, line: LineInputs | None, hand: PartsInHand, scan_ns: int) -> ControlBlock:
    """The whole control block; LineBits vouch for what is really there. `scan_ns`: when the inputs were read."""
    bits = LineBits.COUNTERS_VALID
    if line is None:
        line = LineInputs(0)
    else:
        bits |= LineBits.ENCODER_VALID | LineBits.TIME_VALID
    if line.sensors:
        bits |= LineBits.SENSORS_VALID
        bits |= LineBits.AIR_LOW if line.air_low else LineBits(0)
        bits |= LineBits.BIN_FULL if line.bin_full else LineBits(0)
    return replace(
        handshake,
        encoder_now=line.encoder_count,
        line_bits=bits,
        rejects_seen=line.rejects_seen,
        parts_seen=line.parts_seen,
        plc_triggers=hand.triggered & _U32,
        plc_passed=hand.passed & _U32,
        plc_rejected=hand.rejected & _U32,
        encoder_ms=scan_ns // _NS_PER_MS & _U16,
    )
