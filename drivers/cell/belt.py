"""The belt behind the jig: parts ride by encoder count past part sensor and gate, into the chute or to the pick-up.

Pure and physical. Each part meets each place at its exact count, however coarse the steps of time are; where it ends
is decided by how the gate stood when it passed. Must not know verdicts, registers or the PLC.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.cell.gate_motion import Gate
from drivers.gate.settings import GateSettings


@dataclass(slots=True)
class Rider:
    """A thing on the belt, where the encoder stood at its trigger. `n` None: nobody announced it."""

    n: int | None
    start: int
    falls_off: bool = False
    gate_stuck: bool | None = None
    """Whether the gate is stuck while this part passes, and then whether it stands at pass."""
    reject_sensor_dead: bool = False
    seen: bool = field(default=False, init=False)
    passed: bool | None = field(default=None, init=False)
    gate_error_counts: int | None = field(default=None, init=False)
    """Where this part's pulse was, against where the part was; None: no pulse was done for it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A part left the belt: at the pick-up (`passed`), in the chute (not `passed`), or it fell off (None).

    `confirmed`: the chute's sensor saw it, None where none could. `gate_error_counts`: see `Rider`.
    """

    n: int | None
    passed: bool | None
    confirmed: bool | None
    gate_error_counts: int | None


class Belt:
    """Parts between the jig and their end, and the two sensors' counters (16 bits, as a PLC has them)."""

    def __init__(self, settings: GateSettings, gate: Gate) -> None:
        self._settings = settings
        self._riders: list[Rider] = []
        self._clear_at = 0
        self.gate = gate
        self.parts_seen = 0
        self.rejects_seen = 0

    def __len__(self) -> int:
        return len(self._riders)

    @property
    def clear_at(self) -> int:
        """The count at which the last part is past everything that looks for it."""
        return self._clear_at

    def put(self, rider: Rider) -> None:
        """A part is at its trigger."""
        self._riders.append(rider)
        gate = self._settings
        confirmed = (gate.confirm_offset_counts or gate.offset_counts) + gate.sensor_tolerance_counts
        gate_shut = gate.offset_counts - gate.lead_counts + gate.pulse_counts
        self._clear_at = max(self._clear_at, rider.start + max(confirmed, gate_shut, gate.pick_up_offset_counts or 0))

    def slip(self, counts: int) -> None:
        """The encoder went on by `counts` and the belt did not."""
        for rider in self._riders:
            rider.start += counts
        self._clear_at += counts

    def advance(self, count: float) -> list[Ended]:
        """Let the encoder come to `count`; who left the belt on the way, in the order in which they did."""
        ended: list[tuple[int, Ended]] = []
        for rider in list(self._riders):
            end = self._move(rider, count)
            if end is not None:
                ended.append(end)
                self._riders.remove(rider)
        self.gate.forget(count, {rider.n for rider in self._riders if rider.n is not None})
        return [end for _, end in sorted(ended, key=lambda one: one[0])]

    def _move(self, rider: Rider, count: float) -> tuple[int, Ended] | None:
        gate = self._settings
        before_gate = rider.start + (gate.part_sensor_offset_counts or gate.offset_counts - 1)
        at_gate = rider.start + gate.offset_counts
        if rider.falls_off and count >= before_gate:
            return before_gate, Ended(rider.n, None, None, None)
        if not rider.seen and count >= before_gate:
            rider.seen = True
            self.parts_seen = (self.parts_seen + (gate.part_sensor_offset_counts is not None)) & 0xFFFF
        if rider.passed is None and count >= at_gate:
            rider.passed = self.gate.passes(at_gate) if rider.gate_stuck is None else rider.gate_stuck
            begin = None if rider.n is None else self.gate.begin_for(rider.n, at_gate)
            rider.gate_error_counts = None if begin is None else begin + gate.lead_counts - at_gate
        if rider.passed is None:
            return None
        if rider.passed:
            place = rider.start + (gate.pick_up_offset_counts or gate.offset_counts)
            return (place, Ended(rider.n, True, None, rider.gate_error_counts)) if count >= place else None
        place = rider.start + (gate.confirm_offset_counts or gate.offset_counts)
        if count < place:
            return None
        seen = None if gate.confirm_offset_counts is None else not rider.reject_sensor_dead
        self.rejects_seen = (self.rejects_seen + bool(seen)) & 0xFFFF
        return place, Ended(rider.n, False, seen, rider.gate_error_counts)
