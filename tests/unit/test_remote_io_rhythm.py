"""A poll comes regularly and keeps out of the way of a switch, but never for long."""

from __future__ import annotations

import pytest

from drivers.remote_io.rhythm import PollRhythm

MS = 1_000_000


def test_polls_keep_their_period_and_one_that_took_long_is_not_made_up():
    rhythm = PollRhythm(2, 0)
    assert rhythm.due(0, None)
    rhythm.polled(0, 1 * MS)
    assert not rhythm.due(2 * MS - 1, None)
    assert rhythm.due(2 * MS, None)
    rhythm.polled(9 * MS, 10 * MS)
    assert not rhythm.due(9 * MS - 1, None)
    assert rhythm.due(9 * MS, None)


def test_a_poll_waits_for_a_switch_that_is_nearly_due_but_not_longer_than_three_periods():
    rhythm = PollRhythm(2, 0)
    assert rhythm.due(0, 2 * MS + 1)
    assert not rhythm.due(0, 2 * MS)
    assert not rhythm.due(6 * MS, 7 * MS)
    assert rhythm.due(6 * MS + 1, 7 * MS)


def test_the_longer_polls_take_the_further_they_keep_from_a_switch():
    rhythm = PollRhythm(2, 0)
    assert rhythm.due(0, 3 * MS)
    rhythm.polled(0, 5 * MS)
    assert not rhythm.due(2 * MS, 5 * MS)


@pytest.mark.parametrize(
    ("now_ns", "switch_ns", "rest_ns"),
    [
        (3 * MS, None, 7 * MS),  # until the next poll
        (3 * MS, 9 * MS, 4_800_000),  # until shortly before the switch
        (3 * MS, 4 * MS, 0),
        (11 * MS, 13 * MS, 800_000),  # the poll is held up by the switch
        (11 * MS, None, 1_200_000),
    ],
)
def test_the_timer_rests_until_the_next_poll_or_shortly_before_the_next_switch(
    now_ns: int, switch_ns: int | None, rest_ns: int
):
    rhythm = PollRhythm(10, 0)
    rhythm.polled(0, 1 * MS)
    assert rhythm.rest_ns(now_ns, switch_ns) == rest_ns
