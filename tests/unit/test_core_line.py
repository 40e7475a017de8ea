"""The line machine with one camera and one view: promises P1 to P5 in virtual time."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from drivers.camera.interface import Frame, LossReason
from station.core.ledger import Ledger, LedgerError
from station.core.line import Line
from station.core.reasons import Outcome, Reason
from station.core.values import (
    Classify,
    Decision,
    ExposureComplete,
    FireCamera,
    LateVerdict,
    Notice,
    Release,
    Trigger,
)
from tests.core_values import LIMITS, MS, SCAN, a_frame, a_loss, a_track, decisions, facts_of, kinds, the_decision


@pytest.fixture
def line() -> Line:
    return Line(LIMITS)


def test_a_good_part_passes_with_its_own_number(line: Line) -> None:
    assert line.trigger(Trigger(7, 1000, at_ns=0), 1) == []
    done, classify = line.frame("scan", a_frame(encoder=1003), 100 * MS)
    assert done == ExposureComplete(7)
    assert isinstance(classify, Classify)
    actions = line.inspected(facts_of(classify.part_uid), 150 * MS)
    decision = the_decision(actions)
    assert (decision.part.trigger.part_seq, decision.reason, decision.view) == (7, Reason.DEFECT_FREE, None)
    assert actions[0] == Release("scan", classify.frame)
    assert line.counts.as_dict() == {"triggers": 1, "passed": 1, "rejected": 0, "forced": 0, "in_flight": 0}


def test_a_defect_is_a_reject_and_not_a_forced_one(line: Line) -> None:
    line.trigger(Trigger(7, 1000, 0), 1)
    line.frame("scan", a_frame(), 10)
    decision = the_decision(line.inspected(facts_of(1, defective=True), 20))
    assert decision.outcome is Outcome.REJECTED
    assert decision.view == 0


def test_a_frame_before_its_trigger_message_waits_for_it(line: Line) -> None:
    assert line.frame("scan", a_frame(encoder=500), 10) == []
    assert kinds(line.trigger(Trigger(3, 500, 5), 20)) == [ExposureComplete, Classify]


def test_a_frame_that_no_trigger_claims_is_given_back_and_told(line: Line) -> None:
    line.frame("scan", a_frame(encoder=500), 0)
    actions = line.tick(LIMITS.frame_hold_ns)
    assert kinds(actions) == [Notice, Release]
    assert "camera scan at encoder count 500" in str(actions[0])
    assert isinstance(actions[0], Notice)
    assert actions[0].camera == "scan"


def test_frames_go_to_parts_by_encoder_count_and_not_by_order(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.trigger(Trigger(2, 20_000, 0), 0)
    (_, classify) = line.frame("scan", a_frame(frame_id=2, encoder=20_001), 10)
    assert isinstance(classify, Classify)
    assert classify.part_uid == 2
    line.inspected(facts_of(2), 20)
    missing = the_decision(line.tick(LIMITS.deadline_ns))
    assert (missing.part.trigger.part_seq, missing.reason) == (1, Reason.NO_FRAME)


def test_the_encoder_may_wrap_between_trigger_and_picture(line: Line) -> None:
    line.trigger(Trigger(1, 0xFFFF_FFFE, 0), 0)
    assert kinds(line.frame("scan", a_frame(encoder=0x1_0000_0002), 10)) == [ExposureComplete, Classify]


@pytest.mark.parametrize(("wanted", "seen"), [(1000, None), (None, 1000), (None, None)])
def test_with_an_encoder_a_missing_count_matches_nothing(line: Line, wanted: int | None, seen: int | None) -> None:
    line.trigger(Trigger(1, wanted, 0), 0)
    assert line.frame("scan", a_frame(encoder=seen), 10) == []
    assert the_decision(line.tick(LIMITS.deadline_ns)).reason is Reason.NO_FRAME


def test_two_parts_within_the_tolerance_are_both_rejected(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.trigger(Trigger(2, 1004, 0), 0)
    actions = line.frame("scan", a_frame(encoder=1002), 10)
    assert [decision.reason for decision in decisions(actions)] == [Reason.IDENTITY, Reason.IDENTITY]
    assert Release in kinds(actions)


def test_two_different_frames_for_one_part_put_it_in_doubt(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame("scan", a_frame(1), 10)
    actions = line.frame("scan", a_frame(2, encoder=1001), 11)
    assert kinds(actions) == [Notice, Release, Decision]
    assert the_decision(actions).reason is Reason.IDENTITY


def test_a_frame_that_is_delivered_twice_does_not_harm_its_part(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame("scan", a_frame(1), 10)
    assert kinds(line.frame("scan", a_frame(1, slot=1), 11)) == [Notice, Release]
    assert the_decision(line.inspected(facts_of(1), 20)).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (a_frame(lines=60), Reason.INCOMPLETE_FRAME),
        (a_frame(frame_id=0), Reason.STALE_FRAME),
        (a_frame(stale_rows=1), Reason.STALE_FRAME),
        (a_frame(encoder=a_track(1000, 1100, 1220)), Reason.ENCODER_STEP),
        (a_frame(encoder=a_track(1000, 1100, 1050)), Reason.REVERSAL),
    ],
)
def test_a_picture_that_is_not_whole_and_new_is_a_forced_reject(frame: Frame, reason: Reason) -> None:
    line = Line(replace(LIMITS, views=(replace(SCAN, counts_per_line=4.0),)))
    line.trigger(Trigger(1, 50, 0), 0)
    line.frame("scan", a_frame(frame_id=0, encoder=50), 1)
    line.inspected(facts_of(1), 2)
    line.trigger(Trigger(2, 1000, 3), 3)
    actions = line.frame("scan", frame, 4)
    assert kinds(actions) == [ExposureComplete, Release, Decision]
    assert (the_decision(actions).reason, the_decision(actions).view) == (reason, 0)
    assert the_decision(actions).part.frames == {0: frame}


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        ("no part", Reason.NO_PART),
        ("all dark", Reason.DARK),
        ("saturated", Reason.SATURATED),
        ("some new word", Reason.MODEL),
    ],
)
def test_a_picture_that_could_not_be_voted_on_is_a_forced_reject(line: Line, problem: str, reason: Reason) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame("scan", a_frame(), 1)
    decision = the_decision(line.inspected(facts_of(1, problem=problem), 2))
    assert decision.reason is reason
    assert decision.outcome is Outcome.FORCED


def test_the_same_picture_twice_is_a_frozen_camera(line: Line) -> None:
    for seq, expected in ((1, Reason.DEFECT_FREE), (2, Reason.FROZEN_PICTURE)):
        line.trigger(Trigger(seq, seq * 20_000, 0), 0)
        actions = line.frame("scan", a_frame(frame_id=seq, encoder=seq * 20_000, digest=77), 1)
        assert the_decision([*actions, *line.inspected(facts_of(seq), 2)]).reason is expected


def test_of_two_pictures_that_are_alike_the_later_one_is_rejected_whichever_a_worker_has_done_first() -> None:
    line = Line(replace(LIMITS, max_in_flight=2))
    line.trigger(Trigger(1, 20_000, 0), 0)
    line.frame("scan", a_frame(frame_id=1, encoder=20_000, digest=77), 1)
    line.trigger(Trigger(2, 40_000, 2), 2)
    frozen = the_decision(line.frame("scan", a_frame(frame_id=2, slot=1, encoder=40_000, digest=77), 3))
    assert (frozen.part.uid, frozen.reason) == (2, Reason.FROZEN_PICTURE)
    assert the_decision(line.inspected(facts_of(1), 4)).reason is Reason.DEFECT_FREE


@pytest.mark.parametrize("sharpness", [19.9, 0.0, math.nan])
def test_a_blurred_picture_is_a_forced_reject_whatever_the_vote(sharpness: float) -> None:
    line = Line(replace(LIMITS, views=(replace(SCAN, sharpness_min=20.0),)))
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame("scan", a_frame(), 1)
    assert the_decision(line.inspected(facts_of(1, sharpness=sharpness), 2)).reason is Reason.BLURRED


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("wrong size", Reason.WRONG_SIZE),
        ("ring full", Reason.RING_FULL),
        ("incomplete without lines", Reason.FRAME_UNUSABLE),
        ("unknown pixel format", Reason.FRAME_UNUSABLE),
    ],
)
@pytest.mark.parametrize("trigger_first", [True, False])
def test_a_lost_frame_rejects_its_own_part_for_that(
    line: Line, told: LossReason, reason: Reason, trigger_first: bool
) -> None:
    line.trigger(Trigger(9, 21_000, 0), 0)
    actions = line.trigger(Trigger(1, 1000, 0), 0) if trigger_first else []
    actions += line.frame_lost("scan", a_loss(told), 5)
    actions += [] if trigger_first else line.trigger(Trigger(1, 1000, 0), 10)
    decision = the_decision(actions)
    assert (decision.part.trigger.part_seq, decision.reason, decision.view) == (1, reason, 0)
    assert line.counts.in_flight == 1


def test_a_loss_without_a_count_rejects_the_only_part_that_waits(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    assert the_decision(line.frame_lost("scan", a_loss(encoder=None, camera_ns=3), 5)).reason is Reason.RING_FULL


def test_a_loss_without_a_count_is_only_told_when_two_parts_wait(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.trigger(Trigger(2, 21_000, 1), 1)
    assert kinds(line.frame_lost("scan", a_loss(encoder=None, camera_ns=3), 5)) == [Notice]
    assert line.counts.in_flight == 2


def test_a_loss_that_is_nobodys_is_told_when_no_trigger_came_for_it(line: Line) -> None:
    assert line.frame_lost("scan", a_loss(), 5) == []
    assert kinds(line.tick(5 + LIMITS.frame_hold_ns)) == [Notice]


def test_a_verdict_after_the_deadline_is_recorded_and_never_applied(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame("scan", a_frame(), 1)
    forced = the_decision(line.tick(LIMITS.deadline_ns))
    assert forced.reason is Reason.DEADLINE
    late = line.inspected(facts_of(1), LIMITS.deadline_ns + 1)
    assert kinds(late) == [Release, LateVerdict]
    assert line.counts.passed == 0
    assert forced.part.facts == {}, "a decided part was changed"


def test_a_verdict_that_arrives_with_the_deadline_but_before_the_tick_is_late_too(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame("scan", a_frame(), 1)
    actions = line.inspected(facts_of(1), LIMITS.deadline_ns)
    assert kinds(actions) == [Release, Decision, LateVerdict]
    assert the_decision(actions).reason is Reason.DEADLINE


def test_a_schedule_in_the_past_is_a_fault_and_a_reject(line: Line) -> None:
    assert kinds(line.trigger(Trigger(1, 1000, at_ns=0), LIMITS.deadline_ns)) == [Notice, Decision]
    assert line.counts.forced == 1


def test_a_trigger_while_not_ready_is_a_forced_reject_of_that_number(line: Line) -> None:
    decision = the_decision(line.trigger(Trigger(9, 1000, 0, missed=True), 0))
    assert (decision.part.trigger.part_seq, decision.reason) == (9, Reason.MISSED_TRIGGER)
    assert kinds(line.frame("scan", a_frame(), 5)) == [Release], "its picture is nobody's fault"


def test_a_part_too_many_is_a_forced_reject_and_its_early_picture_is_given_back(line: Line) -> None:
    for seq in range(1, LIMITS.max_in_flight + 1):
        assert line.can_take
        line.trigger(Trigger(seq, seq * 20_000, 0), 0)
    assert not line.can_take
    line.frame("scan", a_frame(encoder=900_000), 1)
    actions = line.trigger(Trigger(99, 900_000, 0), 2)
    assert kinds(actions) == [Decision, Release]
    assert the_decision(actions).reason is Reason.MISSED_TRIGGER


def test_a_number_that_comes_twice_rejects_the_part_in_flight(line: Line) -> None:
    line.trigger(Trigger(5, 1000, 0), 0)
    assert the_decision(line.trigger(Trigger(5, 9000, 1), 1)).reason is Reason.IDENTITY
    assert line.counts.in_flight == 0


def test_a_dead_camera_rejects_only_the_parts_that_wait_for_it(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame("scan", a_frame(), 1)
    line.trigger(Trigger(2, 20_000, 2), 2)
    assert the_decision(line.camera_down("scan", 3)).part.trigger.part_seq == 2
    assert the_decision(line.inspected(facts_of(1), 4)).reason is Reason.DEFECT_FREE


def test_frame_numbers_may_begin_anew_after_a_camera_was_down(line: Line) -> None:
    for seq, frame_id in ((1, 900), (2, 0)):
        line.trigger(Trigger(seq, seq * 20_000, 0), 0)
        line.frame("scan", a_frame(frame_id, encoder=seq * 20_000), 1)
        assert the_decision(line.inspected(facts_of(seq), 2)).reason is Reason.DEFECT_FREE
        line.camera_down("scan", 3)


def test_a_dead_worker_rejects_its_part_and_frees_the_slot(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame("scan", a_frame(), 1)
    actions = line.classifier_failed(1, 0, 2)
    assert kinds(actions) == [Release, Decision]
    assert the_decision(actions).reason is Reason.CLASSIFIER_LOST
    assert line.inspected(facts_of(1), 3) == [], "the answer of a worker that was given up counts for nothing"


def test_a_camera_that_the_station_fires_is_fired_at_the_trigger_and_only_then() -> None:
    line = Line(replace(LIMITS, views=(replace(SCAN, software_trigger=True),)))
    assert line.trigger(Trigger(1, 1000, 0), 0) == [FireCamera("scan")]
    assert FireCamera not in kinds(line.trigger(Trigger(2, 21_000, 0, missed=True), 0))


def test_no_picture_is_waited_for_that_was_never_asked_for() -> None:
    line = Line(replace(LIMITS, views=(replace(SCAN, software_trigger=True, carries_counts=False),)))
    line.trigger(Trigger(1, None, 0, missed=True), 0)
    assert line.can_take


def test_the_ledger_refuses_a_second_outcome() -> None:
    ledger = Ledger()
    ledger.open(1, 10)
    ledger.close(1, Outcome.PASSED)
    with pytest.raises(LedgerError, match="again"):
        ledger.close(1, Outcome.REJECTED)
    with pytest.raises(LedgerError):
        ledger.open(2, 11), ledger.open(3, 11)


def test_every_forced_reason_has_a_code_that_is_not_pass() -> None:
    for reason in Reason:
        assert (reason.code == 0x5A5A) == (reason is Reason.DEFECT_FREE)


def test_reasons_keep_their_places_because_their_bits_are_an_interface() -> None:
    assert [reason.bit for reason in (Reason.DEFECT_FREE, Reason.NO_FRAME, Reason.MISSED_TRIGGER)] == [
        1,
        1 << 14,
        1 << 15,
    ]
    assert [reason.text for reason in Reason][18:] == [
        "station stopping",
        "frame ring full",
        "wrong picture size",
        "unusable frame",
        "encoder step",
        "encoder reversed",
        "blurred picture",
        "tracking lost",
        "parts too close",
        "line stopped",
        "counters differ",
        "station restarted",
        "verdict withdrawn",
        "wrong part",
        "unknown part",
    ]
