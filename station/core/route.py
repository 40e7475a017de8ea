"""The way of each part from its trigger to gate and pick-up: what must be seen where, and what was not.

Pure; works in positions (see `belt.py`). Parts keep their order. Sensors are counters, so that several parts between
two readings are all seen. Must not decide a part: it says what it found, the line machine acts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto


class FindingKind(Enum):
    """What was found on the way."""

    TOO_CLOSE = auto()
    OUT_OF_ORDER = auto()
    SCHEDULE_PAST = auto()
    OVERFLOW = auto()
    REJECT_NOT_CONFIRMED = auto()
    REJECT_UNEXPECTED = auto()
    PART_MISSING = auto()
    PART_UNEXPECTED = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """`part_uids`: the parts in doubt (none: nobody knows whose it is). `detail` is one clause for people."""

    kind: FindingKind
    detail: str
    part_uids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteLimits:
    """Places in counts after the trigger, from `GateSettings`; None: there is no such sensor."""

    gate_counts: int
    lead_counts: int
    pulse_counts: int
    min_pitch_counts: int
    margin_ns: int
    """Bus and actuator: what lies between a verdict and the moved gate."""
    part_sensor_counts: int | None
    confirm_counts: int | None
    tolerance_counts: int
    pick_up_counts: int | None
    capacity: int

    @property
    def end_counts(self) -> int:
        """Behind this nothing is awaited of a part."""
        places = (self.part_sensor_counts, self.confirm_counts)
        sensors = [place + self.tolerance_counts for place in places if place is not None]
        gate_shut = self.gate_counts - self.lead_counts + self.pulse_counts
        return max(gate_shut, self.pick_up_counts or 0, self.min_pitch_counts, *sensors)


@dataclass(slots=True)
class PartOnWay:
    """A part between trigger and the end of its way. `passes` is None until it is decided: no gate opens for it."""

    uid: int
    part_seq: int
    place: int
    passes: bool | None = None
    seen: bool = False
    fell: bool = False
    """The sensor in the reject chute saw it."""
    confirmed: bool = False
    """Nothing more is awaited from the chute's sensor."""


class Route:
    """The parts on their way, oldest first."""

    def __init__(self, limits: RouteLimits) -> None:
        self._limits = limits
        self._parts: list[PartOnWay] = []
        self._left: deque[PartOnWay] = deque(maxlen=limits.capacity)

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def full(self) -> bool:
        """Whether one more part would be too many."""
        return len(self._parts) >= self._limits.capacity

    def due_at(self, place: int) -> int:
        """The position at which the pass pulse of a part triggered at `place` begins: the verdict must be there."""
        return place + self._limits.gate_counts - self._limits.lead_counts

    def enter(self, uid: int, part_seq: int, place: int, reach: int) -> Finding | None:
        """A part was triggered at position `place`; the line can be at `reach` already."""
        if self.full:
            waiting = f"{len(self._parts)} parts are between trigger and gate, no more can be followed"
            return Finding(FindingKind.OVERFLOW, waiting, (uid,))
        before = self._parts[-1] if self._parts else None
        self._parts.append(PartOnWay(uid, part_seq, place))
        if self.due_at(place) <= reach:
            detail = f"part {part_seq} was announced when it was at the gate already"
            return Finding(FindingKind.SCHEDULE_PAST, detail, (uid,))
        if before is None:
            return None
        apart = place - before.place
        if apart < 0:
            detail = (
                f"part {part_seq} was triggered {-apart} counts behind part {before.part_seq}, which came before it"
            )
            return Finding(FindingKind.OUT_OF_ORDER, detail, (before.uid, uid))
        if apart < self._limits.min_pitch_counts:
            detail = (
                f"parts {before.part_seq} and {part_seq} are {apart} counts apart, the gate needs "
                f"{self._limits.min_pitch_counts}"
            )
            return Finding(FindingKind.TOO_CLOSE, detail, (before.uid, uid))
        return None

    def decide(self, uid: int, *, passes: bool) -> None:
        """The part's verdict; a part that has left, or was never followed, is ignored."""
        for part in self._parts:
            if part.uid == uid:
                part.passes = passes

    def moved(self, position: int) -> list[Finding]:
        """The line stands here now: who was not seen where it should have been, and who has left."""
        limits, found = self._limits, list[Finding]()
        for part in self._parts:
            if not part.seen and _behind(position, part.place, limits.part_sensor_counts, limits.tolerance_counts):
                part.seen = True
                detail = f"part {part.part_seq} did not come by the sensor before the gate"
                found.append(Finding(FindingKind.PART_MISSING, detail, (part.uid,)))
                # A passed one cannot fall into the chute any more. Of a reject that is not enough: the sensor may be
                # dirty, and then only the chute's own sensor says that it is not among the good parts.
                part.confirmed = part.passes is True
            if (
                part.passes is not True
                and not part.confirmed
                and _behind(position, part.place, limits.confirm_counts, limits.tolerance_counts)
            ):
                part.confirmed = True
                detail = f"part {part.part_seq} was rejected, but the sensor in the reject chute has not seen it"
                found.append(Finding(FindingKind.REJECT_NOT_CONFIRMED, detail, (part.uid,)))
        self._left += [part for part in self._parts if part.place + limits.end_counts < position]
        self._parts = [part for part in self._parts if part.place + limits.end_counts >= position]
        return found

    def came_by(self, count: int, before: int, position: int) -> list[Finding]:
        """`count` parts came by the sensor before the gate between positions `before` and `position`."""
        at = self._limits.part_sensor_counts
        if at is None:
            return []
        found: list[Finding] = []
        for _ in range(count):
            part = self._expected(at, before, position, lambda part: not part.seen)
            if part is None:
                detail = f"a part that nobody announced came by the sensor before the gate, near position {position}"
                found.append(Finding(FindingKind.PART_UNEXPECTED, detail))
            else:
                part.seen = True
        return found

    def fell(self, count: int, before: int, position: int) -> list[Finding]:
        """`count` parts fell into the reject chute between positions `before` and `position`."""
        at = self._limits.confirm_counts
        if at is None:
            return []
        found: list[Finding] = []
        for _ in range(count):
            part = self._expected(at, before, position, lambda part: part.passes is not True and not part.confirmed)
            if part is not None:
                part.confirmed = part.fell = True
                continue
            passed = self._expected(at, before, position, lambda part: part.passes is True and not part.confirmed)
            if passed is not None:
                passed.confirmed = passed.fell = True
            whose = f"part {passed.part_seq}, which had passed," if passed else "a part that nobody expected there"
            uids = (passed.uid,) if passed else ()
            found.append(Finding(FindingKind.REJECT_UNEXPECTED, f"{whose} fell into the reject chute", uids))
        return found

    def take_left(self) -> list[PartOnWay]:
        """The parts that have come to the end of their way since the last call, oldest first."""
        left = list(self._left)
        self._left.clear()
        return left

    def clear(self) -> None:
        """Nobody knows any more where the parts are."""
        self._parts.clear()

    def _expected(self, at: int, before: int, position: int, fits: Callable[[PartOnWay], bool]) -> PartOnWay | None:
        # The line may have run back a little between the two readings.
        first = min(before, position) - self._limits.tolerance_counts
        last = max(before, position) + self._limits.tolerance_counts
        return next((part for part in self._parts if first <= part.place + at <= last and fits(part)), None)


def _behind(position: int, place: int, sensor: int | None, tolerance: int) -> bool:
    return sensor is not None and position > place + sensor + tolerance
