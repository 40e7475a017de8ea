"""An electronic cam: which gate outputs must be on at this moment, and when the next one is due.

Pure. Off is the default and means reject: an output is on only while the line is inside the pulse of a part that was
let pass, and after any doubt (jump, reversal, silence, lost link) all is off until new verdicts come. Ways are counts
of the line's counter; without an encoder a clock is the counter. Must not know buses, registers or verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from drivers.gate.part import PartOnCam, Pulse, Window
from drivers.gate.position import LinePosition, PositionFault
from drivers.gate.slips import Slips

MOST_PARTS = 512
"""Parts between trigger and gate; one more is an overflow, after which nobody knows whose pulse is whose."""


class Refusal(Enum):
    """Why a part that was let pass is rejected all the same."""

    LATE = "the opening of its pulse was past already"
    TOO_CLOSE = "its pulse would let a neighbour pass that must be rejected"
    UNKNOWN = "no such part is under way to the gate"
    NO_POSITION = "nobody knows where the line is"


@dataclass(frozen=True, slots=True)
class RefusedPulse:
    """A pulse that is not executed."""

    part_seq: int
    why: Refusal


@dataclass(frozen=True, slots=True)
class CamTurn:
    """What holds at one moment. `due_ns`: look again then, or at the next reading if that is earlier."""

    on: frozenset[str]
    due_ns: int | None
    refused: tuple[RefusedPulse, ...] = ()
    past: tuple[int, ...] = ()
    """Parts that are behind their last gate and forgotten."""
    fault: PositionFault | None = None
    dropped: tuple[int, ...] = ()
    """Parts whose pulses were taken back by `fault`."""
    slipped: tuple[int, ...] = ()
    """Parts that met an open gate that was not open for them: they may be where they must not be."""


class GateCam:
    """Gates over one line. Call `reading` with each counter value and `turn` at least when it says.

    lead_ns (settable): from the decision to the moved gate, bus and actuator. A pulse is begun at most
    `late_tolerance_counts` after its opening, which is how late a switch may be executed; later it is refused.
    """

    def __init__(self, position: LinePosition, *, lead_ns: int, late_tolerance_counts: int) -> None:
        self._position = position
        self._tolerance = late_tolerance_counts
        self._parts: dict[int, PartOnCam] = {}
        self._reach = float("-inf")
        self._fault: PositionFault | None = None
        self._dropped: tuple[int, ...] = ()
        self._slips = Slips()
        self._uncertain_ns = 0
        self.lead_ns = lead_ns

    @property
    def pulses(self) -> int:
        """Pulses that wait or are on."""
        return sum(part.has_pulse for part in self._parts.values())

    def reading(self, count: int, at_ns: int, uncertain_ns: int = 0) -> None:
        """A counter value of `at_ns`, give or take `uncertain_ns`; the next turn tells a jump, reversal or silence."""
        self._uncertain_ns = uncertain_ns
        self._found(self._position.reading(count, at_ns))

    def energised(self, on: frozenset[str], now_ns: int) -> None:
        """What the outputs really are since `now_ns`, late or not; the next turn tells whom that let through."""
        self._sweep(now_ns)
        self._slips.energised(on)

    def add(self, part_seq: int, windows: Mapping[str, Window]) -> bool:
        """A part is under way: until it is let pass, no pulse of a neighbour may reach into its windows.

        windows: one a gate. False: too many parts, or that number is under way already.
        """
        if len(self._parts) >= MOST_PARTS or part_seq in self._parts:
            return False
        self._parts[part_seq] = PartOnCam(windows)
        return True

    def let_pass(self, part_seq: int, gate: str, now_ns: int, *, window: Window | None = None) -> Refusal | None:
        """Open `gate` for this part, in `window` if it became another one; None = it is on the cam."""
        part = self._parts.get(part_seq)
        if part is None or part.pulse is not Pulse.NONE:
            return Refusal.UNKNOWN
        if not self._position.known or self._position.silent(now_ns):
            return Refusal.NO_POSITION
        if window is not None:
            part.windows = {**part.windows, gate: window}
        if self._reached(now_ns) > part.windows[gate].open_at:
            return Refusal.LATE
        part.let_pass(gate)
        return None

    def withdraw(self, part_seq: int) -> bool:
        """Take back a pulse that has not begun; False = there is none, or it has begun."""
        part = self._parts.get(part_seq)
        if part is None or part.pulse is not Pulse.WAITS:
            return False
        part.take_back()
        return True

    def close(self) -> tuple[int, ...]:
        """Everything off; parts stay where they are and must be rejected. Returns those with a pulse until now."""
        taken_back = self._with_pulse()
        for part in self._parts.values():
            part.take_back(Pulse.DONE)
        return taken_back

    def drop_all(self) -> tuple[int, ...]:
        """Everything off, every part forgotten; the parts whose pulses waited or were on."""
        dropped = self._with_pulse()
        self._parts.clear()
        self._reach = float("-inf")
        self._slips.forget_place()
        return dropped

    def turn(self, now_ns: int) -> CamTurn:
        """What must be on at `now_ns`."""
        if self._position.silent(now_ns):
            self._found(PositionFault.SILENT)
            self._position.forget()
        self._sweep(now_ns)
        fault, dropped, self._fault, self._dropped = self._fault, self._dropped, None, ()
        slipped = self._slips.drain()
        if not self._position.known or not self._parts:
            return CamTurn(frozenset(), None, fault=fault, dropped=dropped, slipped=slipped)
        reach = self._reached(now_ns)
        refused = tuple(self._begin_due(reach))
        self._end_due(reach)
        past = tuple(seq for seq, part in self._parts.items() if reach >= part.end)
        on = frozenset(part.gate for part in self._parts.values() if part.pulse is Pulse.ON and part.gate)
        due_ns = self._due(reach)
        for seq in past:
            del self._parts[seq]
        return CamTurn(on, due_ns, refused, past, fault, dropped, slipped)

    def _with_pulse(self) -> tuple[int, ...]:
        return tuple(seq for seq, part in self._parts.items() if part.has_pulse)

    def _sweep(self, now_ns: int) -> None:
        if self._position.known:
            # In doubt the line is further on: a part too many that is looked for is better than one that nobody
            # looks for.
            self._slips.sweep(self._parts, self._position.at(now_ns + self._uncertain_ns))

    def _found(self, fault: PositionFault | None) -> None:
        if fault is not None:
            self._fault, self._dropped = fault, self._dropped + self.drop_all()

    def _reached(self, now_ns: int) -> float:
        """Where the line will be when a switch of now has moved the gate; it never goes back, so nothing re-opens."""
        self._reach = max(self._reach, self._position.at(now_ns + self.lead_ns))
        return self._reach

    def _begin_due(self, reach: float) -> Iterator[RefusedPulse]:
        for seq, part in self._parts.items():
            if part.gate is None or part.pulse is not Pulse.WAITS:
                continue
            window = part.windows[part.gate]
            if reach < window.open_at:
                continue
            late = reach > min(window.open_at + self._tolerance, window.close_at)
            if late or any(window.meets(other) for other in self._kept_shut(part.gate)):
                part.take_back()
                yield RefusedPulse(seq, Refusal.LATE if late else Refusal.TOO_CLOSE)
            else:
                part.pulse = Pulse.ON

    def _end_due(self, reach: float) -> None:
        """After all beginnings: a pulse that was refused just now ends the one that reaches into its window."""
        for part in self._parts.values():
            if part.gate is None or part.pulse is not Pulse.ON:
                continue
            if reach >= part.windows[part.gate].close_at or any(
                other.holds(reach) for other in self._kept_shut(part.gate)
            ):
                part.pulse = Pulse.DONE

    def _kept_shut(self, gate: str) -> list[Window]:
        """Windows of parts that this gate must not let through."""
        return [part.windows[gate] for part in self._parts.values() if part.gate != gate and gate in part.windows]

    def _due(self, reach: float) -> int | None:
        """When the next output switches or the next part is past, at the present speed."""
        places = [part.end for part in self._parts.values()]
        for part in self._parts.values():
            if part.gate is not None and part.pulse is Pulse.WAITS:
                places.append(part.windows[part.gate].open_at)
            elif part.gate is not None and part.pulse is Pulse.ON:
                places.append(part.windows[part.gate].close_at)
                places += [other.open_at for other in self._kept_shut(part.gate)]
        ahead = min((place for place in places if place > reach), default=None)
        at_ns = None if ahead is None else self._position.when(ahead)
        return None if at_ns is None else at_ns - self.lead_ns
