"""How often a password may be tried, over a clock that is an argument."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from station.access.limits import LONGEST_WAIT_OF_USER_S, LONGEST_WAIT_S, Backoff, LoginLimit


def waits_of_a_patient_attacker(limit: LoginLimit, tries: int, address: str = "10.0.0.9") -> list[float]:
    """The wait before each try of somebody who tries as soon as allowed."""
    now_s, waits = 0.0, list[float]()
    for number in range(tries):
        user = f"user{number}"  # a new name each time: only the address can stop this one
        wait_s = limit.begin(address, user, now_s)
        now_s += wait_s
        if wait_s:
            assert limit.begin(address, user, now_s) == 0.0
        waits.append(wait_s)
    return waits


def test_four_tries_are_free_then_each_wait_doubles_up_to_five_minutes() -> None:
    waits = waits_of_a_patient_attacker(LoginLimit(), 15)
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, LONGEST_WAIT_S, LONGEST_WAIT_S]


def test_one_who_comes_too_early_does_not_wait_longer_for_it() -> None:
    limit = LoginLimit()
    for _ in range(4):
        limit.begin("10.0.0.9", "eva", 0.0)
    assert [limit.begin("10.0.0.9", "eva", at) for at in (0.0, 0.5, 0.9, 1.0)] == [1.0, 0.5, 0.09999999999999998, 0.0]


def test_a_user_who_is_tried_from_everywhere_waits_at_most_half_a_minute() -> None:
    limit, now_s, longest = LoginLimit(), 0.0, 0.0
    for number in range(40):
        wait_s = limit.begin(f"10.0.{number}.1", "eva", now_s)
        longest, now_s = max(longest, wait_s), now_s + wait_s
        limit.begin(f"10.0.{number}.1", "eva", now_s)
    assert longest == LONGEST_WAIT_OF_USER_S


def test_a_right_password_and_a_quiet_quarter_of_an_hour_make_all_good() -> None:
    limit = LoginLimit()
    for _ in range(4):
        limit.begin("10.0.0.9", "eva", 0.0)
    assert limit.begin("10.0.0.9", "eva", 0.0) > 0
    limit.succeeded("10.0.0.9", "eva")
    assert [limit.begin("10.0.0.9", "eva", 1.0) for _ in range(5)] == [0, 0, 0, 0, 1]
    assert [limit.begin("10.0.0.9", "eva", 1000.0) for _ in range(5)] == [0, 0, 0, 0, 1]


def test_addresses_of_one_ipv6_network_are_one() -> None:
    limit = LoginLimit()
    waits = [limit.begin(f"2001:db8::{n:x}", f"user{n}", 0.0) for n in range(5)]
    assert waits == [0, 0, 0, 0, 1]
    assert limit.begin("2001:db8:0:1::1", "other", 0.0) == 0
    assert limit.begin("fe80::1%eth0", "another", 0.0) == 0


def test_whoever_invents_names_cannot_fill_the_memory() -> None:
    backoff = Backoff(30.0, most=100)
    for number in range(1000):
        backoff.count(f"user{number}", 0.0)
    assert len(backoff) == 100


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 2000)), max_size=60))
def test_no_wait_is_longer_than_the_longest_whatever_happens(steps: list[tuple[str, float]]) -> None:
    backoff = Backoff(60.0)
    for key, now_s in zip((s[0] for s in steps), itertools.accumulate(s[1] for s in steps), strict=True):
        assert 0 <= backoff.wait_s(key, now_s) <= 60.0
        backoff.count(key, now_s)
        assert 0 <= backoff.wait_s(key, now_s) <= 60.0
