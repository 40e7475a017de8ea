"""Percentiles and rates that the page, the summary and the bench print."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from station.core.reasons import Reason
from station.core.values import (
    Decision,
    OpenPart,
    Trigger,
)
from station.part_report import times_of
from station.statistics import STAGES, Statistics, percentiles


def test_percentiles_of_one_to_hundred_are_by_nearest_rank() -> None:
    assert percentiles(range(1, 101)).as_dict() == {"p50": 50, "p99": 99, "max": 100}


def test_nothing_measured_is_none_and_not_zero() -> None:
    assert percentiles([]).as_dict() == {"p50": None, "p99": None, "max": None}


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300))
def test_percentiles_are_ordered_and_taken_from_the_values(values: list[float]) -> None:
    found = percentiles(values)
    assert found.p50 is not None
    assert found.p99 is not None
    assert found.max == round(max(values), 3)
    assert found.p50 <= found.p99 <= found.max


def test_the_rate_is_from_the_first_to_the_last_decision() -> None:
    statistics = Statistics()
    for second in range(20):
        part = OpenPart(second + 1, Trigger(second + 1, None, 0), deadline_ns=10**12, pictures_due_ns=10**12)
        decision = Decision(part, Reason.NO_FRAME, second * 10**9)
        statistics.decided(decision, times_of(decision, second * 10**9))
    assert statistics.overall_parts_per_s() == 1.0
    assert statistics.latency.max == 19_000.0
    assert statistics.as_dict()["slack_ms"] == {"min": 981_000.0}


def test_every_stage_is_reported_even_when_it_was_never_measured() -> None:
    assert set(Statistics().as_dict()["stages_ms"]) == set(STAGES)  # type: ignore[call-overload]
