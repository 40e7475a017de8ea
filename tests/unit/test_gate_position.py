"""Where the line is between two readings: followed through wrap and speed, and doubted where no line could be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.encoder.settings import EncoderSettings
from drivers.gate.position import LinePosition, PositionFault, PositionLimits

MS = 1_000_000
LIMITS = PositionLimits(
    max_counts_per_s=10_000, jump_tolerance_counts=5, reversal_tolerance_counts=20, silence_ns=50 * MS
)


def at_1000_counts_per_s(position: LinePosition, *, until_ms: int, start: int = 0) -> None:
    for ms in range(0, until_ms + 1, 5):
        assert position.reading((start + ms) % 2**32, ms * MS) is None


def test_between_readings_the_line_goes_on_at_its_speed():
    position = LinePosition(LIMITS)
    at_1000_counts_per_s(position, until_ms=100)
    assert position.speed_counts_per_s == 1000
    assert abs(position.at(103 * MS) - 103) <= 1
    due_ns = position.when(110)
    assert due_ns is not None
    assert abs(due_ns - 110 * MS) <= 1 * MS


def test_the_counter_wraps_and_the_position_does_not():
    position = LinePosition(LIMITS)
    start = 2**32 - 50
    at_1000_counts_per_s(position, until_ms=100, start=start)
    assert position.unwrapped(49) == start + 99
    assert abs(position.at(100 * MS) - (start + 100)) <= 1


def test_a_line_that_stands_never_gets_there():
    position = LinePosition(LIMITS)
    assert not position.known
    for ms in (0, 5, 10):
        position.reading(7, ms * MS)
    assert position.when(100) is None
    assert 7 <= position.at(30 * MS) <= 8


def test_a_higher_speed_brings_the_time_forward():
    position = LinePosition(LIMITS)
    at_1000_counts_per_s(position, until_ms=100)
    slow = position.when(400)
    for step in range(1, 13):
        position.reading(100 + 10 * step, (100 + 5 * step) * MS)
    fast = position.when(400)
    assert slow is not None
    assert fast is not None
    assert fast < slow - 100 * MS


def test_what_no_line_can_do_is_a_fault_and_the_position_begins_anew():
    position = LinePosition(LIMITS)
    at_1000_counts_per_s(position, until_ms=20)
    assert position.reading(20 + 50 + 5 + 1, 25 * MS) is PositionFault.JUMP
    assert position.reading(80, 30 * MS) is None
    for step in range(1, 5):
        assert position.reading(80 - 5 * step, (30 + 5 * step) * MS) is None
    assert position.reading(59, 55 * MS) is PositionFault.REVERSAL
    assert position.reading(60, (55 + 51) * MS) is PositionFault.SILENT
    assert position.reading(60, (55 + 101) * MS) is None
    assert not position.silent((55 + 151) * MS)
    assert position.silent((55 + 152) * MS)


def test_the_shorter_silence_counts():
    assert PositionLimits.of(EncoderSettings(max_counts_per_s=1e6, silence_ms=500), 40 * MS).silence_ns == 40 * MS
    assert PositionLimits.of(EncoderSettings(max_counts_per_s=1e6, silence_ms=30), 40 * MS).silence_ns == 30 * MS


@given(
    st.lists(st.tuples(st.integers(1, 40), st.floats(0, 10_000)), min_size=1, max_size=60), st.integers(0, 2**32 - 1)
)
def test_the_error_is_one_count_and_the_way_since_the_newest_reading(legs: list[tuple[int, float]], start: int):
    """legs: how long (ms) the line runs at which speed (counts/s) until the next reading."""
    position, now_ns, true = LinePosition(LIMITS), 0, float(start)
    position.reading(int(true) % 2**32, now_ns)
    for ms, speed in legs:
        before, after = true, true + speed * ms / 1000
        for part in range(5):
            here = before + (after - before) * part / 5
            age_ns = ms * MS * part // 5
            bound = 1 + LIMITS.max_counts_per_s * age_ns / 1e9
            assert abs(position.at(now_ns + age_ns) - here) <= bound + 1e-3
        now_ns, true = now_ns + ms * MS, after
        assert position.reading(int(true) % 2**32, now_ns) is None
