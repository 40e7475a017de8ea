"""The whole fail-safe test: what makes it passed, failed or incomplete, and what is refused."""

from __future__ import annotations

import pytest

from drivers.plc.messages import ErrorCleared, PlcBack
from station.core.reasons import Reason
from station.failsafe.course import Course, RefusedError, Result
from station.failsafe.step import StepVerdict, Where
from station.failsafe.watch import LineView, Patience
from station.sabotage import NO_SABOTAGE, Sabotage
from tests.failsafe_line import PLAN, decision, label_of, left, story, triggered

MS = 1_000_000
NOW = 5_000 * MS
READY = LineView()


def course(**changes: bool) -> Course:
    return Course(
        PLAN, Patience(10_000, 2_000), "Anna", witness=changes.get("witness", False), label_of=label_of, now_ns=NOW
    )


def play(test: Course, now_ns: int, part_seq: int) -> int:
    """The next step on a line that works; the time after it."""
    step = test.step
    assert step is not None
    test.ready(READY, now_ns)
    test.heard(triggered(part_seq, now_ns), now_ns)
    for news in story(step.key, part_seq, now_ns):
        test.heard(news, now_ns)
        if step.key == "silent-plc":
            test.tick(now_ns, LineView("the PLC is silent"))
        if step.key == "silent-plc" and news == story(step.key, part_seq, now_ns)[-2]:
            test.heard(PlcBack(), now_ns)
    if step.key == "withheld-gate":
        test.tick(now_ns + MS, LineView("stands", "a reject is missing"))
        test.heard(ErrorCleared(), now_ns + 2 * MS)
        test.tick(now_ns + 300 * MS, READY)
    return now_ns + 1_000 * MS


def test_all_steps_on_a_line_that_works_pass() -> None:
    test, now_ns = course(), NOW
    for part_seq in range(1, len(PLAN.steps) + 1):
        assert not test.over
        now_ns = play(test, now_ns, part_seq)
    assert (test.over, test.ended, test.result) == (True, None, Result.PASSED)
    assert [one.seen.part_seq for one in test.results] == list(range(1, len(PLAN.steps) + 1))


def test_a_failed_step_ends_the_test_and_nothing_stays_broken() -> None:
    test = course()
    now_ns = play(test, NOW, 1)
    test.ready(READY, now_ns)
    for news in (triggered(2, now_ns), decision(2, now_ns), left(2, fell=False, passed=True)):
        test.heard(news, now_ns)
    assert (test.over, test.result, test.ended) == (True, Result.FAILED, "the step 'Defect: spot' failed")
    assert test.sabotage(now_ns) == NO_SABOTAGE
    with pytest.raises(RefusedError, match="over"):
        test.ready(READY, now_ns)


def test_a_step_that_was_left_out_makes_the_whole_incomplete_and_needs_a_reason() -> None:
    test, now_ns = course(), NOW
    with pytest.raises(RefusedError, match="only for a reason"):
        test.skip("  ", NOW)
    test.skip("no good part at hand", NOW)
    for part_seq in range(2, len(PLAN.steps) + 1):
        now_ns = play(test, now_ns, part_seq)
    assert (test.over, test.result) == (True, Result.INCOMPLETE)
    assert (test.results[0].verdict, test.results[0].why) == (StepVerdict.SKIPPED, "no good part at hand")


def test_aborted_is_incomplete_and_nothing_stays_broken() -> None:
    test, now_ns = course(), NOW
    for part_seq in (1, 2, 3):
        now_ns = play(test, now_ns, part_seq)
    test.ready(READY, now_ns)
    assert test.sabotage(now_ns) == Sabotage(hide_frames=True)
    test.abort("aborted by the operator", now_ns)
    assert test.sabotage(now_ns) == NO_SABOTAGE
    assert (test.over, test.result, test.ended) == (True, Result.INCOMPLETE, "aborted by the operator")
    assert test.results[-1].verdict is StepVerdict.NOT_DONE


def test_an_abort_does_not_hide_a_failure() -> None:
    test = course()
    test.ready(READY, NOW)
    for news in (triggered(1, NOW), decision(1, NOW, Reason.MODEL), left(1, fell=True)):
        test.heard(news, NOW)
    test.abort("aborted by the operator", NOW)
    assert (test.result, test.ended) == (Result.FAILED, "the step 'Good part' failed")


def test_a_test_that_nobody_goes_on_with_ends() -> None:
    test = course()
    test.tick(NOW + 9_999 * MS, READY)
    assert not test.over
    test.tick(NOW + 10_000 * MS, READY)
    assert (test.over, test.result) == (True, Result.INCOMPLETE)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [(LineView("the line stands"), "Not yet: the line stands"), (LineView(in_flight=2), "2 parts are under way")],
)
def test_no_step_begins_while_the_line_takes_no_part_or_has_others_on_it(line: LineView, sentence: str) -> None:
    test = course()
    with pytest.raises(RefusedError, match=sentence):
        test.ready(line, NOW)
    assert test.watch is None


def test_what_comes_out_of_turn_is_refused() -> None:
    test = course()
    with pytest.raises(RefusedError, match="Nobody is asked"):
        test.answer(Where.GOOD, NOW)
    test.ready(READY, NOW)
    with pytest.raises(RefusedError, match="under way"):
        test.ready(READY, NOW)
    with pytest.raises(RefusedError, match="under way"):
        test.skip("why not", NOW)


def test_parts_that_nobody_asked_for_are_named() -> None:
    test = course()
    test.heard(triggered(41, NOW), NOW)
    test.heard(decision(41, NOW), NOW)
    assert test.unasked == [41]
    assert test.results == []
