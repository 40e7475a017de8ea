"""A part with one picture of its shank and four of its head, from two cameras, in any order."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.interface import Frame
from station.core.line import Line
from station.core.line_limits import View
from station.core.reasons import Outcome, Reason
from station.core.values import (
    Action,
    Classify,
    Decision,
    ExposureComplete,
    LateVerdict,
    Notice,
    Release,
    Trigger,
)
from tests.core_values import FASTENER, a_frame, a_loss, decisions, facts_of, kinds, the_decision

VIEWS = range(5)
HEAD_VIEWS = (1, 2, 3, 4)


def frames_of(start: int, first_id: int = 1) -> dict[int, Frame]:
    """One frame a view of the part that was triggered at count `start`; ids go up by camera."""
    heads = count(first_id)
    return {
        view: a_frame(first_id if view == 0 else next(heads), start + FASTENER.views[view].offset_counts, slot=view)
        for view in VIEWS
    }


def deliver(line: Line, view: int, frame: Frame, now_ns: int = 10) -> list[Action]:
    return line.frame(FASTENER.views[view].camera, frame, now_ns)


@pytest.fixture
def line() -> Line:
    line = Line(FASTENER)
    line.trigger(Trigger(1, 1000, 0), 0)
    return line


@given(st.permutations(list(VIEWS)), st.permutations(list(VIEWS)), st.integers(0, 5))
def test_a_part_passes_when_all_its_views_are_sound_in_whatever_order_they_come(
    arrivals: list[int], answers: list[int], before_trigger: int
) -> None:
    line = Line(FASTENER)
    ids = {"shank": count(1), "head": count(1)}
    actions: list[Action] = []
    for place, view in enumerate(arrivals):
        if place == before_trigger:
            actions += line.trigger(Trigger(1, 1000, 0), 10)
        camera = FASTENER.views[view].camera
        frame = a_frame(next(ids[camera]), 1000 + FASTENER.views[view].offset_counts, slot=view)
        actions += line.frame(camera, frame, 10)
    if before_trigger == len(arrivals):
        actions += line.trigger(Trigger(1, 1000, 0), 10)
    assert kinds(actions).count(ExposureComplete) == 1
    assert sorted(action.view for action in actions if isinstance(action, Classify)) == list(VIEWS)
    for view in answers[:-1]:
        assert kinds(line.inspected(facts_of(1, view), 20)) == [Release]
    decision = the_decision(line.inspected(facts_of(1, answers[-1]), 20))
    assert (decision.outcome, decision.view, decision.facts) == (Outcome.PASSED, None, decision.part.facts[0])


def test_exposure_is_complete_with_the_last_picture_and_not_before(line: Line) -> None:
    frames = frames_of(1000)
    for view in (1, 0, 2, 3):
        assert kinds(deliver(line, view, frames[view])) == [Classify]
    assert kinds(deliver(line, 4, frames[4])) == [ExposureComplete, Classify]


def test_a_defect_waits_for_the_other_views_and_the_highest_score_names_it(line: Line) -> None:
    for view, frame in frames_of(1000).items():
        deliver(line, view, frame)
    told = [
        facts_of(1, 0, defective=True, score=0.7, class_index=2),
        facts_of(1, 1, score=0.99),
        facts_of(1, 2, defective=True, score=0.8, class_index=3),
        facts_of(1, 3),
    ]
    for facts in told:
        assert decisions(line.inspected(facts, 20)) == []
    decision = the_decision(line.inspected(facts_of(1, 4), 21))
    assert (decision.reason, decision.view, decision.facts) == (Reason.DEFECT, 2, told[2])
    assert len(decision.part.facts) == 5


def test_a_picture_at_fault_rejects_the_part_at_once_and_what_follows_is_quiet(line: Line) -> None:
    frames = frames_of(1000)
    deliver(line, 1, frames[1])
    deliver(line, 0, frames[0])
    decision = the_decision(line.inspected(facts_of(1, 1, problem="all dark"), 20))
    assert (decision.reason, decision.view) == (Reason.DARK, 1)
    for view in (2, 3, 4):
        assert kinds(deliver(line, view, frames[view], 30)) == [Release]
    assert kinds(line.inspected(facts_of(1, 0), 40)) == [Release]
    assert line.tick(FASTENER.deadline_ns) == []


def test_missing_pictures_are_rejected_when_pictures_are_due_and_not_only_at_the_deadline(line: Line) -> None:
    frames = frames_of(1000)
    for view in (0, 1, 3, 4):
        deliver(line, view, frames[view])
    assert FASTENER.picture_deadline_ns is not None
    assert line.tick(FASTENER.picture_deadline_ns - 1) == []
    decision = the_decision(line.tick(FASTENER.picture_deadline_ns))
    assert (decision.reason, decision.view) == (Reason.NO_FRAME, 2)


def test_a_part_whose_pictures_are_all_there_has_until_its_deadline(line: Line) -> None:
    for view, frame in frames_of(1000).items():
        deliver(line, view, frame)
    for view in (0, 1, 2):
        line.inspected(facts_of(1, view), 20)
    assert line.tick(FASTENER.deadline_ns - 1) == []
    decision = the_decision(line.tick(FASTENER.deadline_ns))
    assert (decision.reason, decision.view) == (Reason.DEADLINE, 3)
    assert kinds(line.inspected(facts_of(1, 3, defective=True), FASTENER.deadline_ns + 1)) == [Release]
    released, late = line.inspected(facts_of(1, 4), FASTENER.deadline_ns + 2)
    assert isinstance(released, Release)
    assert isinstance(late, LateVerdict)
    assert (late.would_be, late.view, len(late.part.facts)) == (Reason.DEFECT, 3, 5)
    assert len(decision.part.facts) == 3, "a decided part was changed"


def test_pictures_that_are_inspected_after_one_was_found_at_fault_make_no_late_verdict(line: Line) -> None:
    for view, frame in frames_of(1000).items():
        deliver(line, view, frame)
    line.inspected(facts_of(1, 2, problem="saturated"), 20)
    for view in (0, 1, 3, 4):
        assert kinds(line.inspected(facts_of(1, view), 30)) == [Release]


def test_a_picture_at_fault_decides_a_late_verdict_too(line: Line) -> None:
    for view, frame in frames_of(1000).items():
        deliver(line, view, frame)
    line.tick(FASTENER.deadline_ns)
    actions: list[Action] = []
    for view in VIEWS:
        facts = facts_of(1, view, defective=view == 1, problem="saturated" if view == 3 else None)
        actions += line.inspected(facts, FASTENER.deadline_ns + 1)
    (late,) = [action for action in actions if isinstance(action, LateVerdict)]
    assert (late.would_be, late.view, late.facts.view) == (Reason.SATURATED, 3, 3)


def test_a_gap_rejects_the_part_that_waited_for_the_lost_frame_and_not_the_one_whose_frame_came() -> None:
    line = Line(FASTENER)
    line.trigger(Trigger(1, 1000, 0), 0)
    first = frames_of(1000)
    for view in (0, 1, 2, 3):
        deliver(line, view, first[view])
    line.trigger(Trigger(2, 21_000, 5), 5)
    second = frames_of(21_000, first_id=5)
    actions = deliver(line, 1, replace(second[1], lost_before=1))
    assert (the_decision(actions).part.uid, the_decision(actions).reason) == (1, Reason.FRAME_GAP)
    assert kinds(actions) == [Decision, Classify]
    for view in (0, 2, 3, 4):
        deliver(line, view, second[view])
    for view in VIEWS:
        actions = line.inspected(facts_of(2, view), 20)
    assert the_decision(actions).outcome is Outcome.PASSED


def test_a_gap_within_a_part_rejects_it_for_the_view_that_is_lost(line: Line) -> None:
    frames = frames_of(1000)
    deliver(line, 1, frames[1])
    actions = deliver(line, 3, replace(frames[3], lost_before=1))
    assert (the_decision(actions).reason, the_decision(actions).view) == (Reason.FRAME_GAP, 2)
    assert Release in kinds(actions)


def test_a_gap_of_one_camera_is_nothing_to_a_part_that_waits_for_the_other(line: Line) -> None:
    frames = frames_of(1000)
    for view in HEAD_VIEWS:
        deliver(line, view, frames[view])
    line.trigger(Trigger(2, 21_000, 0), 0)
    assert decisions(deliver(line, 1, a_frame(9, 21_000, lost_before=4))) == []


def test_a_picture_missing_after_a_gap_is_told_as_a_gap() -> None:
    line = Line(FASTENER)
    line.trigger(Trigger(1, None, 0), 0)
    deliver(line, 0, a_frame(5, 1000, lost_before=1), 1)
    decision = the_decision(line.tick(FASTENER.deadline_ns))
    assert (decision.reason, decision.view) == (Reason.FRAME_GAP, 0)


def test_a_gap_from_before_the_trigger_is_not_the_parts() -> None:
    line = Line(FASTENER)
    deliver(line, 0, a_frame(5, 500_000, lost_before=1), 1)
    line.trigger(Trigger(1, 1000, 2), 3)
    assert the_decision(line.tick(2 + FASTENER.deadline_ns)).reason is Reason.NO_FRAME


def test_a_lost_frame_rejects_the_part_for_that_view(line: Line) -> None:
    decision = the_decision(line.frame_lost("head", a_loss("wrong size", 1000 + 4096), 10))
    assert (decision.reason, decision.view) == (Reason.WRONG_SIZE, 3)


def test_a_camera_that_goes_down_rejects_only_the_parts_that_wait_for_that_camera(line: Line) -> None:
    for view, frame in frames_of(1000).items():
        if view != 0:
            deliver(line, view, frame)
    assert line.camera_down("head", 20) == []
    decision = the_decision(line.camera_down("shank", 21))
    assert (decision.reason, decision.view) == (Reason.CAMERA_DOWN, 0)


def test_the_same_picture_from_two_cameras_is_no_frozen_camera(line: Line) -> None:
    frames = frames_of(1000)
    for view in (0, 1):
        assert decisions(deliver(line, view, replace(frames[view], digest=7))) == []
    decision = the_decision(deliver(line, 2, replace(frames[2], digest=7)))
    assert (decision.reason, decision.view) == (Reason.FROZEN_PICTURE, 2)


def test_readiness_counts_the_frames_of_the_camera_that_has_least_room() -> None:
    line = Line(replace(FASTENER, max_in_flight=2))
    line.trigger(Trigger(1, 1000, 0), 0)
    assert line.can_take
    for view, frame in frames_of(1000).items():
        deliver(line, view, frame)
    line.reject_all(Reason.PLC_SILENT, 20)
    assert line.can_take
    line.trigger(Trigger(2, 21_000, 30), 30)
    assert not line.can_take, "four frames of the head are with workers, four are waited for"
    line.inspected(facts_of(1, 0), 40)
    assert not line.can_take
    for view in HEAD_VIEWS:
        line.inspected(facts_of(1, view), 40)
    assert line.can_take


def test_readiness_counts_frames_that_are_held_for_a_trigger() -> None:
    line = Line(replace(FASTENER, max_in_flight=2))
    line.trigger(Trigger(1, 1000, 0), 0)
    assert deliver(line, 1, a_frame(1, 900_000), 10) == []
    assert not line.can_take
    assert kinds(line.tick(10 + FASTENER.frame_hold_ns)) == [Notice, Release]
    assert line.can_take


def test_each_camera_holds_as_many_early_frames_as_a_part_has_views_of_it() -> None:
    line = Line(FASTENER)
    for number in range(1, 5):
        assert deliver(line, 1, a_frame(number, number * 100_000, slot=number)) == []
    assert deliver(line, 0, a_frame(1, 100_000)) == []
    told, released = deliver(line, 1, a_frame(5, 500_000, slot=5))
    assert isinstance(told, Notice)
    assert isinstance(released, Release)
    assert released.frame.slot == 1
    assert kinds(deliver(line, 0, a_frame(2, 200_000))) == [Notice, Release]


@pytest.mark.parametrize(
    "wrong",
    [
        {"tolerance_counts": -1},
        {"counts_per_line": 0.0},
        {"counts_per_line": float("nan")},
        {"sharpness_min": float("nan")},
        {"software_trigger": True, "offset_counts": 5},
        {"name": ""},
    ],
)
def test_a_view_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="view"):
        View(**{"name": "shank", "camera": "shank", **wrong})  # type: ignore[arg-type]


def test_with_counts_the_next_part_need_not_wait_for_the_pictures_of_the_one_before(line: Line) -> None:
    assert line.can_take
    line.tick(FASTENER.deadline_ns)
    assert line.can_take
