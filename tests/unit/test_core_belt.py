"""Where the line stands: wrap-around, reversal, jumps, silence and speed of one encoder (promise P3)."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.encoder.counts import wrapped
from station.core.belt import Belt, BeltFault, BeltLimits
from tests.core_values import MS

LIMITS = BeltLimits(
    max_counts_per_s=100_000, jump_tolerance_counts=20, reversal_tolerance_counts=50, silence_ns=500 * MS
)
EDGE = 1 << 32


@pytest.fixture
def belt() -> Belt:
    return Belt(LIMITS)


def run(belt: Belt, *counts: int, from_ms: int = 0, every_ms: int = 20) -> int:
    """Readings at a steady pace, none of them a fault; the time of the last."""
    at_ms = from_ms
    for index, count in enumerate(counts):
        at_ms = from_ms + index * every_ms
        assert belt.reading(wrapped(count), at_ms * MS) is None
    return at_ms * MS


def test_before_the_first_reading_nothing_is_known(belt: Belt) -> None:
    assert belt.position is None
    assert belt.place_of(5) is None
    assert belt.silent(0)
    assert belt.reach(10**12) == 0


def test_the_first_reading_is_where_counting_begins(belt: Belt) -> None:
    run(belt, 4711)
    assert (belt.position, belt.highest, belt.place_of(4700), belt.place_of(4800)) == (0, 0, -11, 89)


def test_the_position_goes_on_over_the_edge_of_the_counter(belt: Belt) -> None:
    run(belt, EDGE - 100, EDGE - 10, EDGE + 90)
    assert belt.position == 190
    assert belt.place_of(EDGE - 1) == 99


def test_a_small_way_back_over_the_edge_is_followed_and_nothing_that_happened_is_forgotten(belt: Belt) -> None:
    run(belt, EDGE - 10, EDGE + 20, EDGE - 5)
    assert (belt.position, belt.highest) == (5, 30)


def test_the_line_may_run_back_to_its_tolerance_and_no_count_further(belt: Belt) -> None:
    run(belt, 1000, 1200, 1150)
    assert belt.reading(1149, 60 * MS) is BeltFault.REVERSAL
    assert (belt.position, belt.highest) == (149, 149)


def test_many_small_ways_back_add_up_to_a_reversal(belt: Belt) -> None:
    at_ns = run(belt, 1000, 1200, 1180, 1160, 1150)
    assert belt.reading(1145, at_ns + 20 * MS) is BeltFault.REVERSAL


@pytest.mark.parametrize("sign", [1, -1])
def test_no_line_moves_faster_than_its_highest_speed_and_the_age_of_a_reading(sign: int) -> None:
    way = 10 * 100 + LIMITS.jump_tolerance_counts  # 10 ms at the highest speed
    at_most, beyond = Belt(LIMITS), Belt(LIMITS)
    at_most.reading(wrapped(0), 0)
    beyond.reading(wrapped(0), 0)
    assert at_most.reading(wrapped(sign * way), 10 * MS) is not BeltFault.JUMP
    assert beyond.reading(wrapped(sign * (way + 1)), 10 * MS) is BeltFault.JUMP


def test_after_a_jump_the_line_goes_on_from_where_it_is_now(belt: Belt) -> None:
    at_ns = run(belt, 0, 500, 1000)
    assert belt.reading(500_000, at_ns + 20 * MS) is BeltFault.JUMP
    assert belt.speed_counts_per_s == 0
    assert belt.reading(500_500, at_ns + 40 * MS) is None
    assert belt.position == 500_500


def test_a_fault_is_said_once_and_not_again_by_what_follows_it(belt: Belt) -> None:
    run(belt, 10_000)
    assert belt.reading(0, 20 * MS) is BeltFault.JUMP
    run(belt, 0, 100, 200, from_ms=40)


def test_readings_repeated_or_out_of_order_change_nothing(belt: Belt) -> None:
    at_ns = run(belt, 0, 500, 1000)
    speed = belt.speed_counts_per_s
    assert belt.reading(1000, at_ns) is None
    assert belt.reading(500, at_ns - 20 * MS) is None
    assert belt.reading(70_000, at_ns - 1) is None
    assert (belt.position, belt.highest, belt.speed_counts_per_s) == (1000, 1000, speed)


def test_a_line_that_stands_has_no_reach_beyond_where_it_stands(belt: Belt) -> None:
    at_ns = run(belt, 0, 1000, 2000, *[2000] * 12)
    assert belt.speed_counts_per_s == 0
    assert belt.reach(at_ns + 10**10, margin_ns=10**9) == 2000


def test_after_a_way_back_the_reach_is_not_less_than_where_the_line_has_been(belt: Belt) -> None:
    at_ns = run(belt, 0, 40, *[0] * 15)
    assert belt.reach(at_ns) == 40


def test_the_speed_is_the_highest_of_the_last_200_ms(belt: Belt) -> None:
    at_ns = run(belt, 0, 1000, 1100, 1200)
    assert belt.speed_counts_per_s == pytest.approx(50_000, rel=0.01)
    run(belt, *range(1300, 2400, 100), from_ms=at_ns // MS + 20)
    assert belt.speed_counts_per_s == pytest.approx(5_000, rel=0.02)


def test_a_faster_line_reaches_further_in_the_same_time(belt: Belt) -> None:
    at_ns = run(belt, 0, 100, 200)
    slow = belt.reach(at_ns, 30 * MS) - 200
    at_ns = run(belt, 400, 600, from_ms=60)
    assert belt.reach(at_ns, 30 * MS) - 600 >= 2 * slow - 2
    assert slow == pytest.approx(150, abs=2)


def test_readings_that_come_rarely_still_say_how_fast_the_line_is(belt: Belt) -> None:
    at_ns = run(belt, 0, 3000, 6000, every_ms=300)
    assert belt.reach(at_ns, 100 * MS) >= 7000


def test_readings_too_close_to_tell_a_speed_do_not_tell_a_wrong_one(belt: Belt) -> None:
    run(belt, 0, 500, 1000)
    belt.reading(1060, 41 * MS)  # 60 counts in 1 ms: the network, not the line
    assert belt.speed_counts_per_s == pytest.approx(25_000, rel=0.01)
    assert belt.position == 1060


def test_a_reading_is_worth_nothing_once_it_is_too_old(belt: Belt) -> None:
    at_ns = run(belt, 0, 100)
    assert not belt.silent(at_ns + LIMITS.silence_ns)
    assert belt.silent(at_ns + LIMITS.silence_ns + 1)


def test_a_counter_that_is_read_again_begins_anew_and_no_further_back(belt: Belt) -> None:
    at_ns = run(belt, 0, 500, 460)
    belt.lost()
    assert (belt.position, belt.place_of(0)) == (None, None)
    assert belt.silent(at_ns)
    assert belt.reach(at_ns + 10**9) == 500
    assert belt.reading(3_000_000_000, at_ns + 10**9) is None
    assert (belt.position, belt.speed_counts_per_s) == (500, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_counts_per_s": 0},
        {"max_counts_per_s": math.inf},
        {"max_counts_per_s": math.nan},
        {"jump_tolerance_counts": -1},
        {"reversal_tolerance_counts": -1},
        {"silence_ns": 0},
    ],
)
def test_limits_that_no_line_can_have_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must be positive|cannot be negative"):
        replace(LIMITS, **wrong)


STEPS = st.lists(st.tuples(st.integers(-40, 2000), st.integers(20, 120)), max_size=40)


@given(start=st.integers(0, EDGE - 1), steps=STEPS)
def test_the_position_is_the_true_way_wherever_the_counter_stood_at_first(
    start: int, steps: list[tuple[int, int]]
) -> None:
    belt, true, at_ms, highest = Belt(LIMITS), 0, 0, 0
    belt.reading(start, 0)
    for step, passed_ms in steps:
        step = max(step, highest - LIMITS.reversal_tolerance_counts - true)
        true, at_ms, highest = true + step, at_ms + passed_ms, max(highest, true + step)
        assert belt.reading(wrapped(start + true), at_ms * MS) is None
        assert (belt.position, belt.highest) == (true, highest)
        assert belt.place_of(wrapped(start)) == 0


@given(
    speed=st.floats(0.5, 100_000),
    phase=st.floats(0, 1, exclude_max=True),
    gaps_ms=st.lists(st.integers(20, 400), min_size=2, max_size=20),
    ahead_ms=st.floats(0, 500),
)
def test_the_reach_is_never_behind_a_line_that_keeps_its_speed(
    speed: float, phase: float, gaps_ms: list[int], ahead_ms: float
) -> None:
    belt, at_ns = Belt(LIMITS), 0

    def shown(now_ns: float) -> int:
        return math.floor(phase + speed * now_ns * 1e-9)

    counts = [shown(0)]
    belt.reading(shown(0), 0)
    for gap_ms in gaps_ms:
        at_ns += gap_ms * MS
        counts.append(shown(at_ns))
        assert belt.reading(shown(at_ns), at_ns) is None
    seen_to_move = any(later > earlier for earlier, later in pairwise(counts[-2:]))
    now_ns = at_ns + round(ahead_ms * MS)
    margin_ns = now_ns - at_ns
    if seen_to_move:
        assert belt.reach(now_ns) >= shown(now_ns)
        assert belt.reach(at_ns, margin_ns) == belt.reach(now_ns), "margin and age are the same way"
    assert belt.reach(now_ns) >= belt.highest
