"""The gate half of the PLC's program: its part FIFO against the encoder, pulses to the gate ahead of time.

Pure. The gate stands at reject for everything but a part whose intact PASS was read before its gate count. A PASS that
was handed to the gate is final; until then link, silence and limits reject the part. Must not know how the gate moves.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.cell import causes
from drivers.cell.gate_motion import GateCancel, GateCommand, GateKind, GatePulse
from drivers.cell.parts_in_hand import PartInHand, PartsInHand, Reading
from drivers.encoder.counts import signed_difference, wrapped


@dataclass(frozen=True, slots=True)
class GateRules:
    """Where the gate is and which pulse it gets, in encoder counts."""

    kind: GateKind
    offset_counts: int
    lead_counts: int
    pulse_counts: int


@dataclass(frozen=True, slots=True)
class LineInputs:
    """The PLC's inputs of the line. Encoder 32 bits, sensors as counters of 16 bits.

    `sensors`: there are sensors, air and bin switches. `run_out`: the operator wants the belt emptied, and it is not.
    """

    encoder_count: int
    sensors: bool = False
    rejects_seen: int = 0
    parts_seen: int = 0
    air_low: bool = False
    bin_full: bool = False
    run_out: bool = False


class GateStep:
    """Hands decided parts to the gate and rejects the undecided at it."""

    def __init__(self, hand: PartsInHand, rules: GateRules) -> None:
        self._hand = hand
        self._rules = rules
        self._last_count: int | None = None
        self.behind_gate = 0
        self.gate_counts_differ = 0

    def triggered(self, n: int, trigger_count: int) -> list[GateCommand]:
        """A part was triggered; a gate that passes by default gets its reject pulse now, to be taken back by a PASS."""
        if self._rules.kind == "pass":
            return []
        return [self._pulse(n, wrapped(trigger_count + self._rules.offset_counts))]

    def scan(self, now_ns: int, encoder_count: int) -> list[GateCommand]:
        """One scan; what is commanded must be at the gate before the encoder has come there."""
        # The next scan may come one scan's travel too late.
        travel = 0 if self._last_count is None else max(0, signed_difference(encoder_count, self._last_count))
        self._last_count = encoder_count
        commands: list[GateCommand] = []
        for part in self._hand.open_parts():
            own = wrapped(part.trigger_count + self._rules.offset_counts)
            reading = part.reading
            if reading is not None and not reading.accepted:
                if part.at_pick_up:
                    self._hand.dispose(part.part_seq, reading, now_ns)
                continue
            begin = wrapped(own - self._rules.lead_counts)
            if signed_difference(begin, encoder_count) <= travel:
                self._reject(part, causes.BEHIND_GATE, now_ns)
                self.behind_gate += 1
            elif reading is not None and part.at_pick_up:
                commands += self._let_pass(part, reading, own, now_ns)
        return commands

    def _let_pass(self, part: PartInHand, reading: Reading, own: int, now_ns: int) -> list[GateCommand]:
        at = own if reading.gate_count is None else reading.gate_count
        if abs(signed_difference(at, own)) > self._rules.lead_counts:
            self.gate_counts_differ += 1
            self._reject(part, causes.GATE_COUNT_DIFFERS, now_ns)
            return []
        self._hand.dispose(part.part_seq, reading, now_ns)
        return [self._pulse(part.n, at) if self._rules.kind == "pass" else GateCancel(part.n)]

    def _reject(self, part: PartInHand, cause: str, now_ns: int) -> None:
        code = None if part.reading is None else part.reading.verdict_code
        self._hand.dispose(part.part_seq, Reading(accepted=False, cause=cause, verdict_code=code), now_ns)

    def _pulse(self, n: int, gate_count: int) -> GatePulse:
        return GatePulse(n, wrapped(gate_count - self._rules.lead_counts), self._rules.pulse_counts)
