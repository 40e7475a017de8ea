"""The jig turns forward only, exactly once per part, and fires its pulse ahead of where it stands."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.cell.jig import Jig, Motion

# Six processes may share two cores: slowness is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

TURN_NS = 66_000_000
COUNTS = 14_592


def make_jig(*, seed: int = 1, jitter: float = 0.01, count: int = 0) -> Jig:
    return Jig(
        Random(seed),
        now_ns=0,
        turn_ns=TURN_NS,
        counts_per_turn=COUNTS,
        counts_per_line=4,
        speed_jitter=jitter,
        count=count,
    )


@patient
@given(
    seed=st.integers(0, 1000),
    jitter=st.floats(0, 0.2),
    steps_ns=st.lists(st.integers(0, 30_000_000), min_size=1, max_size=300),
)
def test_position_never_goes_back_and_never_jumps(seed: int, jitter: float, steps_ns: list[int]) -> None:
    jig = make_jig(seed=seed, jitter=jitter)
    now_ns = 0
    last = jig.motion.count_at(0)
    for step_ns in steps_ns:
        now_ns += step_ns
        expected = jig.motion.count_at(now_ns)
        jig.advance(now_ns)
        assert jig.motion.count_at(now_ns) == expected >= last
        if not jig.turning:
            start = jig.start(now_ns)
            assert jig.motion.count_at(now_ns) == expected < start
        last = expected


@patient
@given(seed=st.integers(0, 1000), steps_ns=st.lists(st.integers(100_000, 9_000_000), min_size=400, max_size=400))
def test_every_turn_covers_a_whole_turn_of_counts_from_its_pulse(seed: int, steps_ns: list[int]) -> None:
    jig = make_jig(seed=seed)
    now_ns = 0
    start = jig.start(0)
    for step_ns in steps_ns:
        now_ns += step_ns
        jig.advance(now_ns)
        if not jig.turning:
            assert jig.motion.rate_counts_per_s == 0
            assert jig.motion.count_at(now_ns) >= start + COUNTS
            following = jig.next_start_count
            assert following % 4 == 0
            assert following >= start + COUNTS
            assert jig.start(now_ns) == following
            start = following


def test_without_jitter_a_turn_takes_its_nominal_time() -> None:
    jig = make_jig(jitter=0.0)
    start = jig.start(0)
    assert start > 0
    jig.advance(TURN_NS - 1_000_000)
    assert jig.turning
    jig.advance(TURN_NS + 1_000)
    assert not jig.turning


def test_the_same_seed_gives_the_same_motion() -> None:
    def speeds(seed: int) -> list[float]:
        jig = make_jig(seed=seed)
        jig.start(0)
        times_ns = range(0, TURN_NS, 1_000_000)
        return [jig.motion.rate_counts_per_s for now_ns in times_ns if jig.advance(now_ns)]

    assert speeds(3) == speeds(3) != speeds(4)
    assert len(set(speeds(3))) >= 7


def test_a_start_whose_low_word_would_read_as_no_encoder_is_never_used() -> None:
    jig = Jig(
        Random(0),
        now_ns=0,
        turn_ns=TURN_NS,
        counts_per_turn=15,
        counts_per_line=3,
        speed_jitter=0,
        count=0xFFFF_FFFF - 48,
    )
    assert jig.next_start_count == 0xFFFF_FFFF + 3


def test_a_piece_of_motion_stands_still_before_its_beginning() -> None:
    assert Motion(1000, 5.0, 1e9).count_at(0) == 5.0
    assert Motion(1000, 5.0, 1e9).count_at(1003) == 8.0
