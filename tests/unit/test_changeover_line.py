"""The line machine between two recipes: no part is judged by a mixture, and no frame, number or sum is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from drivers.camera.interface import Frame
from station.core.alarms import AlarmLimits
from station.core.line import Line
from station.core.line_limits import View
from station.core.reasons import Outcome, Reason
from station.core.standing import Standing
from station.core.transport import Transport
from station.core.values import Action, Classify, Decision, LateVerdict, Notice, Release, Trigger
from tests.core_track import ROUTE, DrivenLine
from tests.core_values import COUNTS_APART, LIMITS, MS, a_frame, decisions, facts_of, kinds, the_decision
from tests.unit.models_bundle import CALM

ONE = LIMITS
TWO = replace(LIMITS, deadline_ns=500 * MS, views=(View("left", "scan"), View("right", "scan", offset_counts=4000)))
OTHER_CAMERA = replace(LIMITS, views=(View("head", "head"),))


def a_passed_part(line: Line, part_seq: int = 1, start: int = 1000, frame_id: int = 1) -> list[Action]:
    line.trigger(Trigger(part_seq, start, 0), 0)
    (_, classify) = line.frame("scan", a_frame(frame_id, start), 1)
    assert isinstance(classify, Classify)
    return line.inspected(facts_of(classify.part_uid), 2)


def test_while_a_part_is_open_or_its_picture_is_read_no_recipe_takes_over() -> None:
    line = Line(ONE)
    line.trigger(Trigger(1, 1000, 0), 0)
    assert line.busy_with == "1 parts are not decided"
    with pytest.raises(ValueError, match="no instant between two parts: 1 parts"):
        line.change_over(TWO, None)
    _, classify = line.frame("scan", a_frame(1, 1000), 1)
    assert isinstance(classify, Classify)
    line.reject_all(Reason.PLC_SILENT, 2)
    assert line.busy_with == "a worker still reads a picture"
    line.inspected(facts_of(classify.part_uid), 3)
    assert line.busy_with is None


def test_a_decided_part_whose_frame_may_still_come_is_waited_for_until_it_lapses() -> None:
    line = Line(ONE)
    line.trigger(Trigger(1, 1000, 0), 0)
    line.reject_all(Reason.PLC_SILENT, 2)
    assert line.busy_with == "camera scan may still send a picture of a decided part"
    line.tick(ONE.deadline_ns + ONE.frame_hold_ns + 1)
    assert line.busy_with is None


def test_parts_before_are_the_old_recipes_and_parts_after_the_new_ones_with_numbers_and_sums_going_on() -> None:
    line = Line(ONE, first_uid=7)
    assert the_decision(a_passed_part(line)).outcome is Outcome.PASSED
    assert line.change_over(TWO, None) == []
    line.trigger(Trigger(2, 1000 + COUNTS_APART, 10), 10)
    views = [
        action.view
        for frame_id, offset in ((2, 0), (3, 4000))
        for action in line.frame("scan", a_frame(frame_id, 1000 + COUNTS_APART + offset), 11)
        if isinstance(action, Classify)
    ]
    assert views == [0, 1]
    assert decisions(line.inspected(facts_of(8, 0), 12)) == [], "half of the new recipe's views is not enough"
    decision = the_decision(line.inspected(facts_of(8, 1), 13))
    assert (decision.outcome, decision.part.uid, decision.part.deadline_ns) == (Outcome.PASSED, 8, 10 + 500 * MS)
    assert line.counts.as_dict() == {"triggers": 2, "passed": 2, "rejected": 0, "forced": 0, "in_flight": 0}


def test_an_old_parts_place_is_no_claim_on_a_new_ones_picture() -> None:
    line = Line(ONE)
    a_passed_part(line, start=1000)
    line.change_over(TWO, None)
    # It lies where the old part's right view would be, had it one; and it comes before its trigger.
    assert line.frame("scan", a_frame(2, 5000), 10) == []
    assert kinds(line.trigger(Trigger(2, 5000, 11), 11)) == [Classify]


def test_a_picture_that_waits_for_its_trigger_goes_to_the_new_recipes_part() -> None:
    line = Line(ONE)
    assert line.frame("scan", a_frame(1, 1000), 5) == []
    assert line.busy_with is None
    assert line.change_over(TWO, None) == []
    found = line.trigger(Trigger(1, 1000, 6), 6)
    assert kinds(found) == [Classify]


def test_held_pictures_that_the_new_recipe_has_no_place_for_are_given_back() -> None:
    line = Line(TWO)
    for number in (1, 2):
        line.frame("scan", a_frame(number, 1000 * number), 5)
    assert kinds(line.change_over(ONE, None)) == [Notice, Release], "as many as it has views are kept, the newest"
    assert kinds(line.change_over(OTHER_CAMERA, None)) == [Notice, Release]


def test_frames_of_a_camera_that_the_recipe_does_not_use_go_back_without_a_word() -> None:
    line = Line(ONE)
    line.change_over(OTHER_CAMERA, None)
    assert line.frame("scan", a_frame(1, 1000), 1) == [Release("scan", a_frame(1, 1000))]
    line.change_over(ONE, None)
    line.trigger(Trigger(1, 1000, 3), 3)
    decision = the_decision(line.frame("scan", a_frame(1, 1000), 4))
    assert decision.reason is Reason.STALE_FRAME, "its numbers were followed meanwhile"
    line.change_over(OTHER_CAMERA, None)
    assert line.camera_down("scan", 5) == []


def test_parts_on_their_way_to_the_gate_are_followed_on_where_the_way_stays() -> None:
    driven = DrivenLine()
    driven.trigger(1)
    driven.line.frame("scan", a_frame(1, driven.count), driven.now_ns)
    driven.line.inspected(facts_of(1, defective=True), driven.now_ns)
    way = driven.line.transport
    assert way is not None
    assert way.on_way == 1
    driven.line.change_over(TWO, way)
    driven.go(ROUTE.gate_counts, 200)
    said = [action for action in driven.go(1000, 100) if isinstance(action, Notice)]
    assert [notice.kind for notice in said] == ["reject not confirmed"]


def test_another_way_begins_with_the_next_reading() -> None:
    driven = DrivenLine()
    driven.line.change_over(TWO, Transport(*_way_of(driven)))
    assert not driven.line.followed(driven.now_ns), "no part is taken before the encoder was read"
    driven.go(100, 20)
    assert driven.line.followed(driven.now_ns)


def _way_of(driven: DrivenLine) -> tuple:
    from tests.core_track import BELT

    del driven
    return BELT, replace(ROUTE, gate_counts=6000, part_sensor_counts=5500, confirm_counts=6500)


def test_rejects_are_counted_anew_by_the_new_recipes_limits_and_a_stop_stays() -> None:
    standing = Standing(AlarmLimits(consecutive=3), stop_on_alarm=True)
    standing.decided(passed=False)
    standing.decided(passed=False)
    standing.change_over(AlarmLimits(consecutive=2), stop_on_alarm=False)
    assert standing.decided(passed=False) == []
    assert len(standing.decided(passed=False)) == 1
    assert standing.halted is None
    standing.stop("a reason")
    standing.change_over(AlarmLimits(), stop_on_alarm=True)
    assert standing.halted == "a reason"


class AnyLine(RuleBasedStateMachine):
    """Parts, pictures, answers and changeovers in any order."""

    LIMITS = (ONE, TWO, OTHER_CAMERA)

    def __init__(self) -> None:
        super().__init__()
        self.line, self.recipe = Line(ONE), 0
        self.now_ns = self.triggered = self.frames = 0
        self.recipe_of: dict[int, int] = {}
        self.count_of: dict[int, int] = {}
        self.to_come: list[tuple[int, int]] = []
        self.asked: list[tuple[int, int]] = []
        self.given: set[int] = set()
        self.back: list[int] = []

    def carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Classify(part_uid, view, _):
                    assert view < len(self.LIMITS[self.recipe_of[part_uid]].views)
                    self.asked.append((part_uid, view))
                case Release(_, frame):
                    self.back.append(frame.frame_id)
                case Decision(part, reason, _, _):
                    views = self.LIMITS[self.recipe_of[part.uid]].views
                    assert part.deadline_ns - part.trigger.at_ns == self.LIMITS[self.recipe_of[part.uid]].deadline_ns
                    if reason.outcome is Outcome.PASSED:
                        assert set(part.facts) == set(range(len(views)))
                case LateVerdict(part):
                    assert set(part.facts) == set(range(len(self.LIMITS[self.recipe_of[part.uid]].views)))
                case _:
                    pass

    @precondition(lambda self: self.line.can_take)
    @rule()
    def trigger(self) -> None:
        self.triggered += 1
        uid, count = self.triggered, COUNTS_APART * self.triggered
        self.recipe_of[uid], self.count_of[uid] = self.recipe, count
        self.to_come += [(uid, view) for view in range(len(self.LIMITS[self.recipe].views))]
        self.carry_out(self.line.trigger(Trigger(uid, count, self.now_ns), self.now_ns))

    @precondition(lambda self: self.to_come)
    @rule(data=st.data())
    def picture(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, min(3, len(self.to_come) - 1)))
        uid, view = self.to_come.pop(place)
        seen = self.LIMITS[self.recipe_of[uid]].views[view]
        self.frames += 1
        frame: Frame = a_frame(self.frames, self.count_of[uid] + seen.offset_counts)
        self.given.add(self.frames)
        self.carry_out(self.line.frame(seen.camera, frame, self.now_ns))

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), defective=st.booleans())
    def answer(self, data: st.DataObject, defective: bool) -> None:
        uid, view = self.asked.pop(data.draw(st.integers(0, len(self.asked) - 1)))
        self.carry_out(self.line.inspected(facts_of(uid, view, defective=defective), self.now_ns))

    @rule(later_ms=st.sampled_from((0, 20, 100, 400)))
    def later(self, later_ms: int) -> None:
        self.now_ns += later_ms * MS
        self.carry_out(self.line.tick(self.now_ns))

    @rule()
    def silence(self) -> None:
        self.carry_out(self.line.reject_all(Reason.PLC_SILENT, self.now_ns))

    @rule(recipe=st.integers(0, 2))
    def change_over(self, recipe: int) -> None:
        if self.line.busy_with is not None:
            with pytest.raises(ValueError, match="no instant between two parts"):
                self.line.change_over(self.LIMITS[recipe], None)
            return
        self.carry_out(self.line.change_over(self.LIMITS[recipe], None))
        self.recipe = recipe

    @invariant()
    def balanced(self) -> None:
        counts = self.line.counts
        assert counts.balanced
        assert counts.triggers == self.triggered
        assert len(self.back) == len(set(self.back)), "a frame goes back once"
        assert set(self.back) <= self.given


TestAnyLine = AnyLine.TestCase
TestAnyLine.settings = CALM
