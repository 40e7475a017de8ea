"""The line machine against everything that can go wrong, over several cameras and views: promises P1 to P6."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from drivers.camera.interface import FrameLost, LossReason
from station.core.line import Line
from station.core.line_limits import LineLimits
from station.core.reasons import Reason
from station.core.values import (
    Action,
    Classify,
    Decision,
    LateVerdict,
    Release,
    Trigger,
)
from tests.core_values import COUNTS_APART, FASTENER, MS, a_frame, facts_of

CAMERAS = st.sampled_from(["shank", "head"])
RARELY = st.sampled_from([False] * 5 + [True])
LOSSES: tuple[LossReason, ...] = ("ring full", "wrong size", "not an image")
FATES = st.sampled_from(["comes"] * 6 + ["stays", "incomplete", "stale", "comes twice", "vanishes", *LOSSES])
ANSWERS = st.sampled_from(["sound"] * 4 + ["defect", "problem", "dies"])


@dataclass(frozen=True)
class Shot:
    """A picture that was taken: whose it truly is, where the encoder stood, when."""

    seq: int
    view: int
    encoder: int
    at_ns: int
    frame_id: int


class AnyLine(RuleBasedStateMachine):
    """A PLC, cameras and workers that lose, repeat, delay and reorder; the world remembers what is true."""

    limits: LineLimits = FASTENER
    counted = True
    stamps_time = True
    """Whether the cameras say when a picture was taken, or only when it was received."""

    def __init__(self) -> None:
        super().__init__()
        self.line = Line(self.limits)
        self.now = 0
        self.seq = 0
        self.taken: dict[str, int] = {}
        self.triggered_at: dict[int, int] = {}
        self.pipes: dict[str, deque[Shot]] = {camera: deque() for camera in self.limits.cameras}
        self.next_id = dict.fromkeys(self.limits.cameras, 1)
        self.last_id: dict[str, int | None] = dict.fromkeys(self.limits.cameras)
        self.untold: deque[Trigger] = deque()
        self.seq_of: dict[int, int] = {}
        self.slots = count()
        self.truth: dict[int, Shot] = {}
        self.out: dict[int, str] = {}
        self.working: dict[tuple[int, int], int] = {}
        self.sound: set[tuple[int, int]] = set()
        self.decided: dict[int, Decision] = {}

    def do(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Decision):
                self._check_decision(action)
            elif isinstance(action, Classify):
                shot = self.truth[action.frame.slot]
                assert (shot.seq, shot.view) == (self.seq_of[action.part_uid], action.view), "another's picture"
                assert (action.part_uid, action.view) not in self.working, "one view given out twice"
                self.working[action.part_uid, action.view] = action.frame.slot
            elif isinstance(action, Release):
                assert self.out.pop(action.frame.slot, None) == action.camera, "a frame given back twice"
            elif isinstance(action, LateVerdict):
                assert action.part.uid in self.decided
                assert len(action.part.facts) == len(self.limits.views)

    def _check_decision(self, decision: Decision) -> None:
        part = decision.part
        assert part.uid not in self.decided, "two outcomes for one part"
        self.decided[part.uid] = decision
        if decision.reason is Reason.DEFECT_FREE:
            views = range(len(self.limits.views))
            assert all((part.uid, view) in self.sound for view in views), "passed without an inspection of its own"
            assert decision.decided_ns < part.deadline_ns, "passed after its deadline"
            assert not any(frame.stale_rows or not frame.complete for frame in part.frames.values())

    def _tell(self, trigger: Trigger) -> None:
        uid = self.line.counts.triggers + 1
        numbers = {part.trigger.part_seq for part in self.line._book.tracking.parts}
        if trigger.part_seq not in numbers:
            self.seq_of[uid] = next(seq for seq, at_ns in self.triggered_at.items() if at_ns == trigger.at_ns)
        self.do(self.line.trigger(trigger, self.now))

    @rule(after_ms=st.integers(1, 200), late=RARELY, missed=RARELY, repeated=RARELY)
    def part(self, after_ms: int, late: bool, missed: bool, repeated: bool) -> None:
        self._pass(after_ms * MS)
        self.seq += 1
        self.triggered_at[self.seq] = self.now
        self.taken = dict.fromkeys(self.limits.cameras, 0)
        repeated = repeated and self.counted and self.seq > 1
        encoder = self.seq * COUNTS_APART if self.counted else None
        self.untold.append(Trigger(self.seq - repeated, encoder, self.now, missed))
        if not (late and self.counted):
            self.triggers_are_told()

    @rule()
    def triggers_are_told(self) -> None:
        while self.untold:
            trigger = self.untold.popleft()
            open_numbers = {part.trigger.part_seq for part in self.line._book.tracking.parts}
            if trigger.part_seq not in open_numbers:
                seq = next(seq for seq, at_ns in self.triggered_at.items() if at_ns == trigger.at_ns)
                self.seq_of[self.line.counts.triggers + 1] = seq
            self.do(self.line.trigger(trigger, self.now))

    @rule(fates=st.lists(st.tuples(CAMERAS, FATES), min_size=1, max_size=10))
    def pictures(self, fates: list[tuple[str, str]]) -> None:
        """The cameras are triggered by hardware: of the part that is there, its views in order."""
        for camera, fate in fates:
            self._take_picture(camera)
            if fate != "stays" and self.pipes[camera]:
                self._meet(fate, camera, self.pipes[camera].popleft())

    @rule(heads_first=st.booleans(), sound=st.booleans())
    def all_pictures(self, heads_first: bool, sound: bool) -> None:
        for camera in sorted(self.limits.cameras, reverse=not heads_first):
            for _ in self.limits.views_of(camera):
                self._take_picture(camera)
            while self.pipes[camera]:
                self._meet("comes", camera, self.pipes[camera].popleft())
        if sound:
            self.workers_find_nothing()

    def _take_picture(self, camera: str) -> None:
        views = self.limits.views_of(camera)
        if self.seq == 0 or self.taken[camera] == len(views):
            return
        self.now += 1
        view = views[self.taken[camera]]
        self.taken[camera] += 1
        encoder = self.seq * COUNTS_APART + self.limits.views[view].offset_counts
        self.pipes[camera].append(Shot(self.seq, view, encoder, self.now, self.next_id[camera]))
        self.next_id[camera] += 1

    def _meet(self, fate: str, camera: str, shot: Shot) -> None:
        if fate == "vanishes":
            if self.last_id[camera] is None:  # before the first frame no gap can be seen
                self.last_id[camera] = shot.frame_id - 1
        elif fate in LOSSES:
            self._tell_loss(camera, shot, fate)
        else:
            self._deliver(camera, shot, 40 if fate == "incomplete" else 100, int(fate == "stale"))
            if fate == "comes twice":
                self._deliver(camera, shot, 100, 0)

    def _deliver(self, camera: str, shot: Shot, lines: int, stale_rows: int) -> None:
        slot = next(self.slots)
        self.out[slot] = camera
        self.truth[slot] = shot
        frame = a_frame(
            shot.frame_id,
            shot.encoder if self.counted else None,
            slot=slot,
            lines=lines,
            stale_rows=stale_rows,
            lost_before=self._gap(camera, shot),
            camera_ns=shot.at_ns if self.stamps_time else self.now,
        )
        self.do(self.line.frame(camera, frame, self.now))

    def _gap(self, camera: str, shot: Shot) -> int:
        last = self.last_id[camera]
        self.last_id[camera] = shot.frame_id
        return 0 if last is None else max(0, shot.frame_id - last - 1)

    def _tell_loss(self, camera: str, shot: Shot, reason: LossReason) -> None:
        """With its count or without; a gap before it is told with the next frame."""
        counted = self.counted and reason != "not an image"
        taken_ns = shot.at_ns if self.stamps_time else self.now
        last = self.last_id[camera]
        if last is None or shot.frame_id == last + 1:
            self.last_id[camera] = shot.frame_id
        lost = FrameLost(shot.frame_id, reason, taken_ns, shot.encoder if counted else None)
        self.do(self.line.frame_lost(camera, lost, self.now))

    @rule(answers=st.lists(st.tuples(st.integers(0, 9), ANSWERS), min_size=1, max_size=6))
    def workers_answer(self, answers: list[tuple[int, str]]) -> None:
        for pick, answer in answers:
            if self.working:
                uid, view = sorted(self.working)[pick % len(self.working)]
                self._answer(uid, view, answer)

    def workers_find_nothing(self) -> None:
        for uid, view in sorted(self.working):
            self._answer(uid, view, "sound")

    def _answer(self, uid: int, view: int, answer: str) -> None:
        del self.working[uid, view]
        if answer == "sound":
            self.sound.add((uid, view))
        if answer == "dies":
            self.do(self.line.classifier_failed(uid, view, self.now))
        else:
            problem = "no part" if answer == "problem" else None
            self.do(self.line.inspected(facts_of(uid, view, defective=answer == "defect", problem=problem), self.now))
        assert self.line.inspected(facts_of(uid, view), self.now) == [], "an answer that counts twice"

    @rule(ms=st.integers(1, 60))
    def time_passes(self, ms: int) -> None:
        self._pass(ms * MS)

    def _pass(self, ns: int) -> None:
        self.now += ns
        self.do(self.line.tick(self.now))
        oldest = self.line.oldest_deadline_ns()
        assert oldest is None or oldest > self.now, "a part outlived its deadline"

    @rule(camera=CAMERAS, really=RARELY)
    def camera_dies(self, camera: str, really: bool) -> None:
        if not really:
            return
        self.pipes[camera].clear()
        self.last_id[camera] = None
        self.next_id[camera] = 1
        self.do(self.line.camera_down(camera, self.now))

    @rule(really=RARELY)
    def plc_falls_silent(self, really: bool) -> None:
        if not really:
            return
        self.do(self.line.reject_all(Reason.PLC_SILENT, self.now))
        assert self.line.counts.in_flight == 0

    @invariant()
    def the_ledger_balances(self) -> None:
        counts = self.line.counts
        assert counts.balanced
        assert counts.triggers == len(self.decided) + counts.in_flight

    @invariant()
    def frames_are_bounded(self) -> None:
        for camera in self.limits.cameras:
            views = self.limits.views_of(camera)
            out = sum(owner == camera for owner in self.out.values())
            working = sum(view in views for _, view in self.working)
            assert 0 <= out - working <= len(views), "more frames held than one part has"
            assert out <= (self.limits.max_in_flight + 1) * len(views)

    def teardown(self) -> None:
        for pipe in self.pipes.values():
            pipe.clear()
        self.workers_find_nothing()
        self._pass(self.limits.deadline_ns + self.limits.frame_hold_ns)
        assert self.line.counts.in_flight == 0
        assert self.out == {}, "frames that were never given back"


class WithoutCounts(AnyLine):
    """Cameras without counts: only time and order tell. Triggers come before their pictures, each with a new number."""

    counted = False
    limits = replace(FASTENER, views=tuple(replace(view, carries_counts=False) for view in FASTENER.views))


class WithoutCountsOrTime(WithoutCounts):
    """The cameras do not even say when a picture was taken, but deliver within the hold time after the deadline."""

    stamps_time = False

    def _pass(self, ns: int) -> None:
        for camera, pipe in self.pipes.items():
            while pipe and self.triggered_at[pipe[0].seq] + self.limits.deadline_ns < self.now + ns:
                self._meet("comes", camera, pipe.popleft())
        super()._pass(ns)


TestAnyLine = AnyLine.TestCase
TestAnyLine.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestWithoutCounts = WithoutCounts.TestCase
TestWithoutCounts.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
TestWithoutCountsOrTime = WithoutCountsOrTime.TestCase
TestWithoutCountsOrTime.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
