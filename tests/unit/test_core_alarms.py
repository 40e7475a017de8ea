"""Too many rejects: in a row, or among the newest parts; each alarm once an occurrence."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.core.alarms import AlarmKind, AlarmLimits, RejectAlarm, RejectAlarms


def fed(alarms: RejectAlarms, parts: str) -> list[list[RejectAlarm]]:
    """`r` a reject, `p` a pass: the alarms that begin with each."""
    return [alarms.decided(passed=part == "p") for part in parts]


def begins_at(alarms: RejectAlarms, parts: str) -> list[int]:
    """At which parts an alarm begins, counted from 1."""
    return [index for index, found in enumerate(fed(alarms, parts), start=1) if found]


def test_so_many_rejects_in_a_row_are_said_once() -> None:
    alarms = RejectAlarms(AlarmLimits(consecutive=3))
    found = fed(alarms, "rrrrr")
    assert found == [[], [], [RejectAlarm(AlarmKind.CONSECUTIVE, 3, 3)], [], []]


def test_one_pass_ends_the_row_and_the_next_row_is_said_again() -> None:
    assert begins_at(RejectAlarms(AlarmLimits(consecutive=3)), "rrprrprrrrprrr") == [9, 14]


def test_the_rate_is_judged_only_over_a_full_window() -> None:
    alarms = RejectAlarms(AlarmLimits(rate=0.5, window=4))
    assert fed(alarms, "rrr") == [[], [], []]
    assert alarms.decided(passed=True) == [RejectAlarm(AlarmKind.RATE, 3, 4)]


def test_the_rate_is_said_once_until_it_has_come_down() -> None:
    assert begins_at(RejectAlarms(AlarmLimits(rate=0.5, window=4)), "rrrprrrppppprrr") == [4, 15]


@pytest.mark.parametrize(("rejects", "alarms"), [(29, 0), (30, 1)])
def test_exactly_the_rate_is_not_more_than_the_rate(rejects: int, alarms: int) -> None:
    """0.29 x 100 is less than 29 in binary fractions."""
    line = RejectAlarms(AlarmLimits(rate=0.29, window=100))
    assert len(begins_at(line, "p" * (100 - rejects) + "r" * rejects)) == alarms


def test_both_alarms_may_begin_with_one_part() -> None:
    alarms = RejectAlarms(AlarmLimits(consecutive=4, rate=0.5, window=4))
    assert [alarm.kind for alarm in fed(alarms, "rrrr")[-1]] == [AlarmKind.CONSECUTIVE, AlarmKind.RATE]


def test_zero_is_not_watched() -> None:
    assert begins_at(RejectAlarms(AlarmLimits()), "r" * 200) == []


def test_after_a_person_has_seen_to_it_counting_begins_anew() -> None:
    alarms = RejectAlarms(AlarmLimits(consecutive=3, rate=0.5, window=4))
    assert begins_at(alarms, "rrrr") == [3, 4]
    alarms.clear()
    assert begins_at(alarms, "rrrr") == [3, 4]
    alarms.clear()
    assert begins_at(alarms, "rrprr") == [4], "the row and the window are empty"


@pytest.mark.parametrize(
    "wrong", [{"consecutive": -1}, {"rate": 1.1}, {"rate": -0.1}, {"rate": math.nan}, {"window": 0}]
)
def test_limits_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="alarm limits"):
        AlarmLimits(**wrong)


@given(
    parts=st.text("rp", max_size=80),
    consecutive=st.integers(0, 5),
    rejects=st.integers(0, 8),
    window=st.integers(1, 8),
)
def test_an_alarm_begins_where_its_measure_rises_over_the_limit(
    parts: str, consecutive: int, rejects: int, window: int
) -> None:
    limits = AlarmLimits(consecutive, min(rejects, window) / window, window)
    found = fed(RejectAlarms(limits), parts)
    was_high = False
    for index, alarms in enumerate(found, start=1):
        so_far = parts[:index]
        in_a_row = len(so_far) - len(so_far.rstrip("r"))
        newest = so_far[-window:].count("r")
        high = 0 < min(rejects, window) < newest and index >= window
        kinds = [alarm.kind for alarm in alarms]
        assert (AlarmKind.CONSECUTIVE in kinds) == (consecutive > 0 and in_a_row == consecutive)
        assert (AlarmKind.RATE in kinds) == (high and not was_high)
        was_high = high
