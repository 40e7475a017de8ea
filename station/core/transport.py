"""Encoder, sensors and the parts on their way, as one: what the line machine asks about where parts are (promise P3).

Pure. Deadlines in counts: a verdict is late once the line, at its present speed and within the margin for bus and
actuator, can have carried the part to where its pass pulse begins. Must not decide a part.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.plc.signals import LineSignals
from station.core.belt import Belt, BeltFault, BeltLimits
from station.core.plc_clock import PlcClock
from station.core.route import Finding, FindingKind, PartOnWay, Route, RouteLimits

_SENSOR_BITS = 16
_MOST_AT_ONCE = 64
"""More parts between two readings no line has: the counter began anew."""
_NOBODYS = frozenset({FindingKind.PART_UNEXPECTED, FindingKind.REJECT_UNEXPECTED})


@dataclass(frozen=True, slots=True)
class TrackLost:
    """Nobody knows any more where the parts are: all in flight must be rejected. `lasting`: a person must look."""

    detail: str
    lasting: bool


TransportEvent = Finding | TrackLost

LOSES_TRACK = frozenset({FindingKind.OUT_OF_ORDER, FindingKind.SCHEDULE_PAST, FindingKind.OVERFLOW})
"""Findings after which no part's place can be trusted."""


class Transport:
    """One line with an encoder and a gate."""

    def __init__(self, belt: BeltLimits, route: RouteLimits) -> None:
        self._clock = PlcClock()
        self._belt, self._route, self._limits = Belt(belt), Route(route), route
        self._rejects_seen: int | None = None
        self._parts_seen: int | None = None
        self._silence_said = False
        self._newest_ns: int | None = None
        self._strangers_until: int | None = None
        """Up to this position parts from before may come by the sensors, whose places nobody knows."""

    @property
    def position(self) -> int | None:
        """Where the line stands, in counts since the first reading."""
        return self._belt.position

    @property
    def on_way(self) -> int:
        """Parts between trigger and the end of their way."""
        return len(self._route)

    @property
    def confirms(self) -> bool:
        """Whether a sensor in the reject chute is there."""
        return self._limits.confirm_counts is not None

    def can_take(self, now_ns: int) -> bool:
        """Whether one more part could be followed: the encoder is read, and there is room."""
        return not self._belt.silent(now_ns) and not self._route.full

    def signals(self, signals: LineSignals) -> list[TransportEvent]:
        """A reading of encoder and sensors. One that was taken in before changes nothing."""
        if signals.encoder_count is None or (self._newest_ns is not None and signals.at_ns <= self._newest_ns):
            return []
        if signals.encoder_ms is not None and self._clock.is_older(signals.encoder_ms):
            if not self._belt.silent(signals.at_ns):
                return []
            self._clock.lost()  # for so long no newer one came: whoever reads began anew
        self._newest_ns = signals.at_ns
        before = self._belt.position
        fault = self._read(signals.encoder_count, signals)
        self._silence_said = False
        rejects = _more(self._rejects_seen, signals.rejects_seen)
        parts = _more(self._parts_seen, signals.parts_seen)
        self._rejects_seen, self._parts_seen = signals.rejects_seen, signals.parts_seen
        if fault is not None:
            return [self._lose(fault.value, lasting=True)]
        position = self._belt.position
        assert position is not None
        if self._strangers_until is None:
            self._strangers_until = position + self._limits.end_counts
        if before is None:
            return []
        found = [*self._route.came_by(parts, before, position), *self._route.fell(rejects, before, position)]
        if position <= self._strangers_until:
            found = [finding for finding in found if finding.kind not in _NOBODYS]
        return [*found, *self._route.moved(position)]

    def _read(self, count: int, signals: LineSignals) -> BeltFault | None:
        if signals.encoder_ms is None:
            return self._belt.reading(count, signals.at_ns)
        read_ns = self._clock.read_at(signals.encoder_ms, signals.at_ns)
        return self._belt.reading(count, read_ns, self._clock.passed_ns)

    def enter(
        self, uid: int, part_seq: int, count: int | None, now_ns: int
    ) -> tuple[int | None, TransportEvent | None]:
        """A part was triggered at this count: the position by which its verdict must be there, and what is wrong.

        Without a count, with one from further on than the line can be, or while the encoder is not read, the part
        cannot be followed: no position.
        """
        place = None if count is None or self._belt.silent(now_ns) else self._belt.place_of(count)
        if place is None or place > self._belt.reach(now_ns) + self._limits.gate_counts:
            self._expect_strangers(now_ns)
            return None, None
        finding = self._route.enter(uid, part_seq, place, self._belt.reach(now_ns, self._limits.margin_ns))
        if finding is not None and finding.kind in LOSES_TRACK:
            return self._route.due_at(place), self._lose(finding.detail, lasting=True)
        return self._route.due_at(place), finding

    def take_left(self) -> list[PartOnWay]:
        """The parts that have come to the end of their way since the last call."""
        return self._route.take_left()

    def decide(self, uid: int, *, passes: bool) -> None:
        """The part's verdict."""
        self._route.decide(uid, passes=passes)

    def slack_counts(self, due: int, now_ns: int) -> int:
        """Counts left before `due` if the verdict is there now; 0 or less is late."""
        return due - self._belt.reach(now_ns, self._limits.margin_ns)

    def tick(self, now_ns: int, *, under_way: bool) -> TrackLost | None:
        """Whether the encoder has fallen silent over parts that are under way; once an occurrence."""
        if not under_way or self._silence_said or not self._belt.silent(now_ns):
            return None
        self._silence_said = True
        return self._lose(BeltFault.SILENT.value, lasting=False)

    def disconnected(self) -> TrackLost | None:
        """Nobody reads encoder and sensors now; counters may begin anew. Once an occurrence: what that means."""
        known = self._belt.position is not None
        self._belt.lost()
        self._clock.lost()
        self._route.clear()
        self._rejects_seen = self._parts_seen = self._newest_ns = self._strangers_until = None
        return TrackLost("nobody reads the encoder: the connection is lost", lasting=False) if known else None

    def _expect_strangers(self, now_ns: int) -> None:
        """A part that cannot be followed is on the line: the sensors will see it all the same."""
        if self._strangers_until is not None:
            until = self._belt.reach(now_ns) + self._limits.end_counts
            self._strangers_until = max(self._strangers_until, until)

    def _lose(self, detail: str, *, lasting: bool) -> TrackLost:
        self._route.clear()
        self._strangers_until = None
        return TrackLost(detail, lasting)


def _more(before: int | None, now: int | None) -> int:
    """How many edges a 16-bit counter has seen since; a counter that appears is a new beginning."""
    if before is None or now is None:
        return 0
    more = (now - before) % (1 << _SENSOR_BITS)
    return more if more <= _MOST_AT_ONCE else 0
