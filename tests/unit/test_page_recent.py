"""Rate, percentiles and tiles of the last parts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.page.recent import LATENCY_WINDOW, RecentParts, percentile
from station.page.snapshot import PARTS_SHOWN, Part, fault_rows
from tests.page_status import a_part

S = 1_000_000_000


def parts(count: int) -> list[Part]:
    rng = random.Random(1)
    return [a_part(number, rng) for number in range(count)]


def test_before_the_first_part_no_figure_is_invented() -> None:
    recent = RecentParts(deadline_ms=250)
    latency = recent.latency()
    assert recent.parts_per_s(5 * S) is None
    assert (latency["count"], latency["p50_ms"], latency["p99_ms"], latency["max_ms"]) == (0, None, None, None)
    assert recent.parts() == []


def test_only_the_last_parts_are_shown_oldest_first() -> None:
    recent = RecentParts(deadline_ms=250)
    made = parts(PARTS_SHOWN + 5)
    for part in made:
        recent.add(part, 0)
    assert recent.parts() == made[5:]


def test_the_rate_counts_the_last_ten_seconds_and_falls_to_zero_when_the_line_stands() -> None:
    recent = RecentParts(deadline_ms=250)
    for number, part in enumerate(parts(240)):
        recent.add(part, number * S // 12)
    assert recent.parts_per_s(240 * S // 12) == pytest.approx(12, abs=0.2)
    assert recent.parts_per_s(40 * S) == 0


def test_the_rate_of_the_first_seconds_is_not_diluted_by_time_before_the_first_part() -> None:
    recent = RecentParts(deadline_ms=250)
    for number, part in enumerate(parts(24)):
        recent.add(part, 1000 * S + number * S // 12)
    assert recent.parts_per_s(1002 * S) == pytest.approx(12, abs=0.5)


def test_a_part_at_the_deadline_lies_in_the_first_late_bin() -> None:
    recent = RecentParts(deadline_ms=250)
    for latency_ms in (249.9, 250.0, 9999.0):
        recent.add({**parts(1)[0], "latency_ms": latency_ms}, 0)
    histogram = recent.latency()["histogram"]
    late = histogram["edges_ms"].index(250.0)
    assert (sum(histogram["counts"][:late]), histogram["counts"][late], histogram["counts"][-1]) == (1, 1, 1)


@given(st.lists(st.floats(0, 10_000), min_size=1, max_size=50))
def test_percentiles_are_values_that_occurred_and_in_order(values: list[float]) -> None:
    ordered = sorted(values)
    p50, p99, most = (percentile(ordered, percent) for percent in (50, 99, 100))
    assert p50 is not None
    assert p99 is not None
    assert p50 <= p99 <= round(ordered[-1], 2) == most
    assert p50 in [round(value, 2) for value in ordered]


@given(st.lists(st.floats(-5, 5000), max_size=30))
def test_the_histogram_loses_no_part(latencies_ms: list[float]) -> None:
    recent = RecentParts(deadline_ms=80)
    for latency_ms in latencies_ms:
        recent.add({**parts(1)[0], "latency_ms": latency_ms}, 0)
    histogram = recent.latency()["histogram"]
    assert sum(histogram["counts"]) == len(latencies_ms) <= LATENCY_WINDOW
    assert len(histogram["edges_ms"]) == len(histogram["counts"]) + 1


def test_active_faults_become_rows_with_their_age() -> None:
    board = FaultBoard(clock_ns=lambda: 5 * S)
    board.raise_(FaultCode.PLC_NOT_CONNECTED, address="127.0.0.1:502")
    (row,) = fault_rows(board.active(), now_ns=7 * S)
    assert (row["code"], row["severity"]) == ("E201", "fault")
    assert row["sentence"] == "There is no connection between station and PLC at 127.0.0.1:502."
    assert row["action"].startswith("Check the network cable")
    assert (row["since_s"], row["count"], row["look"], row["acknowledged_by"]) == (2.0, 1, "io", None)
