"""What the line machine does when the way of its parts is in doubt (promises P1, P3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from station.core.reasons import Reason
from station.core.values import (
    Action,
    Notice,
    PartLeft,
    StopLine,
    Withdraw,
)
from tests.core_track import ROUTE, DrivenLine
from tests.core_values import LIMITS, MS, decisions, kinds

PATIENT = replace(LIMITS, deadline_ns=10_000 * MS, max_in_flight=8)
"""Time is no deadline here."""


@pytest.fixture
def driven() -> DrivenLine:
    return DrivenLine(PATIENT)


def reasons(actions: list[Action]) -> list[tuple[int, Reason]]:
    return [(decision.part.trigger.part_seq, decision.reason) for decision in decisions(actions)]


def withdrawals(actions: list[Action]) -> list[Withdraw]:
    return [action for action in actions if isinstance(action, Withdraw)]


def test_a_jump_rejects_all_in_flight_takes_back_what_can_be_and_stops_the_line(driven: DrivenLine) -> None:
    driven.good_part(1)
    for part_seq in (2, 3):
        driven.go(700, 70)
        driven.trigger(part_seq)
    driven.count += 50_000
    driven.now_ns += 10 * MS
    actions = driven.read()
    assert kinds(actions)[0] is Notice
    assert withdrawals(actions) == [Withdraw(1)]
    assert reasons(actions) == [(2, Reason.TRACKING), (3, Reason.TRACKING)]
    assert actions[-1] == StopLine("the encoder jumped", "tracking lost")
    assert driven.line.counts.in_flight == 0


def test_a_silent_encoder_rejects_all_in_flight_and_the_line_goes_on_by_itself(driven: DrivenLine) -> None:
    driven.trigger(1)
    driven.now_ns += 501 * MS
    actions = driven.line.tick(driven.now_ns)
    assert reasons(actions) == [(1, Reason.TRACKING)]
    assert StopLine not in kinds(actions)
    assert not driven.line.followed(driven.now_ns)
    driven.go(10, 10)
    assert driven.line.followed(driven.now_ns)


def test_a_lost_connection_rejects_all_in_flight_once(driven: DrivenLine) -> None:
    driven.trigger(1)
    assert reasons(driven.line.signals(None, driven.now_ns)) == [(1, Reason.TRACKING)]
    assert driven.line.signals(None, driven.now_ns) == []


@pytest.mark.parametrize("how", ["silent", "disconnected"])
def test_a_pass_that_waits_for_the_plc_is_taken_back_when_nobody_knows_where_its_part_is(
    driven: DrivenLine, how: str
) -> None:
    driven.good_part(1)
    driven.now_ns += 501 * MS
    lost = driven.line.tick(driven.now_ns) if how == "silent" else driven.line.signals(None, driven.now_ns)
    assert Withdraw(1) in lost


def test_on_an_empty_line_nobody_hears_of_a_lost_connection(driven: DrivenLine) -> None:
    driven.good_part(1)
    driven.line.result_taken(1)
    assert driven.line.signals(None, driven.now_ns) == []


def test_two_parts_too_close_are_both_rejected(driven: DrivenLine) -> None:
    driven.trigger(1)
    driven.go(599, 60)
    actions = driven.trigger(2)
    assert isinstance(actions[0], Notice)
    assert (actions[0].kind, actions[0].part_seqs) == ("parts too close", (1, 2))
    assert reasons(actions) == [(1, Reason.TOO_CLOSE), (2, Reason.TOO_CLOSE)]


def test_a_part_too_close_behind_one_that_has_passed_asks_for_it_back_or_to_stop(driven: DrivenLine) -> None:
    driven.good_part(1)
    driven.go(599, 60)
    actions = driven.trigger(2)
    assert reasons(actions) == [(2, Reason.TOO_CLOSE)]
    (asked,) = withdrawals(actions)
    assert asked.part_seq == 1
    assert asked.or_stop is not None
    assert asked.or_stop.kind == "parts too close"


def test_a_part_too_close_behind_a_reject_stops_nothing(driven: DrivenLine) -> None:
    driven.trigger(1)
    driven.verdict(driven.picture().part_uid, defective=True)
    driven.go(599, 60)
    actions = driven.trigger(2)
    assert reasons(actions) == [(2, Reason.TOO_CLOSE)]
    assert withdrawals(actions) == []


def test_a_pass_taken_back_is_not_asked_for_by_a_part_too_close_behind_it(driven: DrivenLine) -> None:
    driven.good_part(1)
    assert driven.line.withdrawn(1) is not None
    assert driven.line.withdrawn(1) is None
    driven.go(300, 60)
    actions = driven.trigger(2)
    assert reasons(actions) == [(2, Reason.TOO_CLOSE)]
    assert withdrawals(actions) == []


@pytest.mark.parametrize(("passed", "falls", "fell"), [(True, 0, False), (False, 1, True), (True, 1, True)])
def test_each_part_that_has_left_is_told_with_what_the_chute_saw(
    driven: DrivenLine, passed: bool, falls: int, fell: bool
) -> None:
    driven.trigger(1)
    driven.verdict(driven.picture().part_uid, defective=not passed)
    driven.go(4500, 450)
    driven.parts_seen += 1
    driven.go(1000, 100)
    driven.rejects_seen += falls
    assert [action for action in driven.go(100, 10) if isinstance(action, PartLeft)] == []
    assert PartLeft(1, 1, passed, fell) in driven.go(100, 10)


def test_without_a_sensor_in_the_chute_nobody_says_that_a_part_did_not_fall() -> None:
    driven = DrivenLine(PATIENT, replace(ROUTE, confirm_counts=None, part_sensor_counts=None))
    driven.good_part(1)
    assert PartLeft(1, 1, passed=True, fell=None) in driven.go(ROUTE.gate_counts + 300, 500)


def test_a_line_that_is_full_of_followed_parts_takes_no_more() -> None:
    driven = DrivenLine(PATIENT, replace(ROUTE, capacity=1))
    assert driven.line.followed(driven.now_ns)
    driven.good_part(1)
    assert not driven.line.followed(driven.now_ns)
