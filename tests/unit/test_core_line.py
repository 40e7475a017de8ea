"""The line machine against everything that can go wrong: promises P1 to P5 in virtual time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from drivers.camera.interface import Frame
from station.core.ledger import Ledger, LedgerError
from station.core.line import Line
from station.core.reasons import Outcome, Reason
from station.core.values import (
    Action,
    Classify,
    Decision,
    ExposureComplete,
    LateVerdict,
    LineLimits,
    Notice,
    PictureFacts,
    Release,
    Trigger,
)

MS = 1_000_000
LIMITS = LineLimits(deadline_ns=300 * MS, max_in_flight=4, encoder_tolerance_counts=8, frame_hold_ns=50 * MS)


def a_frame(
    frame_id: int = 1,
    encoder: int | None = 1000,
    *,
    slot: int = 0,
    lines: int = 100,
    lost_before: int = 0,
    camera_ns: int = 0,
) -> Frame:
    return Frame(slot, frame_id, camera_ns, 0, 900, encoder, 40, 100, lines, "Mono8", lost_before)


def facts_of(
    part_uid: int, *, defective: bool = False, problem: str | None = None, digest: int | None = None
) -> PictureFacts:
    return PictureFacts(
        part_uid, problem, defective, int(defective), 0.9, 3, digest if digest is not None else part_uid, 0, 1
    )


def the_decision(actions: list[Action]) -> Decision:
    (decision,) = [action for action in actions if isinstance(action, Decision)]
    return decision


def kinds(actions: list[Action]) -> list[type]:
    return [type(action) for action in actions]


@pytest.fixture
def line() -> Line:
    return Line(LIMITS)


def test_a_good_part_passes_with_its_own_number(line: Line) -> None:
    assert line.trigger(Trigger(7, 1000, at_ns=0), 1) == []
    done, classify = line.frame(a_frame(encoder=1003), 100 * MS)
    assert done == ExposureComplete(7)
    assert isinstance(classify, Classify)
    actions = line.inspected(facts_of(classify.part_uid), 150 * MS)
    decision = the_decision(actions)
    assert (decision.part.trigger.part_seq, decision.reason) == (7, Reason.DEFECT_FREE)
    assert isinstance(actions[0], Release)
    assert line.counts.as_dict() == {"triggers": 1, "passed": 1, "rejected": 0, "forced": 0, "in_flight": 0}


def test_a_defect_is_a_reject_and_not_a_forced_one(line: Line) -> None:
    line.trigger(Trigger(7, 1000, 0), 1)
    line.frame(a_frame(), 10)
    assert the_decision(line.inspected(facts_of(1, defective=True), 20)).outcome is Outcome.REJECTED


def test_a_frame_before_its_trigger_message_waits_for_it(line: Line) -> None:
    assert line.frame(a_frame(encoder=500), 10) == []
    actions = line.trigger(Trigger(3, 500, 5), 20)
    assert kinds(actions) == [ExposureComplete, Classify]


def test_a_frame_that_no_trigger_claims_is_given_back_and_told(line: Line) -> None:
    line.frame(a_frame(encoder=500), 0)
    actions = line.tick(LIMITS.frame_hold_ns)
    assert kinds(actions) == [Notice, Release]
    assert "encoder count 500" in str(actions[0])


def test_frames_go_to_parts_by_encoder_count_and_not_by_order(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.trigger(Trigger(2, 20_000, 0), 0)
    (_, classify) = line.frame(a_frame(frame_id=2, encoder=20_001), 10)
    assert isinstance(classify, Classify)
    assert classify.part_uid == 2
    line.inspected(facts_of(2), 20)
    missing = the_decision(line.tick(LIMITS.deadline_ns))
    assert (missing.part.trigger.part_seq, missing.reason) == (1, Reason.NO_FRAME)


def test_the_encoder_may_wrap_between_trigger_and_picture(line: Line) -> None:
    line.trigger(Trigger(1, 0xFFFF_FFFE, 0), 0)
    assert kinds(line.frame(a_frame(encoder=0x1_0000_0002), 10)) == [ExposureComplete, Classify]


@pytest.mark.parametrize(("wanted", "seen"), [(1000, None), (None, 1000), (None, None)])
def test_with_an_encoder_a_missing_count_matches_nothing(line: Line, wanted: int | None, seen: int | None) -> None:
    line.trigger(Trigger(1, wanted, 0), 0)
    assert line.frame(a_frame(encoder=seen), 10) == []
    assert the_decision(line.tick(LIMITS.deadline_ns)).reason is Reason.NO_FRAME


def test_without_an_encoder_a_frame_is_not_guessed_onto_one_of_two_parts() -> None:
    line = Line(replace(LIMITS, frames_carry_counts=False))
    line.trigger(Trigger(1, None, 0), 0)
    line.trigger(Trigger(2, None, 0), 0)
    actions = line.frame(a_frame(encoder=None), 10)
    assert [a.reason for a in actions if isinstance(a, Decision)] == [Reason.IDENTITY, Reason.IDENTITY]
    assert line.counts.forced == 2


def test_without_an_encoder_a_picture_from_before_the_trigger_is_not_the_parts() -> None:
    line = Line(replace(LIMITS, frames_carry_counts=False))
    line.trigger(Trigger(1, None, at_ns=50), 60)
    assert line.frame(a_frame(encoder=None, camera_ns=40), 70) == []
    assert kinds(line.frame(a_frame(2, encoder=None, camera_ns=55), 80)) == [ExposureComplete, Classify]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (a_frame(lines=60), Reason.INCOMPLETE_FRAME),
        (a_frame(lost_before=2), Reason.FRAME_GAP),
        (a_frame(frame_id=0), Reason.STALE_FRAME),
    ],
)
def test_a_picture_that_is_not_whole_and_new_is_a_forced_reject(line: Line, frame: Frame, reason: Reason) -> None:
    line.trigger(Trigger(1, 50, 0), 0)
    line.frame(a_frame(frame_id=0, encoder=50), 1)
    line.inspected(facts_of(1), 2)
    line.trigger(Trigger(2, 1000, 3), 3)
    actions = line.frame(frame, 4)
    assert the_decision(actions).reason is reason
    assert Release in kinds(actions)
    assert Classify not in kinds(actions)


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
    line.frame(a_frame(), 1)
    decision = the_decision(line.inspected(facts_of(1, problem=problem), 2))
    assert decision.reason is reason
    assert decision.outcome is Outcome.FORCED


def test_the_same_picture_twice_is_a_frozen_camera(line: Line) -> None:
    for seq, expected in ((1, Reason.DEFECT_FREE), (2, Reason.FROZEN_PICTURE)):
        line.trigger(Trigger(seq, seq * 20_000, 0), 0)
        line.frame(a_frame(frame_id=seq, encoder=seq * 20_000), 1)
        assert the_decision(line.inspected(facts_of(seq, digest=77), 2)).reason is expected


def test_a_verdict_after_the_deadline_is_recorded_and_never_applied(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame(a_frame(), 1)
    forced = the_decision(line.tick(LIMITS.deadline_ns))
    assert forced.reason is Reason.DEADLINE
    late = line.inspected(facts_of(1), LIMITS.deadline_ns + 1)
    assert kinds(late) == [Release, LateVerdict]
    assert line.counts.passed == 0


def test_a_verdict_that_arrives_with_the_deadline_but_before_the_tick_is_late_too(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame(a_frame(), 1)
    actions = line.inspected(facts_of(1), LIMITS.deadline_ns)
    assert kinds(actions) == [Release, Decision, LateVerdict]
    assert the_decision(actions).reason is Reason.DEADLINE


def test_a_schedule_in_the_past_is_a_fault_and_a_reject(line: Line) -> None:
    actions = line.trigger(Trigger(1, 1000, at_ns=0), LIMITS.deadline_ns)
    assert kinds(actions) == [Notice, Decision]
    assert line.counts.forced == 1


def test_a_trigger_while_not_ready_is_a_forced_reject_of_that_number(line: Line) -> None:
    decision = the_decision(line.trigger(Trigger(9, 1000, 0, missed=True), 0))
    assert (decision.part.trigger.part_seq, decision.reason) == (9, Reason.MISSED_TRIGGER)


def test_a_number_that_comes_twice_rejects_the_part_in_flight(line: Line) -> None:
    line.trigger(Trigger(5, 1000, 0), 0)
    actions = line.trigger(Trigger(5, 9000, 1), 1)
    assert the_decision(actions).reason is Reason.IDENTITY
    assert line.counts.in_flight == 0


def test_a_dead_camera_rejects_only_the_parts_that_wait_for_it(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame(a_frame(), 1)
    line.trigger(Trigger(2, 20_000, 2), 2)
    assert the_decision(line.camera_down(3)).part.trigger.part_seq == 2
    assert the_decision(line.inspected(facts_of(1), 4)).reason is Reason.DEFECT_FREE


def test_a_dead_worker_rejects_its_part_and_frees_the_slot(line: Line) -> None:
    line.trigger(Trigger(1, 1000, 0), 0)
    line.frame(a_frame(), 1)
    actions = line.classifier_failed(1, 2)
    assert kinds(actions) == [Release, Decision]
    assert the_decision(actions).reason is Reason.CLASSIFIER_LOST


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


class AnyLine(RuleBasedStateMachine):
    """A PLC, a camera and workers that lose, repeat, delay and reorder; the world remembers what is true."""

    numbers = Bundle("numbers")

    def __init__(self) -> None:
        super().__init__()
        self.line = Line(LIMITS)
        self.now = 0
        self.seq = 0
        self.frame_id = 0
        self.encoder_of: dict[int, int] = {}
        self.slots_out: set[int] = set()
        self.working: dict[int, int] = {}
        self.free = set(range(LIMITS.max_in_flight + 2))
        self.decided: dict[int, Reason] = {}
        self.inspected_sound: set[int] = set()

    def do(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Decision):
                uid = action.part.uid
                assert uid not in self.decided, "two outcomes for one part"
                self.decided[uid] = action.reason
                if action.reason is Reason.DEFECT_FREE:
                    assert uid in self.inspected_sound, "passed without an inspection of its own"
                    assert action.decided_ns < action.part.deadline_ns, "passed after its deadline"
            elif isinstance(action, Classify):
                self.working[action.part_uid] = action.frame.slot
                part = next(p for p in self.line._tracking.parts if p.uid == action.part_uid)
                assert part.trigger.encoder_count == action.frame.encoder_count, "another part's picture"
            elif isinstance(action, Release):
                assert action.frame.slot in self.slots_out, "slot given back twice"
                self.slots_out.discard(action.frame.slot)
                self.free.add(action.frame.slot)

    @rule(delay=st.integers(0, 200), number=st.integers(1, 12), missed=st.booleans())
    def trigger(self, delay: int, number: int, missed: bool) -> None:
        self.seq += 1
        encoder = self.seq * 20_000
        self.encoder_of[self.seq] = encoder
        self.do(self.line.trigger(Trigger(number, encoder, self.now - delay * MS, missed), self.now))

    @rule(
        back=st.integers(0, 3),
        lines=st.sampled_from([100, 100, 100, 40]),
        gap=st.sampled_from([0, 0, 0, 1]),
        repeat=st.booleans(),
    )
    def frame(self, back: int, lines: int, gap: int, repeat: bool) -> None:
        if not self.free or self.seq - back < 1:
            return
        slot = self.free.pop()
        self.slots_out.add(slot)
        self.frame_id += 0 if repeat else 1 + gap
        frame = a_frame(self.frame_id, self.encoder_of[self.seq - back], slot=slot, lines=lines, lost_before=gap)
        self.do(self.line.frame(frame, self.now))

    @rule(pick=st.integers(0, 5), defective=st.booleans(), problem=st.sampled_from([None, None, "no part"]))
    def worker_answers(self, pick: int, defective: bool, problem: str | None) -> None:
        if not self.working:
            return
        uid = sorted(self.working)[pick % len(self.working)]
        if not defective and problem is None:
            self.inspected_sound.add(uid)
        del self.working[uid]
        self.do(self.line.inspected(facts_of(uid, defective=defective, problem=problem), self.now))

    @rule(pick=st.integers(0, 5))
    def worker_dies(self, pick: int) -> None:
        if not self.working:
            return
        uid = sorted(self.working)[pick % len(self.working)]
        del self.working[uid]
        self.do(self.line.classifier_failed(uid, self.now))

    @rule(ms=st.integers(1, 120))
    def time_passes(self, ms: int) -> None:
        self.now += ms * MS
        self.do(self.line.tick(self.now))
        oldest = self.line.oldest_deadline_ns()
        assert oldest is None or oldest > self.now, "a part outlived its deadline"

    @rule()
    def camera_dies(self) -> None:
        self.do(self.line.camera_down(self.now))

    @rule()
    def plc_falls_silent(self) -> None:
        self.do(self.line.reject_all(Reason.PLC_SILENT, self.now))
        assert self.line.counts.in_flight == 0

    @invariant()
    def the_ledger_balances(self) -> None:
        counts = self.line.counts
        assert counts.balanced
        assert counts.triggers == len(self.decided) + counts.in_flight

    @invariant()
    def no_slot_leaks(self) -> None:
        held = len(self.slots_out) - len(self.working)
        assert 0 <= held <= 1, "at most one frame is held for a trigger that may come"


TestAnyLine = AnyLine.TestCase
TestAnyLine.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
