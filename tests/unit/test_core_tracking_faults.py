"""A run of overlapping parts, each with at most one fault: that rejects it, for that reason, and no other part."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.camera.interface import EncoderTrack, FrameLost
from station.core.line import Line
from station.core.reasons import Reason
from station.core.values import (
    Action,
    Classify,
    Decision,
    Notice,
    Release,
    Trigger,
)
from tests.core_values import COUNTS_APART, FASTENER, MS, a_frame, facts_of

PERIOD_MS, EXPOSED_MS, SLOW_MS, TICK_MS = 120, 100, 310, 10
VIEWS = FASTENER.views

GONE = {Reason.FRAME_GAP, Reason.NO_FRAME, Reason.CAMERA_DOWN}
EXPECTED: dict[str, set[Reason]] = {
    "none": {Reason.DEFECT_FREE},
    "defect": {Reason.DEFECT},
    "incomplete": {Reason.INCOMPLETE_FRAME},
    "drop": GONE,
    "stale rows": {Reason.STALE_FRAME},
    "duplicate id": {Reason.STALE_FRAME},
    "slow": GONE,
    "wrong size": {Reason.WRONG_SIZE},
    "ring full": {Reason.RING_FULL},
    "encoder jump": {Reason.ENCODER_STEP},
    "encoder reverse": {Reason.REVERSAL},
    "black": {Reason.DARK},
    "blur": {Reason.BLURRED},
    "freeze": {Reason.FROZEN_PICTURE},
    "worker dies": {Reason.CLASSIFIER_LOST},
    "camera down": {Reason.CAMERA_DOWN, Reason.NO_FRAME},
}
ONLY_THE_SHANK = ("encoder jump", "encoder reverse", "blur")


@dataclass(frozen=True)
class Course:
    """What happens to one part, and how long its messages take (ms)."""

    fault: str
    fault_view: int
    trigger_late: int
    exposed: tuple[int, ...]
    worker: tuple[int, ...]

    def fault_of(self, view: int) -> str:
        return self.fault if view == (0 if self.fault in ONLY_THE_SHANK else self.fault_view) else "none"


COURSES = st.builds(
    Course,
    st.one_of(st.just("none"), st.sampled_from(list(EXPECTED))),
    st.integers(0, len(VIEWS) - 1),
    st.integers(0, 40),
    st.tuples(*[st.integers(1, EXPOSED_MS)] * len(VIEWS)),
    st.tuples(*[st.integers(1, 40)] * len(VIEWS)),
)


@dataclass
class Sensor:
    """One camera: numbers as a camera gives them, and the newest picture that came from it."""

    next_id: int = 0
    delivered_id: int | None = None
    lost: int = 0
    digest: int | None = None


class Run:
    """The world around the line in virtual time. Each frame keeps to itself whose it truly is, by its slot."""

    def __init__(self, parts: list[Course]) -> None:
        self.line = Line(FASTENER)
        self.parts = parts
        self.expected = {number: EXPECTED[course.fault] for number, course in enumerate(parts, 1)}
        self.decided: dict[int, Decision] = {}
        self.notices: list[Notice] = []
        self.truth: dict[int, tuple[int, int]] = {}
        self.out: set[int] = set()
        self._sensors = {camera: Sensor() for camera in FASTENER.cameras}
        self._due: list[tuple[int, int, Callable[[int], list[Action]]]] = []
        self._order, self._slots = count(), count()
        for number, course in enumerate(parts, 1):
            self._schedule(number, course)
        for ms in range(0, (len(parts) + 4) * PERIOD_MS, TICK_MS):
            self._at(ms, self.line.tick)

    def go(self) -> None:
        while self._due:
            ms, _, happens = heapq.heappop(self._due)
            for action in happens(ms * MS):
                self._carry_out(action, ms)
            assert self.line.counts.balanced

    def _at(self, ms: int, happens: Callable[[int], list[Action]]) -> None:
        heapq.heappush(self._due, (ms, next(self._order), happens))

    def _schedule(self, number: int, course: Course) -> None:
        start_ms = number * PERIOD_MS
        trigger = Trigger(number, number * COUNTS_APART, start_ms * MS)
        self._at(start_ms + course.trigger_late, lambda now_ns: self.line.trigger(trigger, now_ns))
        for camera in FASTENER.cameras:
            views, late_ms = FASTENER.views_of(camera), 0
            for view, ms in zip(views, sorted(course.exposed[view] for view in views), strict=True):
                late_ms += SLOW_MS if course.fault_of(view) == "slow" else 0
                self._at(start_ms + ms + late_ms, self._exposure(number, view, course.fault_of(view)))

    def _exposure(self, number: int, view: int, fault: str) -> Callable[[int], list[Action]]:
        return lambda now_ns: self._expose(number, view, fault, now_ns)

    def _expose(self, number: int, view: int, fault: str, now_ns: int) -> list[Action]:
        camera, sensor = VIEWS[view].camera, self._sensors[VIEWS[view].camera]
        start = number * COUNTS_APART + VIEWS[view].offset_counts
        if fault == "camera down":
            sensor.next_id, sensor.delivered_id, sensor.lost = 0, None, 0
            return self.line.camera_down(camera, now_ns)
        frame_id, lost_before = sensor.next_id, sensor.lost
        if fault == "duplicate id" and sensor.delivered_id is not None:
            frame_id, lost_before = sensor.delivered_id, 0
        else:
            sensor.next_id += 1
            if fault == "duplicate id":
                self.expected[number] = EXPECTED["none"]
        if fault == "drop":
            sensor.lost += 1
            return []
        sensor.lost -= lost_before
        sensor.delivered_id = frame_id
        if fault == "wrong size" or fault == "ring full":
            sensor.lost += lost_before
            return self.line.frame_lost(camera, FrameLost(frame_id, fault, now_ns, start), now_ns)
        slot = next(self._slots)
        self.truth[slot] = (number, view)
        self.out.add(slot)
        frame = a_frame(
            frame_id,
            _track(start, view, fault),
            slot=slot,
            lost_before=lost_before,
            lines=60 if fault == "incomplete" else 100,
            stale_rows=2 if fault == "stale rows" else 0,
            digest=self._digest(number, sensor, slot, fault),
        )
        return self.line.frame(camera, frame, now_ns)

    def _digest(self, number: int, sensor: Sensor, slot: int, fault: str) -> int | None:
        if fault == "incomplete":
            return None
        if fault != "freeze":
            sensor.digest = slot
        elif sensor.digest is None:
            self.expected[number] = EXPECTED["none"]
        return sensor.digest

    def _carry_out(self, action: Action, now_ms: int) -> None:
        if isinstance(action, Decision):
            number = action.part.trigger.part_seq
            assert number not in self.decided, "two outcomes for one part"
            self.decided[number] = action
        elif isinstance(action, Release):
            self.out.remove(action.frame.slot)
        elif isinstance(action, Notice):
            self.notices.append(action)
        elif isinstance(action, Classify):
            number, view = self.truth[action.frame.slot]
            assert (action.part_uid, action.view) == (number, view), "another's picture"
            course = self.parts[number - 1]
            fault = course.fault_of(view)
            self._at(now_ms + course.worker[view], lambda now_ns: self._answer(number, view, fault, now_ns))

    def _answer(self, number: int, view: int, fault: str, now_ns: int) -> list[Action]:
        if fault == "worker dies":
            return self.line.classifier_failed(number, view, now_ns)
        facts = facts_of(
            number,
            view,
            defective=fault == "defect",
            problem="all dark" if fault == "black" else None,
            sharpness=0.1 if fault == "blur" else 9.0,
        )
        return self.line.inspected(facts, now_ns)


def _track(start: int, view: int, fault: str) -> EncoderTrack:
    """A line scan goes on by 4 counts a line."""
    if VIEWS[view].counts_per_line is None:
        return EncoderTrack((0,), (start,))
    then = {"encoder jump": (260, 360), "encoder reverse": (100, 0)}.get(fault, (300, 400))
    return EncoderTrack((0, 25, 50, 75, 100), tuple(start + way for way in (0, 100, 200, *then)))


@settings(max_examples=150, deadline=None)
@given(st.lists(COURSES, min_size=1, max_size=8))
def test_every_fault_rejects_its_own_part_with_its_own_reason_and_no_other(parts: list[Course]) -> None:
    run = Run(parts)
    run.go()
    found = {number: run.decided[number].reason for number in run.expected}
    assert all(found[number] in reasons for number, reasons in run.expected.items()), found
    assert run.out == set(), "frames that were never given back"
    assert run.notices == [], "every frame had a part"
    assert run.line.counts.in_flight == 0
