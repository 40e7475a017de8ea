"""The way of each part from trigger to gate and chute: who is seen where, and who is not (promise P3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from station.core.route import Finding, FindingKind, Route
from tests.core_track import ROUTE

SEEN_BY = 4600
CONFIRMED_BY = 5600


@pytest.fixture
def route() -> Route:
    return Route(ROUTE)


def fill(route: Route, *places: int, passes: bool | None = None) -> None:
    """Parts 1, 2, 3... with the numbers 11, 12, 13..., triggered here."""
    for uid, place in enumerate(places, start=1):
        assert route.enter(uid, 10 + uid, place, reach=place) is None
        if passes is not None:
            route.decide(uid, passes=passes)


def kinds_and_parts(found: list[Finding]) -> list[tuple[FindingKind, tuple[int, ...]]]:
    return [(finding.kind, finding.part_uids) for finding in found]


def only(found: list[Finding]) -> Finding:
    (finding,) = found
    return finding


def test_the_verdict_must_be_there_where_the_pass_pulse_begins(route: Route) -> None:
    assert route.due_at(1000) == 1000 + 5000 - 200


def test_several_parts_between_camera_and_gate_each_come_by_and_leave(route: Route) -> None:
    fill(route, 0, 700, 1400, 2100, passes=True)
    assert route.came_by(1, 4480, 4510) == []
    assert route.came_by(3, 4510, 6700) == []
    assert len(route) == 4
    assert route.moved(CONFIRMED_BY) == []
    assert len(route) == 4
    assert route.moved(CONFIRMED_BY + 700) == []
    assert len(route) == 3
    assert route.moved(CONFIRMED_BY + 2101) == []
    assert len(route) == 0


@pytest.mark.parametrize(("apart", "found"), [(600, None), (599, FindingKind.TOO_CLOSE), (0, FindingKind.TOO_CLOSE)])
def test_parts_closer_than_the_gate_can_sort_are_both_in_doubt(
    route: Route, apart: int, found: FindingKind | None
) -> None:
    fill(route, 1000)
    finding = route.enter(2, 12, 1000 + apart, 1000)
    assert (finding.kind if finding else None) is found
    if finding is not None:
        assert finding.part_uids == (1, 2)
        assert f"parts 11 and 12 are {apart} counts apart" in finding.detail


def test_the_pitch_is_watched_as_long_as_it_is_even_behind_a_near_gate() -> None:
    route = Route(replace(ROUTE, min_pitch_counts=9000))
    fill(route, 0, passes=True)
    route.came_by(1, 4490, 4510)
    route.moved(8000)
    finding = route.enter(2, 12, 8990, 8990)
    assert finding is not None
    assert (finding.kind, finding.part_uids) == (FindingKind.TOO_CLOSE, (1, 2))


def test_a_part_triggered_behind_the_one_before_it_is_out_of_order(route: Route) -> None:
    fill(route, 1000)
    finding = route.enter(2, 12, 990, 1000)
    assert finding is not None
    assert (finding.kind, finding.part_uids) == (FindingKind.OUT_OF_ORDER, (1, 2))
    assert "10 counts behind part 11" in finding.detail


@pytest.mark.parametrize(("reach", "past"), [(5799, False), (5800, True), (9000, True)])
def test_a_part_that_is_announced_at_the_gate_is_a_schedule_in_the_past(route: Route, reach: int, past: bool) -> None:
    finding = route.enter(1, 11, 1000, reach)
    assert (finding is not None and finding.kind is FindingKind.SCHEDULE_PAST) is past


def test_one_part_too_many_is_an_overflow_and_is_not_followed() -> None:
    route = Route(replace(ROUTE, capacity=2))
    fill(route, 0, 700)
    assert route.full
    finding = route.enter(3, 13, 1400, 1400)
    assert finding is not None
    assert (finding.kind, finding.part_uids) == (FindingKind.OVERFLOW, (3,))
    assert len(route) == 2


def test_a_part_that_does_not_come_by_is_missing_once_it_must_have(route: Route) -> None:
    fill(route, 0, passes=True)
    assert route.moved(SEEN_BY) == []
    assert kinds_and_parts(route.moved(SEEN_BY + 1)) == [(FindingKind.PART_MISSING, (1,))]
    assert route.moved(SEEN_BY + 2) == []


def test_a_passed_part_that_has_fallen_off_is_only_missing(route: Route) -> None:
    fill(route, 0, passes=True)
    assert kinds_and_parts(route.moved(CONFIRMED_BY + 1)) == [(FindingKind.PART_MISSING, (1,))]


def test_of_a_reject_the_sensor_before_the_gate_is_not_believed_that_it_has_fallen_off(route: Route) -> None:
    fill(route, 0, passes=False)
    found = kinds_and_parts(route.moved(CONFIRMED_BY + 1))
    assert found == [(FindingKind.PART_MISSING, (1,)), (FindingKind.REJECT_NOT_CONFIRMED, (1,))]


def test_a_reject_that_nobody_saw_fall_is_found_before_it_is_forgotten(route: Route) -> None:
    fill(route, 0, passes=False)
    route.came_by(1, 4490, 4510)
    assert route.moved(CONFIRMED_BY) == []
    assert len(route) == 1
    finding = only(route.moved(CONFIRMED_BY + 1))
    assert (finding.kind, finding.part_uids) == (FindingKind.REJECT_NOT_CONFIRMED, (1,))
    assert "part 11 was rejected, but" in finding.detail


def test_a_reject_that_nobody_saw_fall_is_found_also_by_a_reading_far_behind_it(route: Route) -> None:
    fill(route, 0, passes=False)
    route.came_by(1, 4490, 4510)
    assert kinds_and_parts(route.moved(50_000)) == [(FindingKind.REJECT_NOT_CONFIRMED, (1,))]
    assert len(route) == 0


def test_a_part_without_a_verdict_is_a_reject_to_the_gate_and_to_the_chute(route: Route) -> None:
    fill(route, 0, 700)
    route.came_by(2, 4490, 5210)
    assert route.fell(1, 5400, 5510) == []
    assert route.moved(CONFIRMED_BY + 600) == []
    assert kinds_and_parts(route.moved(CONFIRMED_BY + 701)) == [(FindingKind.REJECT_NOT_CONFIRMED, (2,))]


def test_rejects_that_fell_are_confirmed_in_their_order(route: Route) -> None:
    fill(route, 0, 700, 1400, passes=False)
    route.came_by(3, 4490, 6000)
    assert route.fell(2, 5450, 6250) == []
    assert kinds_and_parts(route.moved(CONFIRMED_BY + 1500)) == [(FindingKind.REJECT_NOT_CONFIRMED, (3,))]


def test_a_pass_that_falls_into_the_chute_is_told_by_its_number(route: Route) -> None:
    fill(route, 0, 700, passes=True)
    route.decide(2, passes=False)
    finding = only(route.fell(1, 5450, 5510))
    assert (finding.kind, finding.part_uids) == (FindingKind.REJECT_UNEXPECTED, (1,))
    assert "part 11, which had passed," in finding.detail
    assert only(route.fell(1, 5450, 5510)).part_uids == (), "no part falls twice"
    assert route.fell(1, 6150, 6210) == []


def test_one_fall_more_than_there_are_parts_is_nobodys(route: Route) -> None:
    fill(route, 0, passes=False)
    assert route.fell(1, 5450, 5510) == []
    assert kinds_and_parts(route.fell(1, 5450, 5510)) == [(FindingKind.REJECT_UNEXPECTED, ())]


def test_a_part_that_nobody_announced_is_told_where_it_is(route: Route) -> None:
    fill(route, 0)
    finding = only(route.came_by(2, 4490, 4510))
    assert (finding.kind, finding.part_uids) == (FindingKind.PART_UNEXPECTED, ())
    assert "near position 4510" in finding.detail


@pytest.mark.parametrize(("before", "position", "fits"), [(4300, 4400, True), (4300, 4399, False), (4601, 4700, False)])
def test_an_edge_is_a_parts_own_only_within_the_tolerance(route: Route, before: int, position: int, fits: bool) -> None:
    fill(route, 0)
    assert (route.came_by(1, before, position) == []) is fits


def test_an_edge_just_before_the_line_ran_back_is_the_parts_own(route: Route) -> None:
    fill(route, 0)
    assert route.came_by(1, 4420, 4390) == []


def test_an_edge_while_the_line_ran_back_into_the_tolerance_is_the_parts_own(route: Route) -> None:
    fill(route, 0)
    assert route.came_by(1, 4620, 4590) == []


def test_a_verdict_that_is_taken_back_makes_the_part_awaited_in_the_chute(route: Route) -> None:
    fill(route, 0, passes=True)
    route.decide(1, passes=False)
    route.decide(77, passes=False)  # nobody
    route.came_by(1, 4490, 4510)
    assert kinds_and_parts(route.moved(CONFIRMED_BY + 1)) == [(FindingKind.REJECT_NOT_CONFIRMED, (1,))]


def test_without_sensors_nothing_is_awaited_and_edges_mean_nothing() -> None:
    route = Route(replace(ROUTE, part_sensor_counts=None, confirm_counts=None))
    fill(route, 0, passes=False)
    assert route.came_by(3, 4000, 4500) == []
    assert route.fell(3, 5000, 5500) == []
    assert route.moved(5200) == []
    assert len(route) == 1
    assert route.moved(5201) == []
    assert len(route) == 0


@pytest.mark.parametrize(
    ("changed", "end"),
    [
        ({}, 5600),
        ({"confirm_counts": None}, 5200),
        ({"confirm_counts": None, "part_sensor_counts": 5000, "tolerance_counts": 500}, 5500),
        ({"pick_up_counts": 9000}, 9000),
        ({"min_pitch_counts": 7000}, 7000),
        ({"pulse_counts": 2000}, 6800),
    ],
)
def test_a_part_is_followed_until_the_last_that_is_awaited_of_it(changed: dict[str, int | None], end: int) -> None:
    route = Route(replace(ROUTE, **changed))
    fill(route, 0, passes=True)
    route.came_by(1, 4490, 5010)
    route.moved(end)
    assert len(route) == 1
    route.moved(end + 1)
    assert len(route) == 0


def test_after_a_clear_nobody_is_awaited(route: Route) -> None:
    fill(route, 0, 700, passes=False)
    route.clear()
    assert route.moved(100_000) == []
    assert len(route) == 0
