"""Why the line stands, what it waits for, and who ends it."""

from __future__ import annotations

import pytest

from drivers.plc.signals import LineSignals
from station.core.alarms import AlarmLimits
from station.core.standing import Change, Standing


@pytest.fixture
def standing() -> Standing:
    return Standing(AlarmLimits(consecutive=2), stop_on_alarm=True)


def reading(*, air_low: bool = False, bin_full: bool = False) -> LineSignals:
    return LineSignals(0, air_low=air_low, bin_full=bin_full)


def test_a_line_that_nothing_speaks_against_takes_parts(standing: Standing) -> None:
    assert (standing.takes_parts, standing.halted, standing.waits_for) == (True, None, None)


def test_a_stop_stays_until_a_person_clears_it_and_its_first_reason_with_it(standing: Standing) -> None:
    standing.stop("the encoder jumped")
    standing.stop("and something else")
    assert standing.halted == "the encoder jumped"
    assert not standing.takes_parts
    standing.signals(reading())
    assert standing.halted == "the encoder jumped"
    standing.clear()
    assert standing.takes_parts
    standing.stop("again")
    assert standing.halted == "again"


def test_a_refused_device_is_not_cleared_by_a_person(standing: Standing) -> None:
    standing.refused = "a simulated camera beside a real PLC"
    standing.stop("the encoder jumped")
    assert standing.halted == "a simulated camera beside a real PLC", "what a person cannot clear comes first"
    standing.clear()
    assert standing.halted == "a simulated camera beside a real PLC"
    assert not standing.takes_parts
    standing.refused = None
    assert standing.takes_parts


def test_a_stop_beside_a_refused_device_outlives_it(standing: Standing) -> None:
    standing.refused = "a simulated camera"
    standing.stop("the encoder jumped")
    standing.refused = None
    assert standing.halted == "the encoder jumped"


def test_low_air_begins_and_ends_by_itself(standing: Standing) -> None:
    assert standing.signals(reading(air_low=True)) == Change(air_low=True)
    assert standing.signals(reading(air_low=True)) == Change()
    assert standing.air_low
    assert not standing.takes_parts
    assert standing.halted is None, "no person is needed"
    assert "air" in str(standing.waits_for)
    standing.clear()
    assert standing.air_low, "a person cannot clear it"
    assert standing.signals(reading()) == Change(air_low=False)
    assert standing.takes_parts


def test_a_full_bin_begins_and_ends_by_itself(standing: Standing) -> None:
    assert standing.signals(reading(bin_full=True)) == Change(bin_full=True)
    assert "bin" in str(standing.waits_for)
    assert not standing.takes_parts
    assert not standing.air_low
    assert standing.signals(reading()) == Change(bin_full=False)
    assert standing.takes_parts


def test_air_and_bin_are_told_each_for_itself(standing: Standing) -> None:
    standing.signals(reading(air_low=True))
    assert standing.signals(reading(bin_full=True)) == Change(air_low=False, bin_full=True)
    assert standing.signals(reading(air_low=True, bin_full=True)) == Change(air_low=True)


def test_with_nobody_connected_the_last_reading_holds(standing: Standing) -> None:
    standing.signals(reading(air_low=True))
    assert standing.signals(None) == Change()
    assert standing.air_low


def test_too_many_rejects_stop_the_line_until_cleared_and_are_counted_anew(standing: Standing) -> None:
    assert standing.decided(passed=False) == []
    assert len(standing.decided(passed=False)) == 1
    assert standing.halted == "2 of 2 parts were rejected"
    standing.clear()
    assert standing.takes_parts
    assert standing.decided(passed=False) == []
    assert len(standing.decided(passed=False)) == 1


def test_too_many_rejects_are_only_said_where_they_shall_not_stop_the_line() -> None:
    standing = Standing(AlarmLimits(consecutive=2, rate=0.5, window=2), stop_on_alarm=False)
    standing.decided(passed=False)
    assert len(standing.decided(passed=False)) == 2
    assert standing.takes_parts
