"""Which pictures are kept, for how long, and what is given up when room runs out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from station.config.model_people import Pictures
from station.pictures.holding import slots_to_hold
from station.pictures.rules import CLASSES, GB, KeepRule, Room
from station.pictures.surplus import Removal, Shelf, over_budget, too_old

RULE = KeepRule.of(Pictures(budget_gb=10, free_gb_min=2, passed_every=3, lossless_every=10))
VERDICTS = st.sampled_from(CLASSES)
ROOMS = st.sampled_from(Room)
BYTES = st.integers(0, 40 * GB)
SHELVES = st.dictionaries(
    st.builds(lambda n, kept: Shelf(n, f"2026-08-01/{n:02}-{n}", kept), st.integers(1, 20), VERDICTS),
    st.integers(0, 1000),
    max_size=20,
)


@given(VERDICTS, st.integers(1, 1000), st.integers(1, 1000), st.booleans(), ROOMS)
def test_rejects_are_kept_while_there_is_room_for_any_and_good_parts_only_while_there_is_plenty(
    verdict: str, part: int, passed: int, review: bool, room: Room
) -> None:
    kept = RULE.keeping(verdict, part=part, passed=passed, review=review, room=room)  # type: ignore[arg-type]
    if room is Room.NONE:
        assert kept is None
    elif verdict != "pass":
        assert kept is not None
        assert kept.kept_class == verdict
    elif room is Room.SHORT:
        assert kept is None
    else:
        assert (kept is not None) == (review or (part - 1) % 10 == 0 or (passed - 1) % 3 == 0)
    if kept is not None:
        assert kept.lossless == (review or (part - 1) % 10 == 0)


def test_none_of_the_good_parts_can_be_asked_for() -> None:
    rule = replace(RULE, passed_every=0, lossless_every=0)
    assert not any(rule.keeping("pass", part=n, passed=n, review=False, room=Room.PLENTY) for n in range(1, 50))
    assert rule.keeping("forced", part=1, passed=0, review=False, room=Room.SHORT) is not None


@given(ROOMS, BYTES, BYTES)
def test_less_room_never_leads_to_more_pictures(before: Room, free: int, stored: int) -> None:
    now = RULE.room(before, free_bytes=free, stored_bytes=stored)
    assert RULE.room(before, free_bytes=free // 2, stored_bytes=stored) >= now
    assert RULE.room(before, free_bytes=free, stored_bytes=2 * stored) >= now
    assert RULE.room(now, free_bytes=free, stored_bytes=stored) == now, "asked again it is the same"
    assert RULE.room(Room.PLENTY, free_bytes=free, stored_bytes=stored) <= now, "it gets better later, never sooner"


def test_a_limit_that_was_passed_is_left_only_with_room_to_spare() -> None:
    room, seen = Room.PLENTY, list[Room]()
    for free in (2.5, 1.9, 2.1, 1.95, 2.05, 2.3, 0.9, 1.05, 1.2, 2.3):
        room = RULE.room(room, free_bytes=int(free * GB), stored_bytes=0)
        seen.append(room)
    short, none = Room.SHORT, Room.NONE
    assert seen == [Room.PLENTY, short, short, short, short, Room.PLENTY, none, none, short, Room.PLENTY]


def test_a_budget_that_deleting_cannot_hold_stops_good_parts_first_and_then_all() -> None:
    enough = 100 * GB
    steps = [RULE.room(Room.PLENTY, free_bytes=enough, stored_bytes=int(share * 10 * GB)) for share in (1.0, 1.1, 1.2)]
    assert steps == [Room.PLENTY, Room.SHORT, Room.NONE]
    assert RULE.room(Room.SHORT, free_bytes=enough, stored_bytes=int(10.2 * GB)) is Room.SHORT
    assert RULE.room(Room.SHORT, free_bytes=enough, stored_bytes=10 * GB) is Room.PLENTY


def test_room_is_left_to_the_records_even_where_nobody_asked_for_it() -> None:
    rule = replace(RULE, free_bytes_min=0)
    assert rule.room(Room.PLENTY, free_bytes=10_000_000, stored_bytes=0) is Room.NONE
    assert rule.bytes_wanted(10_000_000) > 0
    assert rule.bytes_wanted(GB) == 0


@given(SHELVES, st.integers(-10, 25_000))
def test_what_goes_is_enough_and_no_shelf_goes_before_a_less_wanted_or_older_one(
    stored: dict[Shelf, int], excess: int
) -> None:
    removals = over_budget(stored, excess)
    gone = sum(stored[found.shelf] if found.bytes_min is None else found.bytes_min for found in removals)
    assert gone == max(0, min(excess, sum(stored.values()))) or all(found.bytes_min is None for found in removals)
    assert gone >= min(excess, sum(stored.values()))
    order = sorted(stored, key=lambda shelf: (CLASSES.index(shelf.kept_class), shelf))
    assert [found.shelf for found in removals] == order[: len(removals)]
    assert all(found.bytes_min is None for found in removals[:-1])
    assert not over_budget(stored, 0)


def test_a_shelf_is_too_old_once_its_whole_hour_is() -> None:
    now = datetime(2026, 8, 8, 15, 30, tzinfo=UTC).timestamp()
    shelves = [Shelf(hour, f"2026-08-01/{hour:02}-{hour}", "pass") for hour in (13, 14, 15)]
    kept_longer = Shelf(13, "2026-08-01/13-13", "reject")
    removals = too_old([*shelves, kept_longer], now, RULE.age_s)
    assert removals == [Removal(shelves[0], None)], "the last picture of hour 14 may be 7 days and half an hour old"
    assert too_old([kept_longer], now + 90 * 86_400, RULE.age_s) == [Removal(kept_longer, None)]


@given(st.integers(2, 64), st.integers(1, 16))
def test_the_line_keeps_slots_for_three_parts_whatever_pictures_hold(ring_slots: int, frames_a_part: int) -> None:
    held = slots_to_hold(ring_slots, frames_a_part)
    assert held >= 0
    assert held == 0 or ring_slots - held >= 3 * frames_a_part
    assert held <= 2 * frames_a_part
