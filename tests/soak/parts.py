"""The parts on the belt: fed lot by lot, seen by the sensors, sorted by the gate; the faults that befall one part.

Between lots the line runs empty, and both sides are compared at rest. Everything here happens by the belt's position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.soak.plant import LOT, MS, PACE_S, PART_FAULT_SHARE, PART_FAULTS, PITCHES, ROUTE, SECOND, Deck
from tests.soak.truth import Part

if TYPE_CHECKING:
    from tests.soak.world import World

_DEFECTIVE = 0.15
_FEED_AHEAD = 1_500
"""The feeder lets a part go so far before the camera."""
_PART_DISTURBS_NS = {
    "stranger on the belt": 2 * SECOND,
    "reject sensor misses": 2 * SECOND,
    "parts too close": SECOND,
    "frame late": 500 * MS,
    "inspection slow": 300 * MS,
}
"""How long the parts after it are no longer untouched; the first stop the line."""
FORGET_NS = 8 * SECOND
_REST_LIMIT_NS = 60 * SECOND


class Parts:
    """Feeds `wanted` triggers' worth of parts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.wanted = 0
        self.on_belt = 0
        self._fed = self._in_lot = 0
        self._last_place = 0.0
        self._faults = Deck(PART_FAULTS, world.random)
        self._rest_since_ns: int | None = None
        world.clock.after(500 * MS, self._feed)

    @property
    def done(self) -> bool:
        """The line is empty and was compared."""
        return not self.on_belt and self._rest_since_ns is None

    def _feed(self) -> None:
        """The feeder lets a part go, if it may."""
        if self._in_lot >= LOT or self._world.truth.tally.triggers >= self.wanted:
            if self.on_belt == 0:
                self._rest_since_ns = self._world.clock.now_ns
                self._rest()
                return
            self._world.clock.after(20 * MS, self._feed)
            return
        if not (self._world.plc.ready and self._world.motion.speed > 0):
            self._world.clock.after(10 * MS, self._feed)
            return
        random = self._world.random
        pitch = max(random.choice(PITCHES), self._world.motion.speed * PACE_S)
        place = max(self._last_place + pitch, self._world.furthest() + _FEED_AHEAD)
        self._put(place, self._draw_fault())
        self._world.clock.at_place(place - _FEED_AHEAD, self._feed)

    def _draw_fault(self) -> str:
        if self._world.random.random() >= PART_FAULT_SHARE:
            return ""
        return self._faults.draw()

    def _put(self, place: float, fault: str, *, stranger: bool = False) -> Part:
        self._fed += 1
        self._in_lot += not stranger
        self.on_belt += 1
        part = Part(self._fed, self._world.random.random() >= _DEFECTIVE, place, stranger=stranger)
        clock = self._world.clock
        if not stranger:
            self._last_place = place
            clock.at_place(place, self._at_camera, part)
        if fault:
            self._play(part, fault)
        clock.at_place(place + ROUTE.part_sensor_counts, self._at_part_sensor, part)
        clock.at_place(place + ROUTE.gate_counts, self._at_gate, part)
        pulse_end = (
            place + ROUTE.gate_counts - ROUTE.lead_counts + (self._world.bugs.gate_pulse_counts or ROUTE.pulse_counts)
        )
        clock.at_place(pulse_end + 1, self._past_gate, part)
        clock.at_place(place + (ROUTE.confirm_counts or 0), self._at_chute, part)
        return part

    def _play(self, part: Part, fault: str) -> None:
        self._world.truth.tally.faults[fault] += 1
        part.fault = fault
        for_ns = _PART_DISTURBS_NS.get(fault, 150 * MS)
        self._world.disturbed_until_ns = max(self._world.disturbed_until_ns, self._world.clock.now_ns + for_ns)
        part.touched = True
        if fault == "stranger on the belt":
            self._last_place += 4_000
            self._world.clock.at_place(part.place + 4_000 + 3_000, self._put_stranger, part.place + 4_000)
        elif fault == "parts too close":
            self._put(part.place + self._world.random.randrange(300, ROUTE.min_pitch_counts), "").touched = True

    def _put_stranger(self, place: float) -> None:
        self._put(place, "", stranger=True).touched = True

    def _at_camera(self, part: Part) -> None:
        part.faults_before = self._world.faults_played
        part.touched |= self._world.clock.now_ns < self._world.disturbed_until_ns
        if self._world.motion.readable:
            count = self._world.motion.count_at(part.place)
            self._world.camera.picture(part, (count + self._world.random.randrange(-3, 4)) & 0xFFFF_FFFF)
            self._world.plc.part_comes(part, count)
        if part.fault == "stray frame":
            self._world.clock.after(3 * MS, self._stray)

    def _stray(self) -> None:
        self._world.camera.picture(None, self._world.motion.count(self._world.clock.now_ns))

    def _at_part_sensor(self, part: Part) -> None:
        if part.fault == "part taken off":
            part.end = "taken off"
        else:
            self._world.line.parts_seen += 1

    def _at_gate(self, part: Part) -> None:
        if part.end:
            return
        open_ = self._world.motion.readable and self._world.plc.gate_open(
            self._world.motion.count_at(part.place + ROUTE.gate_counts)
        )
        if part.fault == "gate stays shut":
            part.withheld = part.withheld or "gate stays shut"
            open_ = False
        part.end = "passed" if open_ else "rejected"

    def _past_gate(self, part: Part) -> None:
        self._world.plc.part_leaves(part)

    def _at_chute(self, part: Part) -> None:
        if part.end == "rejected" and part.fault != "reject sensor misses":
            self._world.line.rejects_seen += 1
        self.on_belt -= 1
        part.touched |= (
            self._world.clock.now_ns < self._world.disturbed_until_ns or part.faults_before != self._world.faults_played
        )
        self._world.truth.left(part)
        self._world.clock.after(FORGET_NS, self._world.truth.retire, part)

    # Between lots.

    def _rest(self) -> None:
        """The line is empty: wait until both sides are at rest, compare them, go on with the next lot."""
        station = self._world.station
        assert self._rest_since_ns is not None
        rested = (
            station is not None
            and self._world.plc.at_rest
            and not station.line.counts.in_flight
            and not station.link.read().bits & 0x60
            and self._world.awake()
            and self._world.clock.now_ns - self._rest_since_ns > 200 * MS
        )
        if rested:
            self._world.truth.at_rest()
            self._world.books.compare()
            self._rest_since_ns, self._in_lot = None, 0
            if self._world.truth.tally.triggers < self.wanted:
                self._world.clock.after(10 * MS, self._feed)
        elif self._world.clock.now_ns - self._rest_since_ns > _REST_LIMIT_NS:
            self._world.truth.fail(
                f"the empty line does not rest: {station and station.line.counts}, {vars(self._world.plc)}"
            )
        else:
            self._world.clock.after(20 * MS, self._rest)
