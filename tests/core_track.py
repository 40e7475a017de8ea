"""Small builders for tests of a line whose encoder and sensors are read: limits, and a line that is driven."""

from __future__ import annotations

from drivers.encoder.counts import wrapped
from drivers.plc.signals import LineSignals
from station.core.belt import BeltLimits
from station.core.ledger import NOTHING_YET, LedgerCounts
from station.core.line import Line
from station.core.line_limits import LineLimits
from station.core.route import RouteLimits
from station.core.transport import Transport
from station.core.values import (
    Action,
    Classify,
    Trigger,
)
from tests.core_values import LIMITS, MS, a_frame, facts_of

BELT = BeltLimits(max_counts_per_s=100_000, jump_tolerance_counts=20, reversal_tolerance_counts=50, silence_ns=500 * MS)
ROUTE = RouteLimits(
    gate_counts=5000,
    lead_counts=200,
    pulse_counts=400,
    min_pitch_counts=600,
    margin_ns=30 * MS,
    part_sensor_counts=4500,
    confirm_counts=5500,
    tolerance_counts=100,
    pick_up_counts=None,
    capacity=64,
)
TO_THE_PULSE = ROUTE.gate_counts - ROUTE.lead_counts


def a_reading(at_ns: int, count: int | None, rejects: int | None = None, parts: int | None = None) -> LineSignals:
    """Encoder and the two sensors' counters, from a PLC that does not say when it looked."""
    return LineSignals(at_ns=at_ns, encoder_count=count, rejects_seen=rejects, parts_seen=parts)


class DrivenLine:
    """A line machine whose encoder stands at `count`; it is read whenever the line has moved, and so are its sensors.

    Actions are returned, not carried out.
    """

    def __init__(
        self,
        limits: LineLimits = LIMITS,
        route: RouteLimits = ROUTE,
        *,
        count: int = 1000,
        earlier: LedgerCounts = NOTHING_YET,
    ) -> None:
        self.line = Line(limits, transport=Transport(BELT, route), earlier=earlier)
        self.count, self.now_ns = count, 0
        self.parts_seen = self.rejects_seen = 0
        self._frames = 0
        self.read()

    def read(self) -> list[Action]:
        """Encoder and sensors as they are now."""
        signals = a_reading(self.now_ns, wrapped(self.count), self.rejects_seen, self.parts_seen)
        return self.line.signals(signals, self.now_ns)

    def go(self, counts: int, ms: int) -> list[Action]:
        """The line moves on evenly; it is read every 10 ms."""
        actions: list[Action] = []
        begin, steps = self.count, ms // 10
        for step in range(1, steps + 1):
            self.now_ns += 10 * MS
            self.count = begin + counts * step // steps
            actions += [*self.read(), *self.line.tick(self.now_ns)]
        return actions

    def trigger(self, part_seq: int, *, behind: int = 0, missed: bool = False) -> list[Action]:
        """A part is triggered here, or was so many counts ago."""
        count = wrapped(self.count - behind)
        return self.line.trigger(Trigger(part_seq, count, self.now_ns, missed), self.now_ns)

    def picture(self) -> Classify:
        """The picture of the part that was triggered here."""
        self._frames += 1
        actions = self.line.frame("scan", a_frame(self._frames, self.count), self.now_ns)
        (classify,) = [action for action in actions if isinstance(action, Classify)]
        return classify

    def verdict(self, part_uid: int, *, defective: bool = False) -> list[Action]:
        """A worker has looked."""
        return self.line.inspected(facts_of(part_uid, defective=defective), self.now_ns)

    def good_part(self, part_seq: int) -> list[Action]:
        """Triggered, pictured and passed where the line stands."""
        assert self.trigger(part_seq) == []
        return self.verdict(self.picture().part_uid)
