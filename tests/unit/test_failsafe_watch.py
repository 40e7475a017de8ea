"""One step of the fail-safe test: what is broken when, what it waits for, and what it has shown."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from drivers.plc.messages import ErrorCleared, PlcBack, PlcSilent
from station.core.reasons import Reason
from station.failsafe.plan import LineFacts, plan_for
from station.failsafe.step import Step, StepVerdict, Where
from station.failsafe.watch import LineView, News, Patience, Phase, StepWatch
from station.sabotage import NO_SABOTAGE, Sabotage
from tests.failsafe_line import PLAN, decision, label_of, late, left, not_confirmed, story, triggered

MS = 1_000_000
NOW = 5_000 * MS
PATIENCE = Patience(person_ms=10_000, machine_ms=2_000)
READY = LineView()
STANDS = LineView("the line stands", "a reject is missing")


def step(key: str) -> Step:
    return next(one for one in PLAN.steps if one.key == key)


def watch(key: str, *, confirms: bool = True, witness: bool = False, deadline_ms: float = 1500) -> StepWatch:
    return StepWatch(
        step(key), PATIENCE, NOW, confirms=confirms, witness=witness, deadline_ms=deadline_ms, label_of=label_of
    )


def hear(watch: StepWatch, news: Iterable[News], at_ns: int = NOW + MS) -> StepWatch:
    for one in news:
        watch.heard(one, at_ns)
    return watch


def verdict(watch: StepWatch) -> StepVerdict:
    assert watch.verdict is not None, watch.phase
    return watch.verdict[0]


def why(watch: StepWatch) -> str:
    assert watch.verdict is not None, watch.phase
    return watch.verdict[1]


def played(key: str) -> StepWatch:
    """The step on a line that works, to its end."""
    one = hear(watch(key), [triggered(7, NOW), *story(key, 7, NOW)[:1]])
    if key == "silent-plc":
        one.tick(NOW + 2 * MS, LineView("the PLC is silent"))
        hear(one, [*story(key, 7, NOW)[1:2], PlcBack()])
    hear(one, story(key, 7, NOW)[1:])
    if key == "withheld-gate":
        one.tick(NOW + 2 * MS, STANDS)
        hear(one, [ErrorCleared()], NOW + 3 * MS)
        one.tick(NOW + 300 * MS, READY)
    return one


@pytest.mark.parametrize("key", [one.key for one in PLAN.steps])
def test_each_step_passes_on_a_line_that_works(key: str) -> None:
    one = played(key)
    assert (verdict(one), why(one), one.phase) == (StepVerdict.PASSED, "", Phase.OVER)
    assert one.sabotage(NOW) == NO_SABOTAGE


@pytest.mark.parametrize("key", [one.key for one in PLAN.steps if one.key not in ("good", "silent-station")])
def test_a_pass_where_a_reject_must_be_fails(key: str) -> None:
    one = hear(watch(key), [triggered(7, NOW), decision(7, NOW), late(7, NOW), PlcSilent(600), PlcBack()])
    hear(one, [left(7, fell=False, passed=True)])
    assert verdict(one) is StepVerdict.FAILED
    assert "The station said PASS." in why(one)


@pytest.mark.parametrize("key", [one.key for one in PLAN.steps if one.goes_to is not None])
def test_a_part_that_goes_to_the_wrong_side_fails_though_the_verdict_was_right(key: str) -> None:
    one = watch(key)
    for news in [triggered(7, NOW), PlcSilent(600), PlcBack(), *story(key, 7, NOW)[:-1]]:
        one.heard(news, NOW + MS)
        one.tick(NOW + MS, LineView("silent"))
    one.heard(left(7, fell=key == "good"), NOW + 2 * MS)
    assert verdict(one) is StepVerdict.FAILED
    assert "instead of" in why(one)


def test_a_good_part_that_is_rejected_fails() -> None:
    one = hear(watch("good"), [triggered(7, NOW), decision(7, NOW, Reason.DEFECT, "hole"), left(7, fell=True)])
    assert verdict(one) is StepVerdict.FAILED
    assert why(one).startswith("The station said REJECT hole.")


def test_a_defect_that_is_named_otherwise_is_rejected_all_the_same_and_the_report_says_so() -> None:
    one = hear(watch("defect-spot"), [triggered(7, NOW), decision(7, NOW, Reason.DEFECT, "hole"), left(7, fell=True)])
    assert verdict(one) is StepVerdict.PASSED
    assert one.verdict is not None
    assert one.verdict[1] == "It was rejected, but named hole instead of spot."


@pytest.mark.parametrize("reason", [Reason.DEFECT, Reason.MODEL, Reason.CAMERA_DOWN])
@pytest.mark.parametrize("key", ["no-image", "late-verdict"])
def test_a_reject_for_another_reason_than_the_one_tried_fails(key: str, reason: Reason) -> None:
    news = [triggered(7, NOW), decision(7, NOW, reason, "spot"), late(7, NOW), left(7, fell=True)]
    assert verdict(hear(watch(key), news)) is StepVerdict.FAILED


def test_pictures_are_thrown_away_until_the_part_is_decided() -> None:
    one = watch("no-image")
    assert one.sabotage(NOW) == Sabotage(hide_frames=True)
    hear(one, [triggered(7, NOW)])
    assert one.sabotage(NOW) == Sabotage(hide_frames=True)
    hear(one, [decision(7, NOW, Reason.NO_FRAME)])
    assert one.sabotage(NOW) == NO_SABOTAGE


def test_answers_are_held_until_the_deadline_and_the_late_one_is_awaited() -> None:
    one = watch("late-verdict")
    assert one.sabotage(NOW) == Sabotage(hold_answers=True)
    hear(one, [triggered(7, NOW), decision(7, NOW, Reason.DEADLINE)])
    assert (one.sabotage(NOW), one.phase) == (NO_SABOTAGE, Phase.VERDICT)
    hear(one, [late(7, NOW), left(7, fell=True)])
    assert verdict(one) is StepVerdict.PASSED


def test_a_late_verdict_that_is_never_recorded_fails() -> None:
    one = hear(watch("late-verdict"), [triggered(7, NOW), decision(7, NOW, Reason.DEADLINE), left(7, fell=True)])
    one.tick(NOW + 3_000 * MS, READY)
    assert verdict(one) is StepVerdict.FAILED
    assert "The late verdict was not recorded." in why(one)


@pytest.mark.parametrize(("deadline_ms", "held_ms"), [(400, 350), (1000, 500), (60_000, 600)])
def test_the_heartbeat_stands_from_the_trigger_on_and_the_answer_comes_when_the_plc_must_know(
    deadline_ms: float, held_ms: int
) -> None:
    one = watch("silent-station", deadline_ms=deadline_ms)
    assert one.sabotage(NOW) == Sabotage(hold_answers=True)
    hear(one, [triggered(7, NOW)], NOW)
    assert one.sabotage(NOW) == Sabotage(hold_answers=True, mute_heartbeat=True)
    assert one.sabotage(NOW + held_ms * MS - 1) == Sabotage(hold_answers=True, mute_heartbeat=True)
    assert one.sabotage(NOW + held_ms * MS) == Sabotage(mute_heartbeat=True)
    hear(one, [decision(7, NOW)])
    assert one.sabotage(NOW + 4_999 * MS).mute_heartbeat
    assert one.sabotage(NOW + 5_000 * MS) == NO_SABOTAGE


def test_a_silent_station_that_rejected_the_part_itself_has_shown_nothing() -> None:
    news = [triggered(7, NOW), decision(7, NOW, Reason.DEADLINE), left(7, fell=True)]
    assert verdict(hear(watch("silent-station"), news)) is StepVerdict.INCONCLUSIVE


def test_a_plc_that_is_never_silent_fails() -> None:
    one = hear(watch("silent-plc"), [triggered(7, NOW), decision(7, NOW, Reason.DEADLINE)])
    assert one.phase is Phase.SILENCE
    one.tick(NOW + 11_000 * MS, READY)
    assert verdict(one) is StepVerdict.FAILED
    assert "did not notice" in why(one)


def test_a_plc_that_does_not_come_back_fails() -> None:
    one = hear(watch("silent-plc"), [triggered(7, NOW), PlcSilent(600), decision(7, NOW, Reason.PLC_SILENT)])
    assert one.phase is Phase.BACK
    one.tick(NOW + MS, LineView("the PLC is silent"))
    one.tick(NOW + 11_000 * MS, LineView("the PLC is silent"))
    assert verdict(one) is StepVerdict.FAILED
    assert "did not go on" in why(one)


def test_a_station_that_asks_for_parts_while_the_plc_is_silent_fails() -> None:
    one = hear(watch("silent-plc"), [triggered(7, NOW), PlcSilent(600), decision(7, NOW, Reason.PLC_SILENT)])
    one.tick(NOW + MS, READY)
    hear(one, [PlcBack(), left(7, fell=True)])
    assert verdict(one) is StepVerdict.FAILED
    assert "went on asking for parts" in why(one)


def test_a_missing_reject_that_nobody_misses_fails() -> None:
    one = hear(watch("withheld-gate"), [triggered(7, NOW), decision(7, NOW, Reason.DEFECT, "spot")])
    hear(one, [left(7, fell=False)])
    assert verdict(one) is StepVerdict.FAILED
    assert "did not say that the reject is not confirmed" in why(one)


def missing_reject() -> StepWatch:
    news = [triggered(7, NOW), decision(7, NOW, Reason.DEFECT, "spot"), not_confirmed(7), left(7, fell=False)]
    return hear(watch("withheld-gate"), news)


def test_a_line_that_goes_on_by_itself_after_a_missing_reject_fails() -> None:
    one = missing_reject()
    one.tick(NOW + 2 * MS, STANDS)
    one.tick(NOW + 3 * MS, READY)
    hear(one, [ErrorCleared()], NOW + 4 * MS)
    one.tick(NOW + 300 * MS, READY)
    assert verdict(one) is StepVerdict.FAILED
    assert "went on by itself" in why(one)


def test_a_line_that_never_stood_fails() -> None:
    one = missing_reject()
    one.tick(NOW + 2 * MS, READY)
    hear(one, [ErrorCleared()], NOW + 4 * MS)
    one.tick(NOW + 300 * MS, READY)
    assert verdict(one) is StepVerdict.FAILED
    assert "did not stand" in why(one)


def test_another_parts_missing_reject_is_not_this_ones() -> None:
    one = hear(watch("withheld-gate"), [triggered(7, NOW), decision(7, NOW, Reason.DEFECT, "spot"), not_confirmed(6)])
    hear(one, [left(7, fell=False)])
    assert verdict(one) is StepVerdict.FAILED
    assert "did not say that the reject is not confirmed" in why(one)


def test_who_looks_is_asked_where_no_sensor_is_and_believed() -> None:
    one = hear(watch("defect-spot", confirms=False), [triggered(7, NOW), decision(7, NOW, Reason.DEFECT, "spot")])
    assert one.phase is Phase.WHERE
    one.answer(Where.GOOD, NOW + 2 * MS)
    assert verdict(one) is StepVerdict.FAILED


def test_a_witness_who_contradicts_the_sensor_makes_it_fail() -> None:
    for where, expected in ((Where.CHUTE, StepVerdict.PASSED), (Where.GOOD, StepVerdict.FAILED)):
        one = hear(watch("defect-spot", witness=True), [triggered(7, NOW), *story("defect-spot", 7, NOW)])
        assert one.phase is Phase.WHERE
        one.answer(where, NOW + 2 * MS)
        assert verdict(one) is expected


def test_a_part_that_the_sensors_lost_is_asked_for() -> None:
    one = hear(watch("good"), [triggered(7, NOW), decision(7, NOW)])
    one.tick(NOW + 2_100 * MS, READY)
    assert one.phase is Phase.WHERE
    one.answer(Where.GOOD, NOW + 2_200 * MS)
    assert verdict(one) is StepVerdict.PASSED


def test_a_second_part_during_a_step_makes_it_fail() -> None:
    one = hear(watch("good"), [triggered(7, NOW), triggered(8, NOW), decision(8, NOW), decision(7, NOW)])
    hear(one, [left(7, fell=False)])
    assert verdict(one) is StepVerdict.FAILED
    assert "also 8" in why(one)


def test_a_part_that_was_under_way_before_is_not_taken_for_the_test_part() -> None:
    one = hear(watch("good"), [decision(6, NOW - 1), left(6, fell=True)])
    assert one.phase is Phase.PART


def test_no_part_and_no_answer_are_not_done_and_prove_nothing() -> None:
    one = watch("good")
    one.tick(NOW + 10_000 * MS, READY)
    assert verdict(one) is StepVerdict.NOT_DONE
    one = hear(watch("good", confirms=False), [triggered(7, NOW), decision(7, NOW)])
    one.tick(NOW + 11_000 * MS, READY)
    assert verdict(one) is StepVerdict.NOT_DONE


def test_what_a_line_has_not_got_is_named_and_not_tried() -> None:
    plan = plan_for(LineFacts(("defect-free", "spot"), 400, 1000, confirms=False, has_plc=False))
    assert [one.key for one in plan.steps] == ["good", "defect-spot", "no-image", "late-verdict"]
    assert [one.title for one in plan.omitted] == ["Silent PLC", "Silent station", "Withheld gate"]
    assert all(one.reason for one in plan.omitted)
