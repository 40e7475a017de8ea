"""A part that is not the recipe's leaves as a forced reject 0xA507, whatever else its pictures say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.plc.registers import VerdictCode
from models.crop import Problem
from station.core.alarms import AlarmKind, AlarmLimits, RejectAlarm, RejectAlarms
from station.core.integrity import picture_fault
from station.core.line import Line
from station.core.reasons import Outcome, Reason
from station.core.standing import Standing
from station.core.values import Decision, LateVerdict, PictureFacts, Trigger, TypeSeen
from station.hand_off import _was_wrong
from station.page.snapshot import Part
from station.part_report import RunIdentity, record_of, tile_of, times_of
from station.records.record import PartRecord
from station.result_block import result_block
from tests.core_values import LIMITS, MS, SCAN, a_frame, facts_of, the_decision
from tests.unit.models_bundle import CALM

WANTED = "type-b"
ASKED = replace(SCAN, part_type=WANTED)
HEAD = replace(SCAN, name="head", camera="head")
BOTH = replace(LIMITS, views=(ASKED, HEAD))
RIGHT, WRONG = TypeSeen(WANTED, 0.97, recognised=True), TypeSeen("type-c", 0.95, recognised=True)
UNKNOWN = TypeSeen(WANTED, 0.6, recognised=False)


def telling(seen: TypeSeen | None, facts: PictureFacts) -> PictureFacts:
    """The facts of the view that tells the type; as the worker, which looks no further at a wrong part."""
    wrong = seen is not None and (not seen.recognised or seen.part_type != WANTED)
    words = None if not wrong else Reason.WRONG_PART.text if seen and seen.recognised else Reason.UNKNOWN_PART.text
    return replace(facts, type_seen=seen, problem=words or facts.problem, defective=wrong or facts.defective)


@pytest.mark.parametrize(
    ("seen", "reason"), [(RIGHT, None), (WRONG, Reason.WRONG_PART), (UNKNOWN, Reason.UNKNOWN_PART)]
)
def test_the_type_of_a_picture_is_right_wrong_or_unknown(seen: TypeSeen, reason: Reason | None) -> None:
    assert picture_fault(telling(seen, facts_of(1)), ASKED) is reason
    assert reason is None or (reason.code, reason.outcome) == (VerdictCode.IDENTITY_MISMATCH, Outcome.FORCED)


def test_facts_that_claim_to_be_sound_do_not_pass_without_the_recipes_type() -> None:
    sound = facts_of(1)
    assert picture_fault(sound, ASKED) is Reason.UNKNOWN_PART, "nobody looked which part it is"
    assert picture_fault(replace(sound, type_seen=WRONG), ASKED) is Reason.WRONG_PART
    assert picture_fault(replace(sound, type_seen=UNKNOWN), ASKED) is Reason.UNKNOWN_PART
    assert picture_fault(sound, SCAN) is None, "where the recipe does not ask"


def test_a_picture_that_could_not_be_looked_at_keeps_its_own_reason() -> None:
    assert picture_fault(facts_of(1, problem=Problem.NO_PART), ASKED) is Reason.NO_PART
    assert picture_fault(facts_of(1, problem="a score is not a number from 0 to 1"), ASKED) is Reason.MODEL


def a_triggered_line() -> Line:
    """Part 7 of two views, both pictures there."""
    line = Line(BOTH)
    line.trigger(Trigger(7, 1000, at_ns=0), 1)
    line.frame("scan", a_frame(encoder=1000), 10 * MS)
    line.frame("head", a_frame(encoder=1000), 11 * MS)
    return line


def test_a_wrong_part_with_a_defect_in_another_picture_is_a_wrong_part_in_either_order() -> None:
    told, defect = telling(WRONG, facts_of(1, 0)), facts_of(1, 1, defective=True)
    line = a_triggered_line()
    line.inspected(defect, 20 * MS)
    assert the_decision(line.inspected(told, 21 * MS)).reason is Reason.WRONG_PART
    line = a_triggered_line()
    decision = the_decision(line.inspected(told, 20 * MS))
    assert (decision.reason, decision.view, decision.outcome) == (Reason.WRONG_PART, 0, Outcome.FORCED)
    assert not [action for action in line.inspected(defect, 21 * MS) if isinstance(action, LateVerdict)]


@CALM
@given(
    st.permutations([0, 1]), st.sampled_from([None, RIGHT, WRONG, UNKNOWN]), st.booleans(), st.booleans()
)  # fmt: skip
def test_only_the_recipes_part_with_sound_pictures_passes(
    order: list[int], seen: TypeSeen | None, first_bad: bool, second_bad: bool
) -> None:
    line = a_triggered_line()
    facts = [telling(seen, facts_of(1, 0, defective=first_bad)), facts_of(1, 1, defective=second_bad)]
    actions = [action for view in order for action in line.inspected(facts[view], 20 * MS)]
    passed = the_decision(actions).outcome is Outcome.PASSED
    assert passed == (seen is RIGHT and not first_bad and not second_bad)


def test_a_late_wrong_part_is_recorded_as_what_it_would_have_been() -> None:
    line = Line(replace(LIMITS, views=(ASKED,)))
    line.trigger(Trigger(7, 1000, at_ns=0), 1)
    line.frame("scan", a_frame(encoder=1000), 10 * MS)
    line.tick(300 * MS)
    (late,) = [a for a in line.inspected(telling(WRONG, facts_of(1)), 301 * MS) if isinstance(a, LateVerdict)]
    assert late.would_be is Reason.WRONG_PART


def decided(seen: TypeSeen) -> Decision:
    line = Line(replace(LIMITS, views=(ASKED,)))
    line.trigger(Trigger(7, 1000, at_ns=0), 1)
    line.frame("scan", a_frame(encoder=1000), 10 * MS)
    score = seen.score if seen is not RIGHT else 0.9
    facts = replace(telling(seen, facts_of(1, score=score)), stage_us={"identity": 800})
    return the_decision(line.inspected(facts, 20 * MS))


def reported(decision: Decision) -> tuple[PartRecord, Part]:
    run = RunIdentity("run", "plate", "00", ("defect-free", "spot"), (ASKED,), ((0, 1),))
    times = times_of(decision, 21 * MS)
    return record_of(run, decision, times, simulated=True), tile_of(run, decision, times)


def test_the_result_block_of_a_wrong_part_carries_a507_no_class_and_the_score_of_the_type_seen() -> None:
    block = result_block(decided(WRONG), [[0, 1]], None)
    assert (block.verdict, block.not_verdict, block.defect_class, block.score_1e4) == (0xA507, 0x5AF8, 0, 9500)


def test_record_and_tile_say_which_type_was_seen_and_no_class_of_a_part_that_was_not_inspected() -> None:
    record, tile = reported(decided(WRONG))
    assert (record.verdict, record.reason, record.view) == ("forced", "wrong part", "mantle")
    assert (record.part_type, record.part_type_score) == ("type-c", 0.95)
    assert (record.defect_class, record.label, record.score) == (None, None, None)
    assert record.pictures[0]["identity"] == {
        "part_type": "type-c", "score": 0.95, "recognised": True, "wanted": "type-b",
    }  # fmt: skip
    assert record.stage_us["identity"] == 800
    assert (tile["reason"], tile["part_type"], tile["part_type_score"], tile["label"]) == (
        "wrong part", "type-c", 0.95, None,
    )  # fmt: skip


def test_a_part_that_passes_is_recorded_with_its_type_too() -> None:
    record, tile = reported(decided(RIGHT))
    assert (record.verdict, record.part_type, record.part_type_score, record.label) == (
        "pass", "type-b", 0.97, "defect-free",
    )  # fmt: skip
    assert (tile["part_type"], tile["part_type_score"]) == ("type-b", 0.97)


def test_wrong_parts_in_a_row_are_an_alarm_of_their_own() -> None:
    alarms = RejectAlarms(AlarmLimits(wrong_parts=3))
    # w a wrong part, r a right one, ? one that was rejected before anybody could tell
    begins = [
        bool(alarms.decided(passed=part == "r", wrong_part={"w": True, "r": False, "?": None}[part]))
        for part in "wwrww?wwrwww"
    ]
    assert begins == [part == "!" for part in "......!....!"]
    alarms = RejectAlarms(AlarmLimits(wrong_parts=2))
    alarms.decided(passed=False, wrong_part=True)
    assert alarms.decided(passed=False, wrong_part=True) == [RejectAlarm(AlarmKind.WRONG_PARTS, 2, 2)]


def test_an_alarm_over_wrong_parts_can_stop_the_line_and_is_counted_anew_when_cleared() -> None:
    standing = Standing(AlarmLimits(wrong_parts=2), stop_on_alarm=True)
    standing.decided(passed=False, wrong_part=True)
    standing.decided(passed=False, wrong_part=True)
    assert standing.halted == "2 parts in a row are not the recipe's"
    standing.clear()
    assert standing.decided(passed=False, wrong_part=True) == []


def test_who_could_not_be_told_apart_says_nothing_about_the_lot() -> None:
    assert [_was_wrong(reason) for reason in (Reason.WRONG_PART, Reason.UNKNOWN_PART)] == [True, True]
    assert [_was_wrong(reason) for reason in (Reason.DEFECT_FREE, Reason.DEFECT)] == [False, False]
    assert [_was_wrong(reason) for reason in (Reason.NO_PART, Reason.DEADLINE)] == [None, None]
