"""The books of the simulated world: every triggered part in exactly one bin, and the score says so."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.cell import causes
from drivers.cell.bins import Bins
from drivers.cell.order import PartOrder
from drivers.cell.outcome import Outcome
from drivers.cell.robot import Delivery, Robot
from drivers.cell.truth import GroundTruth, ShownPart

# Six processes may share two cores: slowness is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

GOOD, REJECT, PITS = "next-station", "reject", "pits"


def shown(n: int, *, defective: bool = False, problem: str | None = None) -> ShownPart:
    return ShownPart(
        n=n,
        part_seq=n,
        picture=n,
        name=f"p{n}",
        label="pits" if defective else "defect-free",
        defective=defective,
        problem=problem,
        trigger_ns=1000 * n,
    )


def outcome(n: int, bin_name: str, cause: str = causes.BY_STATION) -> Outcome:
    return Outcome(
        n=n,
        part_seq=n,
        accepted=bin_name == GOOD,
        cause=cause,
        verdict_code=None,
        defect_class=None,
        bin_name=bin_name,
        result_ns=1000 * n + 500,
    )


def make_truth(keep_parts: int = 100) -> GroundTruth:
    return GroundTruth(good_bin=GOOD, keep_parts=keep_parts)


BINS = Bins(GOOD, REJECT, (PITS,)).counts
PARTS = st.lists(
    st.tuples(
        st.booleans(), st.sampled_from([None, "no part"]), st.sampled_from([GOOD, REJECT, PITS, None]), st.booleans()
    ),
    max_size=60,
)


@patient
@given(PARTS)
def test_sums_hold_for_every_history(parts: list[tuple[bool, str | None, str | None, bool]]) -> None:
    truth = make_truth(keep_parts=10)
    escapes = overkill = forced = 0
    for n, (defective, problem, bin_name, by_station) in enumerate(parts, 1):
        truth.triggered(shown(n, defective=defective, problem=problem))
        if bin_name is None:
            continue
        station = by_station or bin_name == GOOD
        truth.in_bin(outcome(n, bin_name, causes.BY_STATION if station else causes.LINK_LOST))
        sound = not defective and problem is None
        escapes += bin_name == GOOD and not sound
        overkill += bin_name != GOOD and station and sound
        forced += bin_name != GOOD and not station
    score = truth.score(bins=BINS, ended=True)
    unbinned = sum(1 for part in parts if part[2] is None)
    assert (score["escapes"], score["overkill"], score["unaccounted"]) == (escapes, overkill, unbinned)
    assert score["triggered"] == len(parts) == truth.binned + unbinned
    assert score["forced"] == ({causes.LINK_LOST: forced} if forced else {})
    rows = score["parts"]
    assert isinstance(rows, list)
    assert len(rows) == min(10, truth.binned)
    json.dumps(score)


def test_a_part_in_two_bins_is_unaccounted() -> None:
    truth = make_truth()
    truth.triggered(shown(1))
    assert truth.in_bin(outcome(1, GOOD)) is not None
    assert truth.in_bin(outcome(1, REJECT)) is None
    assert truth.score(bins=BINS, ended=True)["unaccounted"] == 1


def test_a_part_in_hand_is_unaccounted_only_when_the_run_has_ended() -> None:
    truth = make_truth()
    truth.triggered(shown(1))
    assert truth.score(bins=BINS, ended=False)["unaccounted"] == 0
    assert truth.score(bins=BINS, ended=False)["in_hand"] == 1
    assert truth.score(bins=BINS, ended=True)["unaccounted"] == 1


def test_the_row_of_a_part_tells_what_it_was_and_where_it_went() -> None:
    truth = make_truth()
    truth.triggered(shown(7, defective=True))
    row = truth.in_bin(outcome(7, PITS))
    assert row == {
        "n": 7,
        "part_seq": 7,
        "picture": 7,
        "name": "p7",
        "label": "pits",
        "defective": True,
        "problem": None,
        "fault": None,
        "fault_sensor": None,
        "line_fault": None,
        "verdict_code": None,
        "defect_class": None,
        "cause": causes.BY_STATION,
        "bin": PITS,
        "gate": None,
        "confirmed": None,
        "trigger_ns": 7000,
        "result_ns": 7500,
    }


def test_parts_that_a_fault_was_meant_for_are_counted_by_kind_and_named_in_their_row() -> None:
    truth = make_truth()
    for n, fault in enumerate(("drop", None, "white", "drop"), 1):
        truth.triggered(replace(shown(n), fault=fault, fault_sensor=fault and "head"))
    rows = [truth.in_bin(outcome(n, REJECT)) for n in (1, 2)]
    assert [(row["fault"], row["fault_sensor"]) for row in rows if row] == [("drop", "head"), (None, None)]
    assert truth.score(bins=BINS, ended=True)["faulted"] == {"drop": 2, "white": 1}


@pytest.mark.parametrize(
    ("accepted", "defect_class", "expected"),
    [(True, None, GOOD), (False, 1, PITS), (False, 2, REJECT), (False, 0, REJECT), (False, None, REJECT)],
)
def test_only_an_accepted_part_goes_on_and_an_unknown_class_goes_to_the_reject_bin(
    accepted: bool, defect_class: int | None, expected: str
) -> None:
    assert Bins(GOOD, REJECT, (PITS,)).choose(accepted=accepted, defect_class=defect_class) == expected


def test_bins_count_what_they_get_and_refuse_a_bin_that_is_not_there() -> None:
    bins = Bins(GOOD, REJECT, (PITS,))
    bins.put(PITS)
    bins.put(PITS)
    assert bins.counts == {GOOD: 0, PITS: 2, REJECT: 0}
    with pytest.raises(KeyError):
        bins.put("river")


def test_the_robot_carries_one_part_after_the_other() -> None:
    robot = Robot(move_ns=10, places=3)
    robot.carry(1, GOOD, 100)
    robot.carry(2, PITS, 104)
    assert robot.delivered(109) == []
    assert robot.delivered(110) == [Delivery(1, GOOD, 110)]
    robot.carry(3, GOOD, 111)
    assert robot.delivered(200) == [Delivery(2, PITS, 120), Delivery(3, GOOD, 130)]
    assert len(robot) == 0


def test_the_robot_refuses_more_parts_than_it_has_places() -> None:
    robot = Robot(move_ns=10, places=1)
    robot.carry(1, GOOD, 0)
    with pytest.raises(OverflowError, match="1 places"):
        robot.carry(2, GOOD, 0)


@patient
@given(st.integers(1, 20), st.integers(0, 100), st.booleans())
def test_each_picture_comes_once_before_any_comes_again(pictures: int, seed: int, shuffled: bool) -> None:
    from random import Random

    order = PartOrder(pictures, Random(seed), shuffled=shuffled)
    for _ in range(3):
        assert sorted(order.next() for _ in range(pictures)) == list(range(pictures))


def test_pictures_of_a_folder_come_in_their_own_order() -> None:
    from random import Random

    order = PartOrder(4, Random(0), shuffled=False)
    assert [order.next() for _ in range(6)] == [0, 1, 2, 3, 0, 1]


def passing(n: int, *, wanted: bool, passed: bool, error_counts: int | None = None) -> Outcome:
    name = GOOD if passed else REJECT
    return replace(outcome(n, name), accepted=wanted, passed_gate=passed, gate_error_counts=error_counts)


@patient
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=40))
def test_what_the_gate_did_against_the_plcs_will_is_counted_and_its_escapes_apart(
    parts: list[tuple[bool, bool, bool]],
) -> None:
    truth = make_truth()
    for n, (defective, wanted, passed) in enumerate(parts, 1):
        truth.triggered(shown(n, defective=defective))
        truth.in_bin(passing(n, wanted=wanted, passed=passed))
    score = truth.score(bins=BINS, ended=True)
    assert score["gate_passings"] == len(parts)
    assert score["gate_wrong"] == sum(wanted != passed for _, wanted, passed in parts)
    assert score["escapes"] == sum(defective and wanted and passed for defective, wanted, passed in parts)
    assert score["escapes_by_gate"] == sum(defective and passed and not wanted for defective, wanted, passed in parts)


def test_the_gates_position_error_is_told_by_its_median_and_its_largest() -> None:
    truth = make_truth()
    for n, error in enumerate((0, -3, 1, 0, 9_999_999, None), 1):
        truth.triggered(shown(n))
        truth.in_bin(passing(n, wanted=True, passed=True, error_counts=error))
    assert truth.score(bins=BINS, ended=True)["gate_error_counts"] == {"p50": 1, "max": 4096}
    assert make_truth().score(bins=BINS, ended=True)["gate_error_counts"] == {"p50": None, "max": None}


def test_an_extra_part_that_passes_is_an_escape_of_the_gate() -> None:
    truth = make_truth()
    truth.extra_ended(passed=False)
    truth.extra_ended(passed=True)
    score = truth.score(bins=BINS, ended=True)
    assert (score["extra_parts"], score["escapes_by_gate"]) == ({"passed": 1, "rejected": 1}, 1)


def test_where_parts_ended_that_a_line_fault_hit_is_told_by_kind() -> None:
    truth = make_truth()
    for n, (fault, bin_name) in enumerate((("falls-off", "floor"), ("link-cut", GOOD), ("link-cut", REJECT)), 1):
        truth.triggered(replace(shown(n), line_fault=fault))
        truth.in_bin(outcome(n, bin_name))
    assert truth.score(bins=BINS, ended=True)["line_faults"] == {
        "falls-off": {"floor": 1},
        "link-cut": {GOOD: 1, REJECT: 1},
    }


def test_the_floor_is_among_the_bins_once_something_lies_there() -> None:
    bins = Bins(GOOD, REJECT, (PITS,))
    assert "floor" not in bins.counts
    bins.put("floor")
    assert bins.counts["floor"] == 1
