"""Deadlines in counts: a verdict is late once the line can have carried its part to the gate (promises P1, P3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from station.core.ledger import LedgerCounts
from station.core.line import Line
from station.core.reasons import Outcome, Reason
from station.core.values import (
    Action,
    Classify,
    FireCamera,
    LateVerdict,
    Notice,
    Release,
    Trigger,
    Withdraw,
)
from tests.core_track import ROUTE, TO_THE_PULSE, DrivenLine
from tests.core_values import LIMITS, MS, SCAN, a_frame, decisions, facts_of, kinds, the_decision

PATIENT = replace(LIMITS, deadline_ns=10_000 * MS, max_in_flight=8)
"""Time is no deadline here."""


@pytest.fixture
def driven() -> DrivenLine:
    return DrivenLine(PATIENT)


def reasons(actions: list[Action]) -> list[tuple[int, Reason]]:
    return [(decision.part.trigger.part_seq, decision.reason) for decision in decisions(actions)]


def withdrawals(actions: list[Action]) -> list[Withdraw]:
    return [action for action in actions if isinstance(action, Withdraw)]


def test_a_verdict_in_time_says_how_many_counts_were_left(driven: DrivenLine) -> None:
    driven.go(2000, 200)
    driven.trigger(1)
    uid = driven.picture().part_uid
    driven.go(3000, 300)  # 10,000 counts a second: 300 within the margin
    decision = the_decision(driven.verdict(uid))
    assert decision.outcome is Outcome.PASSED
    assert decision.slack_counts == pytest.approx(TO_THE_PULSE - 3000 - 300, abs=3)


def test_a_verdict_that_the_gate_could_not_follow_is_a_reject_and_recorded_as_late(driven: DrivenLine) -> None:
    driven.go(2000, 200)
    driven.trigger(1)
    uid = driven.picture().part_uid
    driven.go(4480, 448)  # 320 counts are left, the line makes 300 within the margin
    driven.now_ns += 3 * MS
    actions = driven.verdict(uid)
    assert kinds(actions)[0] is Release
    assert reasons(actions) == [(1, Reason.DEADLINE)]
    decision, late = the_decision(actions), actions[-1]
    assert decision.slack_counts is not None
    assert decision.slack_counts <= 0
    assert decision.slack_ns > 0, "by the clock there was time"
    assert isinstance(late, LateVerdict)
    assert late.would_be is Reason.DEFECT_FREE
    assert driven.line.counts.as_dict() == {"triggers": 1, "passed": 0, "rejected": 0, "forced": 1, "in_flight": 0}


def test_at_the_deadline_in_counts_a_part_without_a_verdict_is_rejected_by_itself(driven: DrivenLine) -> None:
    driven.go(2000, 200)
    driven.trigger(1)
    driven.picture()
    assert driven.go(4300, 430) == []
    assert reasons(driven.go(300, 30)) == [(1, Reason.DEADLINE)]


def test_no_count_left_is_too_late() -> None:
    driven = DrivenLine(PATIENT, replace(ROUTE, margin_ns=0, part_sensor_counts=None))
    driven.trigger(1)
    driven.picture()
    assert driven.go(TO_THE_PULSE - 10, 480) == []
    assert reasons(driven.go(10, 10)) == [(1, Reason.DEADLINE)]


def test_a_part_without_its_picture_is_rejected_for_that_at_the_deadline_in_counts(driven: DrivenLine) -> None:
    driven.trigger(1)
    assert reasons(driven.go(TO_THE_PULSE, 480)) == [(1, Reason.NO_FRAME)]


def slack_after(counts_per_10_ms: int) -> int:
    driven = DrivenLine(PATIENT)
    driven.go(2000, 200)
    driven.trigger(1)
    uid = driven.picture().part_uid
    driven.go(3000, 300)
    driven.go(counts_per_10_ms * 4, 40)
    slack = the_decision(driven.verdict(uid)).slack_counts
    assert slack is not None
    return slack + counts_per_10_ms * 4  # the way itself is not what is asked for


def test_a_line_that_speeds_up_has_its_deadline_earlier() -> None:
    assert slack_after(100) - slack_after(200) == pytest.approx(300, abs=5)


def test_a_line_that_stands_waits_for_its_verdict_until_the_time_is_up() -> None:
    driven = DrivenLine(replace(LIMITS, deadline_ns=2000 * MS))
    driven.go(2000, 200)
    driven.trigger(1)
    driven.picture()
    driven.go(4400, 440)
    assert driven.go(0, 1550) == []
    assert reasons(driven.go(0, 20)) == [(1, Reason.DEADLINE)]


def test_without_an_encoder_only_time_counts() -> None:
    line = Line(LIMITS)
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame("scan", a_frame(), 10)
    assert line.signals(None, 20) == []
    assert line.followed(20)
    decision = the_decision(line.inspected(facts_of(1), LIMITS.deadline_ns - 1))
    assert (decision.outcome, decision.slack_counts) == (Outcome.PASSED, None)


def test_a_trigger_without_a_count_is_rejected_where_the_encoder_is_read(driven: DrivenLine) -> None:
    actions = driven.line.trigger(Trigger(1, None, 0), 0)
    assert kinds(actions)[0] is Notice
    assert reasons(actions) == [(1, Reason.TRACKING)]
    assert "without an encoder count" in str(actions[0])


def test_a_trigger_while_nobody_reads_the_encoder_is_rejected(driven: DrivenLine) -> None:
    driven.line.signals(None, 10)
    assert not driven.line.followed(10)
    assert reasons(driven.trigger(1)) == [(1, Reason.TRACKING)]


def test_a_camera_that_was_fired_for_a_part_owes_it_a_frame_also_after_its_deadline() -> None:
    driven = DrivenLine(replace(PATIENT, views=(replace(SCAN, software_trigger=True, carries_counts=False),)))
    driven.trigger(1)
    assert reasons(driven.go(TO_THE_PULSE, 480)) == [(1, Reason.NO_FRAME)]
    assert not driven.line.can_take
    late = driven.line.frame("scan", a_frame(1, None, camera_ns=MS), driven.now_ns)
    assert kinds(late) == [Release]
    assert driven.line.can_take


@pytest.mark.parametrize("why", ["too close", "no count", "in the past"])
def test_a_camera_that_was_not_fired_for_a_part_owes_it_no_frame(why: str) -> None:
    view = replace(SCAN, software_trigger=True, carries_counts=False)
    driven = DrivenLine(replace(PATIENT, views=(view,)))
    if why == "too close":
        assert kinds(driven.trigger(1)) == [FireCamera]
        driven.go(100, 10)
        driven.line.frame("scan", a_frame(1, None, camera_ns=driven.now_ns), driven.now_ns)
        actions = driven.trigger(2)
    elif why == "no count":
        actions = driven.line.trigger(Trigger(2, None, driven.now_ns), driven.now_ns)
    else:
        actions = driven.trigger(2, behind=TO_THE_PULSE)
    assert decisions(actions)
    assert FireCamera not in kinds(actions)
    assert driven.line.can_take, "a frame that nobody took is waited for"
    driven.go(700, 10)
    driven.trigger(3)
    driven.now_ns += MS
    assert Classify in kinds(driven.line.frame("scan", a_frame(2, None, camera_ns=driven.now_ns), driven.now_ns))


@pytest.mark.parametrize("answer", ["taken", "withdrawn"])
def test_a_pass_that_is_not_taken_at_its_deadline_is_asked_back_until_that_is_answered(
    driven: DrivenLine, answer: str
) -> None:
    driven.go(2000, 200)
    driven.good_part(1)
    assert withdrawals(driven.go(4300, 430)) == []
    assert set(withdrawals(driven.go(300, 30))) == {Withdraw(1)}
    assert withdrawals(driven.line.tick(driven.now_ns)) == [Withdraw(1)]
    if answer == "taken":
        driven.line.result_taken(1)
    else:
        part = driven.line.withdrawn(1)
        assert part is not None
        assert part.trigger.part_seq == 1
    assert withdrawals(driven.line.tick(driven.now_ns)) == []
    passed = int(answer == "taken")
    assert driven.line.counts == LedgerCounts(1, passed, 0, 1 - passed, 0)


def test_without_an_encoder_a_pass_is_asked_back_when_its_time_is_up() -> None:
    line = Line(LIMITS)
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame("scan", a_frame(), 10)
    line.inspected(facts_of(1), 20)
    assert line.tick(LIMITS.deadline_ns - 1) == []
    assert line.tick(LIMITS.deadline_ns) == [Withdraw(1)]


def test_where_the_station_moves_the_gate_itself_no_result_is_asked_back_for_not_being_fetched() -> None:
    line = Line(LIMITS, fetched=False)
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame("scan", a_frame(), 10)
    line.inspected(facts_of(1), 20)
    assert line.tick(LIMITS.deadline_ns) == []
    assert line.reject_all(Reason.STOPPING, LIMITS.deadline_ns) == [Withdraw(1)]


def test_of_two_passes_with_one_number_the_older_is_taken_first(driven: DrivenLine) -> None:
    driven.good_part(7)
    driven.go(1000, 100)
    driven.good_part(7)
    first, second = (driven.line.withdrawn(7) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.uid, second.uid) == (1, 2)
    assert driven.line.counts == LedgerCounts(2, 0, 0, 2, 0)


def test_the_sums_go_on_from_those_before_through_all_of_it() -> None:
    driven = DrivenLine(PATIENT, earlier=LedgerCounts(50, 40, 6, 4, 0))
    driven.good_part(1)
    driven.go(700, 70)
    driven.good_part(2)
    driven.line.withdrawn(2)
    driven.go(100, 10)
    driven.trigger(3)
    driven.go(700, 70)
    driven.trigger(4)
    driven.count -= 5000
    driven.now_ns += 10 * MS
    driven.read()
    assert driven.line.counts == LedgerCounts(54, 41, 6, 7, 0)
    assert driven.line.counts.balanced
