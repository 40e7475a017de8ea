"""When a camera is to be opened anew: it is silent while parts are triggered and the encoder moves."""

from __future__ import annotations

from dataclasses import replace

from station.core.line import Line
from station.core.line_limits import LineLimits
from station.core.values import (
    Action,
    RecoverCamera,
    Trigger,
)
from tests.core_values import COUNTS_APART, FASTENER, LIMITS, MS, SCAN, a_frame, facts_of, kinds

PERIOD_NS = 400 * MS


class Parts:
    """Triggers one part after the other; what is asked for at its end comes back."""

    def __init__(self, limits: LineLimits = LIMITS) -> None:
        self.line = Line(limits)
        self.number = 0
        self.now_ns = 0
        self.frame_id = 0

    def part(
        self, *, frame: bool = False, stands: bool = False, counts: bool = True, down: bool = False
    ) -> list[RecoverCamera]:
        self.number += 1
        self.now_ns += PERIOD_NS
        encoder = (0 if stands else self.number * COUNTS_APART) if counts else None
        actions: list[Action] = self.line.trigger(Trigger(self.number, encoder, self.now_ns), self.now_ns)
        if frame:
            self.frame_id += 1
            actions += self.line.frame("scan", a_frame(self.frame_id, encoder), self.now_ns + MS)
        if down:
            actions += self.line.camera_down("scan", self.now_ns + MS)
        actions += self.line.tick(self.now_ns + LIMITS.deadline_ns)
        return [action for action in actions if isinstance(action, RecoverCamera)]


def test_two_parts_in_a_row_without_a_frame_ask_once_and_two_more_ask_again() -> None:
    parts = Parts()
    assert parts.part() == []
    (asked,) = parts.part()
    assert asked.camera == "scan"
    assert asked.reason == "parts 1 and 2 were triggered while the encoder moved, and no frame came"
    assert parts.part() == []
    assert [asked.camera for asked in parts.part()] == ["scan"]


def test_a_frame_between_them_shows_that_the_camera_works() -> None:
    parts = Parts()
    assert parts.part() == []
    assert parts.part(frame=True) == []
    assert parts.part() == []
    assert len(parts.part()) == 1


def test_while_the_belt_stands_silence_is_no_fault() -> None:
    parts = Parts()
    assert [asked for _ in range(8) for asked in parts.part(stands=True)] == []


def test_an_encoder_that_trembles_within_the_tolerance_stands() -> None:
    parts = Parts(replace(LIMITS, views=(replace(SCAN, tolerance_counts=8 * COUNTS_APART),)))
    assert [asked for _ in range(6) for asked in parts.part()] == []


def test_without_counts_it_is_enough_that_parts_came_one_after_the_other() -> None:
    parts = Parts(replace(LIMITS, views=(replace(SCAN, carries_counts=False),)))
    assert parts.part(counts=False) == []
    assert len(parts.part(counts=False)) == 1


def test_a_camera_that_is_said_to_be_down_is_not_asked_for_again() -> None:
    parts = Parts()
    assert parts.part() == []
    assert parts.part(down=True) == []
    assert parts.part() == []


def test_frames_that_fit_no_part_are_signs_of_life_too() -> None:
    parts = Parts()
    for number in range(1, 6):
        assert parts.part() == []
        parts.line.frame("scan", a_frame(number, 3 + number * COUNTS_APART // 2), parts.now_ns + MS)


def test_a_camera_that_delivers_for_the_part_behind_does_not_hang() -> None:
    line = Line(LIMITS)
    asked: list[Action] = []
    for number in range(1, 7):  # every second part's frame is missing, and the next one's is there before that is seen
        now_ns = number * 100 * MS
        asked += line.tick(now_ns)
        line.trigger(Trigger(number, number * COUNTS_APART, now_ns), now_ns)
        if number % 2 == 0:
            line.frame("scan", a_frame(number, number * COUNTS_APART), now_ns + MS)
            line.inspected(facts_of(number), now_ns + 2 * MS)
    line.trigger(Trigger(7, 7 * COUNTS_APART, 700 * MS), 700 * MS)
    asked += line.tick(1100 * MS)
    assert line.counts.forced == 4
    assert RecoverCamera not in kinds(asked)


def test_only_the_silent_camera_is_asked_for() -> None:
    line = Line(FASTENER)
    asked: list[Action] = []
    for number in (1, 2):
        now_ns = number * PERIOD_NS
        line.trigger(Trigger(number, number * COUNTS_APART, now_ns), now_ns)
        line.frame("shank", a_frame(number, number * COUNTS_APART), now_ns + 1)
        asked += [a for a in line.tick(now_ns + FASTENER.deadline_ns) if isinstance(a, RecoverCamera)]
    assert [action.camera for action in asked if isinstance(action, RecoverCamera)] == ["head"]
