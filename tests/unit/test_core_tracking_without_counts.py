"""Cameras that stamp no encoder counts: time and order are all there is, and what is in doubt is rejected."""

from __future__ import annotations

from dataclasses import replace

from station.core.line import Line
from station.core.line_limits import View
from station.core.reasons import Reason
from station.core.values import (
    Classify,
    ExposureComplete,
    Release,
    Trigger,
)
from tests.core_values import FASTENER, LIMITS, MS, SCAN, a_frame, a_loss, decisions, kinds, the_decision

WITHOUT_COUNTS = replace(LIMITS, views=(replace(SCAN, carries_counts=False),))
TOP = replace(FASTENER, views=(View("top", "head", carries_counts=False),))


def test_without_an_encoder_a_frame_is_not_guessed_onto_one_of_two_parts() -> None:
    line = Line(WITHOUT_COUNTS)
    line.trigger(Trigger(1, None, 0), 0)
    line.trigger(Trigger(2, None, 0), 0)
    actions = line.frame("scan", a_frame(encoder=None), 10)
    assert [decision.reason for decision in decisions(actions)] == [Reason.IDENTITY, Reason.IDENTITY]
    assert line.counts.forced == 2


def test_without_an_encoder_a_picture_from_before_the_trigger_is_not_the_parts() -> None:
    line = Line(WITHOUT_COUNTS)
    line.trigger(Trigger(1, None, at_ns=50), 60)
    assert line.frame("scan", a_frame(encoder=None, camera_ns=40), 70) == []
    assert kinds(line.frame("scan", a_frame(2, encoder=None, camera_ns=55), 80)) == [ExposureComplete, Classify]


def test_without_counts_a_loss_puts_every_part_that_waits_in_doubt() -> None:
    line = Line(WITHOUT_COUNTS)
    line.trigger(Trigger(1, None, 0), 0)
    line.trigger(Trigger(2, None, 1), 1)
    actions = line.frame_lost("scan", a_loss(encoder=None, camera_ns=3), 5)
    assert [decision.reason for decision in decisions(actions)] == [Reason.RING_FULL, Reason.RING_FULL]


def test_without_counts_a_part_whose_frame_is_told_as_lost_is_not_waited_for() -> None:
    line = Line(WITHOUT_COUNTS)
    line.trigger(Trigger(1, None, 0), 0)
    assert the_decision(line.frame_lost("scan", a_loss(encoder=None, camera_ns=3), 5)).reason is Reason.RING_FULL
    assert line.can_take


def test_a_camera_without_counts_gives_its_views_in_order() -> None:
    views = tuple(replace(view, carries_counts=False) for view in FASTENER.views[1:])
    line = Line(replace(FASTENER, views=views))
    line.trigger(Trigger(1, None, 0), 0)
    for view in range(4):
        classify = line.frame("head", a_frame(view + 1, None, camera_ns=view + 1), 10)[-1]
        assert isinstance(classify, Classify)
        assert classify.view == view


def test_without_counts_a_gap_rejects_the_part_that_waited_and_the_one_that_the_frame_may_be_of() -> None:
    line = Line(TOP)
    line.trigger(Trigger(1, None, 0), 0)
    line.trigger(Trigger(2, None, 5), 5)
    actions = line.frame("head", a_frame(3, None, lost_before=1, camera_ns=6), 10)
    assert [decision.reason for decision in decisions(actions)] == [Reason.FRAME_GAP, Reason.FRAME_GAP]


def test_without_counts_a_picture_that_may_be_the_part_befores_is_given_to_none() -> None:
    line = Line(TOP)
    line.trigger(Trigger(1, None, 0), 0)
    assert TOP.picture_deadline_ns is not None
    line.tick(TOP.picture_deadline_ns)
    line.trigger(Trigger(2, None, 260 * MS), 260 * MS)
    actions = line.frame("head", a_frame(1, None, camera_ns=270 * MS), 270 * MS)
    assert the_decision(actions).reason is Reason.IDENTITY


def test_without_counts_no_part_is_taken_while_a_frame_may_still_be_another_parts() -> None:
    line = Line(TOP)
    assert line.can_take
    line.trigger(Trigger(1, None, 0), 0)
    assert not line.can_take, "its picture is still to come"
    line.tick(TOP.deadline_ns)
    assert line.counts.forced == 1
    assert not line.can_take, "it may come late"
    line.tick(TOP.deadline_ns + TOP.frame_hold_ns + 1)
    assert line.can_take
    line.trigger(Trigger(2, None, 400 * MS), 400 * MS)
    line.frame("head", a_frame(1, None, camera_ns=410 * MS), 410 * MS)
    assert line.can_take, "its picture has come"


def test_without_counts_a_picture_that_comes_late_ends_the_wait_for_it() -> None:
    line = Line(TOP)
    line.trigger(Trigger(1, None, 0), 0)
    line.tick(TOP.deadline_ns)
    assert kinds(line.frame("head", a_frame(1, None, camera_ns=5), TOP.deadline_ns + 1)) == [Release]
    assert line.can_take
