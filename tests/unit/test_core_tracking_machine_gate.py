"""The line machine with an encoder that is read live, against everything that can go wrong with it too (P1, P3, P4)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from drivers.encoder.counts import wrapped
from station.core.belt import BeltLimits
from station.core.ledger import LedgerCounts
from station.core.line import Line
from station.core.reasons import Outcome
from station.core.route import RouteLimits
from station.core.transport import Transport
from station.core.values import (
    Action,
    Decision,
    Notice,
    StopLine,
    Withdraw,
)
from tests.core_track import a_reading
from tests.core_values import COUNTS_APART, FASTENER, MS
from tests.unit.test_core_tracking_machine import RARELY, AnyLine

BELT = BeltLimits(
    max_counts_per_s=2_000_000, jump_tolerance_counts=64, reversal_tolerance_counts=64, silence_ns=100 * MS
)
ROUTE = RouteLimits(
    gate_counts=15_000,
    lead_counts=200,
    pulse_counts=400,
    min_pitch_counts=600,
    margin_ns=5 * MS,
    part_sensor_counts=None,
    confirm_counts=None,
    tolerance_counts=500,
    pick_up_counts=None,
    capacity=64,
)
EARLIER = LedgerCounts(triggers=1000, passed=900, rejected=60, forced=40, in_flight=0)
READ_EVERY_NS = 10 * MS


class WithAGate(AnyLine):
    """The encoder stands at each part's count when that is triggered, and moves on as time passes; it is read.

    The world knows where the line truly is. A PASS waits until the PLC takes it, or until it is taken back.
    """

    limits = replace(FASTENER, max_in_flight=6)

    def __init__(self) -> None:
        super().__init__()
        self.line = Line(self.limits, EARLIER.triggers + 1, transport=Transport(BELT, ROUTE), earlier=EARLIER)
        self.moved = 0
        self.counts_per_ms = 100.0
        self.readable = True
        self.waiting: list[Decision] = []
        self.taken_back = 0
        self.lost_track = 0
        self._read()

    def do(self, actions: list[Action]) -> None:
        super().do(actions)
        for action in actions:
            if isinstance(action, Decision) and action.outcome is Outcome.PASSED:
                assert action.slack_counts is not None
                assert action.slack_counts > 0, "passed after its due position"
                assert not self.readable or self._way_left(action) > 0, "passed when it was at the gate"
                self.waiting.append(action)
            elif isinstance(action, Withdraw):
                self._take_back(action)
            elif isinstance(action, StopLine):
                assert self.line.counts.in_flight == 0, "the line stands over parts that are in flight"
            elif isinstance(action, Notice):
                self.lost_track += action.kind == "tracking lost"

    def _take_back(self, action: Withdraw) -> None:
        asked = next((one for one in self.waiting if one.part.trigger.part_seq == action.part_seq), None)
        assert asked is not None, "a verdict is asked back that nobody has"
        self.waiting.remove(asked)
        assert self.line.withdrawn(action.part_seq) is asked.part, "another's verdict was taken back"
        self.taken_back += 1

    def _way_left(self, decision: Decision) -> int:
        """True counts to where the part's pass pulse begins."""
        return self.seq_of[decision.part.uid] * COUNTS_APART + ROUTE.gate_counts - ROUTE.lead_counts - self.moved

    def _read(self, glitch: int = 0) -> None:
        if self.readable:
            self.do(self.line.signals(a_reading(self.now, wrapped(self.moved + glitch)), self.now))

    def _pass(self, ns: int) -> None:
        """The line stops before the next part would come by."""
        while ns > 0:
            step_ns = min(ns, READ_EVERY_NS)
            ns -= step_ns
            self.now += step_ns
            next_part = (self.seq + 1) * COUNTS_APART
            self.moved = min(self.moved + round(self.counts_per_ms * step_ns / MS), next_part)
            self._read()
            self.do(self.line.tick(self.now))
            oldest = self.line.oldest_deadline_ns()
            assert oldest is None or oldest > self.now, "a part outlived its deadline"
            if self.readable:
                assert all(self._way_left(one) > 0 for one in self.waiting), "a PASS waits behind its due position"

    @rule(after_ms=st.integers(60, 200), late=RARELY, missed=RARELY, repeated=RARELY)
    def part(self, after_ms: int, late: bool, missed: bool, repeated: bool) -> None:
        next_part = (self.seq + 1) * COUNTS_APART
        self.counts_per_ms = max(1.0, (next_part - self.moved) / (after_ms // 10 * 10))
        self._pass(after_ms * MS)
        self.moved = next_part  # but for what was lost by rounding
        self.now += MS
        self._read()
        super().part(0, late, missed, repeated)

    @rule(after_ms=st.integers(60, 200), judged_after_ms=st.sampled_from([1, 20, 50, 90, 140]))
    def a_sound_part(self, after_ms: int, judged_after_ms: int) -> None:
        self.part(after_ms, late=False, missed=False, repeated=False)
        self.all_pictures(heads_first=False, sound=False)
        self._pass(judged_after_ms * MS)
        self.workers_find_nothing()

    @rule(pace=st.sampled_from([0.0, 20.0, 100.0, 300.0]))
    def the_line_changes_its_speed(self, pace: float) -> None:
        self.counts_per_ms = pace

    @rule(results=st.integers(1, 3))
    def the_plc_takes_results(self, results: int) -> None:
        for decision in self.waiting[:results]:
            self.waiting.remove(decision)
            self.line.result_taken(decision.part.trigger.part_seq)

    @rule(back=st.sampled_from([1, 30, 64, 65, 5000]), really=RARELY)
    def the_line_runs_back(self, back: int, really: bool) -> None:
        if really:
            self.moved -= back
            self.now += READ_EVERY_NS
            self._read()
            self.do(self.line.tick(self.now))

    @rule(by=st.sampled_from([-(2**31), -400_000, -50_000, 50_000, 400_000, 2**30]), really=st.booleans())
    def the_encoder_jumps(self, by: int, really: bool) -> None:
        if really and self.readable and self.line.followed(self.now):
            self.now += MS
            lost = self.lost_track
            self._read(by)
            assert self.lost_track == lost + 1
            assert self.line.counts.in_flight == 0
            assert self.waiting == [], "nobody knows any more where its part is"
            self.now += MS
            self._read()
            self.do(self.line.tick(self.now))

    @rule(really=RARELY, connected=st.booleans())
    def the_encoder_is_read_no_more(self, really: bool, connected: bool) -> None:
        if really:
            self.readable = False
            if not connected:
                self.do(self.line.signals(None, self.now))
                assert self.line.counts.in_flight == 0
                assert self.waiting == []

    @rule()
    def the_encoder_is_read_again(self) -> None:
        if not self.readable:
            self.readable = True
            self.now += MS
            self._read()
            self.do(self.line.tick(self.now))

    @invariant()
    def the_ledger_balances(self) -> None:
        counts = self.line.counts
        assert counts.balanced
        assert counts.triggers - EARLIER.triggers == len(self.decided) + counts.in_flight
        passed = sum(decision.outcome is Outcome.PASSED for decision in self.decided.values())
        assert counts.passed == EARLIER.passed + passed - self.taken_back
        assert counts.rejected + counts.forced >= EARLIER.rejected + EARLIER.forced + self.taken_back

    def teardown(self) -> None:
        super().teardown()
        assert self.waiting == [], "at its deadline a verdict that nobody took is asked back"


TestWithAGate = WithAGate.TestCase
TestWithAGate.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
