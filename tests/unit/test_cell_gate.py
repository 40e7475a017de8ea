"""The gate moves by exact counts or not at all, and where a part ends is what the gate did when the part passed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.cell import causes
from drivers.cell.belt import Belt, Ended, Rider
from drivers.cell.gate_motion import GateCancel, GateCommand, GateKind, GateMotion, GatePulse
from drivers.cell.parts_in_hand import Disposal, PartInHand, PartsInHand, Reading, read_result
from drivers.cell.plc_gate import GateRules, GateStep
from drivers.encoder.counts import wrapped
from drivers.gate.settings import GateSettings
from drivers.plc.registers import NO_ENCODER, ResultBlock, VerdictCode

# Six processes may share two cores: slowness is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

GATE = GateSettings(
    offset_counts=1000,
    lead_counts=20,
    pulse_counts=40,
    part_sensor_offset_counts=900,
    confirm_offset_counts=1100,
    pick_up_offset_counts=1300,
)


def belt_with(*riders: Rider) -> tuple[Belt, GateMotion]:
    gate = GateMotion("pass")
    belt = Belt(GATE, gate)
    for rider in riders:
        belt.put(rider)
    return belt, gate


def ride(belt: Belt, steps: Sequence[float]) -> list[Ended]:
    return [end for count in steps for end in belt.advance(count)]


@pytest.mark.parametrize(("kind", "in_pulse"), [("pass", True), ("reject", False)])
def test_the_gate_is_moved_from_the_first_count_of_its_pulse_to_before_the_last(kind: GateKind, in_pulse: bool) -> None:
    gate = GateMotion(kind)
    assert gate.schedule(1, 980, 40, 500.0)
    assert [gate.passes(at) for at in (979, 980, 1019, 1020)] == [not in_pulse, in_pulse, in_pulse, not in_pulse]


def test_a_pulse_that_comes_after_its_count_is_not_done_and_counted() -> None:
    gate = GateMotion("pass")
    assert gate.schedule(1, 980, 40, 980.0)
    assert not gate.schedule(2, 980, 40, 980.5)
    assert (gate.done, gate.late) == (1, 1)


def test_a_pulse_can_be_taken_back_until_it_begins() -> None:
    gate = GateMotion("reject")
    gate.schedule(1, 980, 40, 0.0)
    assert gate.cancel(1, 979.0)
    gate.schedule(2, 980, 40, 0.0)
    assert not gate.cancel(2, 981.0)
    assert not gate.cancel(7, 0.0)
    assert (gate.passes(1000), gate.late) == (False, 2)


@patient
@given(st.lists(st.floats(1, 400), min_size=1, max_size=60), st.booleans(), st.booleans())
def test_however_coarse_the_steps_each_part_meets_the_gate_as_it_stood_at_its_own_count(
    steps: list[float], first: bool, second: bool
) -> None:
    belt, gate = belt_with(Rider(1, 0), Rider(2, 150))
    for n, start, wanted in ((1, 0, first), (2, 150, second)):
        if wanted:
            gate.schedule(n, start + 980, 40, 0.0)
    count, ended = 0.0, list[Ended]()
    for step in [*steps, 5000.0]:
        count += step
        ended += belt.advance(count)
    assert {end.n: end.passed for end in ended} == {1: first, 2: second}
    assert (belt.parts_seen, belt.rejects_seen) == (2, 2 - first - second)
    assert {end.n: end.gate_error_counts for end in ended} == {1: 0 if first else None, 2: 0 if second else None}
    assert len(belt) == 0


def test_sensors_see_a_part_at_their_own_counts_and_a_rejected_part_lies_in_the_chute_then() -> None:
    belt, _gate = belt_with(Rider(1, 0))
    assert ride(belt, [899.9]) == []
    assert belt.parts_seen == 0
    ride(belt, [900])
    assert (belt.parts_seen, belt.rejects_seen) == (1, 0)
    assert ride(belt, [1099.9]) == []
    assert ride(belt, [1100]) == [Ended(1, passed=False, confirmed=True, gate_error_counts=None)]
    assert belt.rejects_seen == 1


def test_a_passed_part_is_at_the_pick_up_at_its_own_count() -> None:
    belt, gate = belt_with(Rider(1, 0))
    gate.schedule(1, 980, 40, 0.0)
    assert ride(belt, [1299.9]) == []
    assert ride(belt, [1300]) == [Ended(1, passed=True, confirmed=None, gate_error_counts=0)]


def test_a_pulse_for_another_place_lets_nothing_pass_and_its_error_is_told() -> None:
    belt, gate = belt_with(Rider(1, 0))
    gate.schedule(1, 950, 40, 0.0)
    assert ride(belt, [2000]) == [Ended(1, passed=False, confirmed=True, gate_error_counts=-30)]


def test_a_belt_that_stands_while_its_encoder_goes_on_brings_the_part_later_than_its_pulse() -> None:
    belt, gate = belt_with(Rider(1, 0))
    gate.schedule(1, 980, 40, 0.0)
    belt.advance(500)
    belt.slip(300)
    assert ride(belt, [1399.9]) == []
    assert ride(belt, [1400]) == [Ended(1, passed=False, confirmed=True, gate_error_counts=-300)]
    assert belt.clear_at == 300 + 1100 + GATE.sensor_tolerance_counts


@pytest.mark.parametrize(
    ("rider", "pulse", "end", "seen"),
    [
        (Rider(1, 0, gate_stuck=False), True, Ended(1, False, True, 0), (1, 1)),
        (Rider(1, 0, gate_stuck=True), False, Ended(1, True, None, None), (1, 0)),
        (Rider(1, 0, reject_sensor_dead=True), False, Ended(1, False, False, None), (1, 0)),
        (Rider(1, 0, falls_off=True), True, Ended(1, None, None, None), (0, 0)),
        (Rider(None, 0), False, Ended(None, False, True, None), (1, 1)),
    ],
)
def test_a_fault_changes_what_becomes_of_the_part_and_what_the_sensors_see(
    rider: Rider, pulse: bool, end: Ended, seen: tuple[int, int]
) -> None:
    belt, gate = belt_with(rider)
    if pulse:
        gate.schedule(1, 980, 40, 0.0)
    assert ride(belt, range(0, 1600, 50)) == [end]
    assert (belt.parts_seen, belt.rejects_seen) == seen


def test_the_belt_is_clear_when_the_last_part_is_past_everything_that_looks_for_it() -> None:
    belt, _gate = belt_with(Rider(1, 0), Rider(2, 200))
    assert belt.clear_at == 200 + 1100 + GATE.sensor_tolerance_counts


def test_pulses_of_parts_that_are_gone_are_forgotten() -> None:
    belt, gate = belt_with(*[Rider(n, 100 * n) for n in range(50)])
    for n in range(50):
        gate.schedule(n, 100 * n + 980, 40, 0.0)
    belt.advance(100_000)
    assert gate.begin_for(49, 0) is None


U32 = 2**32


def step_with(kind: GateKind = "pass", start: int = 0) -> tuple[PartsInHand, GateStep]:
    hand = PartsInHand()
    hand.add(PartInHand(1, 1, trigger_ns=0, trigger_count=wrapped(start), at_pick_up=True))
    return hand, GateStep(hand, GateRules(kind, offset_counts=1000, lead_counts=20, pulse_counts=40))


def passing(hand: PartsInHand, gate_encoder: int = NO_ENCODER) -> None:
    part = hand.get(1)
    assert part is not None
    part.reading = read_result(
        ResultBlock.sealed(part_seq=1, verdict=VerdictCode.PASS, gate_encoder=gate_encoder), part.part_seq
    )


def only(disposals: Sequence[Disposal]) -> Reading:
    (disposal,) = disposals
    return disposal.reading


@patient
@given(start=st.integers(0, U32 - 1), at=st.integers(0, 970))
def test_a_pass_that_is_read_before_the_gate_becomes_a_pulse_at_the_gate_across_the_counters_wrap(
    start: int, at: int
) -> None:
    hand, step = step_with(start=start)
    passing(hand)
    assert step.scan(0, wrapped(start + at)) == [GatePulse(1, wrapped(start + 980), 40)]
    assert only(hand.take_disposals()).accepted
    assert (hand.passed, hand.rejected) == (1, 0)


@patient
@given(start=st.integers(0, U32 - 1), at=st.integers(980, 3000), read=st.booleans())
def test_at_the_gate_a_part_without_a_pass_is_rejected_and_a_pass_that_comes_then_is_used_for_nothing(
    start: int, at: int, read: bool
) -> None:
    hand, step = step_with(start=start)
    if read:
        passing(hand)
    assert step.scan(0, wrapped(start + at)) == []
    reading = only(hand.take_disposals())
    assert (reading.accepted, reading.cause) == (False, causes.BEHIND_GATE)
    assert reading.verdict_code == (VerdictCode.PASS if read else None)
    assert (hand.passed, hand.rejected) == (0, 1)


def test_a_pulse_that_the_next_scan_would_give_too_late_is_not_given_any_more() -> None:
    hand, step = step_with()
    step.scan(0, 700)
    passing(hand)
    assert step.scan(1, 900) == []  # 80 counts before the pulse, but 200 counts a scan
    assert only(hand.take_disposals()).cause == causes.BEHIND_GATE


@pytest.mark.parametrize(("named", "begin"), [(1000, 980), (1015, 995), (985, 965), (NO_ENCODER, 980)])
def test_the_pulse_is_where_the_result_says_if_that_is_the_parts_own_place(named: int, begin: int) -> None:
    hand, step = step_with()
    passing(hand, named)
    assert step.scan(0, 100) == [GatePulse(1, begin, 40)]


@pytest.mark.parametrize("named", [1021, 979, 0, 5000])
def test_a_pass_that_names_another_place_than_the_parts_own_is_a_reject(named: int) -> None:
    hand, step = step_with()
    passing(hand, named)
    assert step.scan(0, 100) == []
    assert only(hand.take_disposals()).cause == causes.GATE_COUNT_DIFFERS
    assert step.gate_counts_differ == 1


def test_a_pass_waits_until_the_part_has_left_the_jig() -> None:
    hand, step = step_with()
    part = hand.get(1)
    assert part is not None
    part.at_pick_up = False
    passing(hand)
    assert step.scan(0, 100) == []
    hand.count_read()
    assert hand.passed == 1
    part.at_pick_up = True
    assert step.scan(1, 110) == [GatePulse(1, 980, 40)]
    assert (hand.passed, hand.rejected, hand.withheld) == (1, 0, 0)


def test_a_pass_that_was_counted_and_is_rejected_all_the_same_is_counted_as_withheld() -> None:
    hand, _ = step_with()
    passing(hand)
    hand.count_read()
    hand.reject_all(causes.LINK_LOST, 5)
    assert (hand.passed, hand.rejected, hand.withheld) == (1, 0, 1)


def test_where_a_pulse_rejects_every_part_has_one_from_its_trigger_on_and_only_a_pass_takes_it_back() -> None:
    hand, step = step_with("reject")
    given_pulses: list[GateCommand] = step.triggered(1, 0)
    assert given_pulses == [GatePulse(1, 980, 40)]
    assert step.scan(0, 100) == []
    passing(hand)
    assert step.scan(1, 200) == [GateCancel(1)]
