"""What can go wrong between the station and a bare coupler: found, expected, what to do. One number a fault."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from drivers.gate.cam import MOST_PARTS, Refusal

_MOST_NAMED = 8


class RemoteIoFault(IntEnum):
    """Faults of remote I/O, beside those of the handshake."""

    GATE_PULSE_LATE = 271
    GATE_PARTS_TOO_CLOSE = 272
    GATE_POSITION_LOST = 273
    PULSES_DROPPED = 274
    PARTS_OVERFLOW = 275
    RESULT_MISMATCH = 276
    PART_POSITION_UNKNOWN = 277
    WATCHDOG_NOT_ARMED = 278
    COUPLER_REFUSES = 279
    PART_SLIPPED = 280
    GATE_LEFT_OPEN = 281

    @property
    def code(self) -> str:
        """The code in records, pages and logs."""
        return f"PLC-{self.value}"


def refused(part_seq: int, why: Refusal) -> tuple[RemoteIoFault, str]:
    """A part that was let pass and is rejected all the same."""
    match why:
        case Refusal.LATE:
            return RemoteIoFault.GATE_PULSE_LATE, (
                f"The gate did not open for part {part_seq}: {why.value}, the part is rejected; give the inspection "
                "more way to the gate, or look why it took so long."
            )
        case Refusal.TOO_CLOSE:
            return RemoteIoFault.GATE_PARTS_TOO_CLOSE, (
                f"The gate did not open for part {part_seq}: {why.value}, both are rejected; feed the parts further "
                "apart, or shorten gate.pulse_counts."
            )
        case Refusal.UNKNOWN | Refusal.NO_POSITION:
            return RemoteIoFault.GATE_POSITION_LOST, (
                f"The gate did not open for part {part_seq}: {why.value}, the part is rejected; see the faults before."
            )


def dropped(reason: str, parts: Sequence[int]) -> str:
    """PULSES_DROPPED, or GATE_POSITION_LOST with pulses: who is rejected though a PASS was there."""
    if not parts:
        return f"All gates are closed: {reason}; no part was to pass."
    return f"All gates are closed: {reason}; parts that were to pass are rejected: {_named(parts)}."


def overflow() -> str:
    """PARTS_OVERFLOW."""
    return (
        f"More than {MOST_PARTS} parts are between trigger and gate: all are rejected; check gate.offset_counts and "
        "the part sensor."
    )


def mismatch(part_seq: int, expected: int, found: int) -> str:
    """RESULT_MISMATCH."""
    return (
        f"The result of part {part_seq} names trigger count {found}, the part was triggered at {expected}: it is not "
        "this part's result, the part is rejected."
    )


def position_unknown(part_seq: int, why: str) -> str:
    """PART_POSITION_UNKNOWN."""
    return f"Part {part_seq} is rejected: {why}, so that nobody knows where it is; check sensor, latch and network."


def watchdog_not_armed(register: int, reason: str) -> str:
    """WATCHDOG_NOT_ARMED."""
    return (
        f"The coupler's output watchdog could not be armed (register {register}): {reason}. Nothing is let pass until "
        "it is: correct remote_io.watchdog, or arm it in the coupler and leave it out."
    )


def coupler_refuses(what: str) -> str:
    """COUPLER_REFUSES."""
    return f"The coupler refuses what the configuration asks for: {what}; correct the addresses under remote_io."


def slipped(parts: Sequence[int]) -> str:
    """PART_SLIPPED."""
    return (
        f"A gate closed too late and was open when part {_named(parts)} met it, which was not to pass: stop the line, "
        "take it out of the good parts, and look what held the station or the network up."
    )


def left_open(reason: str, gates: Sequence[str]) -> str:
    """GATE_LEFT_OPEN."""
    return (
        f"A gate ({', '.join(gates)}) was open when {reason}, and only the coupler's watchdog closed it: stop the "
        "line, look through the parts that passed since, and set the watchdog shorter than from one part to the next."
    )


def _named(parts: Sequence[int]) -> str:
    more = f" and {len(parts) - _MOST_NAMED} more" if len(parts) > _MOST_NAMED else ""
    return ", ".join(str(part) for part in parts[:_MOST_NAMED]) + more
