"""The PLC's millisecond clock carried over to ours: what came late is told from what was read late."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.plc.signals import LineSignals
from station.core.plc_clock import PlcClock
from station.core.transport import TrackLost, Transport
from tests.core_track import BELT, ROUTE

MS = 1_000_000


def test_a_reading_that_came_late_is_dated_to_when_it_was_read() -> None:
    clock = PlcClock()
    clock.read_at(1000, 5_000 * MS)
    clock.read_at(1010, 5_010 * MS)
    assert abs(clock.read_at(1020, 5_070 * MS) - 5_020 * MS) <= MS
    assert clock.passed_ns == 10 * MS


def test_the_first_reading_may_be_the_late_one() -> None:
    clock = PlcClock()
    clock.read_at(1000, 5_050 * MS)
    clock.read_at(1010, 5_010 * MS + 41 * MS)
    assert clock.passed_ns == 10 * MS
    assert clock.read_at(1060, 5_060 * MS) == 5_060 * MS


def test_the_counter_wraps() -> None:
    clock = PlcClock()
    clock.read_at(65_530, 0)
    assert clock.read_at(4, 10 * MS) <= 10 * MS
    assert clock.passed_ns == 10 * MS


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 200)), min_size=1, max_size=60), st.integers(0, 65_535))
def test_no_reading_is_dated_after_it_came_nor_before_the_least_delay_says(
    steps: list[tuple[int, int]], start_ms: int
) -> None:
    clock, true_ms, arrived_ms, least = PlcClock(), 0, 0, 10**9
    for step_ms, delay_ms in steps:
        true_ms += step_ms
        arrived_ms = max(arrived_ms, true_ms + delay_ms)
        least = min(least, arrived_ms - true_ms)
        read_ns = clock.read_at((start_ms + true_ms) % 65_536, arrived_ms * MS)
        assert read_ns <= arrived_ms * MS
        assert read_ns >= (true_ms + least) * MS - MS  # the clock's own drift allowance only makes it later


def a_reading(count: int, read_ms: int, arrived_ms: int, *, timed: bool) -> LineSignals:
    return LineSignals(arrived_ms * MS, encoder_count=count, encoder_ms=read_ms if timed else None)


def findings(timed: bool) -> list[object]:
    """A line at its highest speed whose first reading hung in the network for 40 ms."""
    transport = Transport(BELT, ROUTE)
    counts_per_ms = round(BELT.max_counts_per_s / 1000)
    found: list[object] = []
    for read_ms, arrived_ms in ((0, 0), (20, 20), (30, 70), (71, 72), (80, 81)):
        found += transport.signals(a_reading(read_ms * counts_per_ms, read_ms, arrived_ms, timed=timed))
    return found


def test_a_burst_after_a_stall_is_no_jump_where_readings_bring_their_time() -> None:
    assert findings(timed=True) == []
    assert any(isinstance(event, TrackLost) for event in findings(timed=False)), "else this test shows nothing"
