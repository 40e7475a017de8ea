"""Encoder, sensors and parts on their way together, against a true line that is known (promise P3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.encoder.counts import wrapped
from station.core.belt import BeltFault
from station.core.route import Finding, FindingKind, RouteLimits
from station.core.transport import TrackLost, Transport, TransportEvent
from tests.core_track import BELT, ROUTE, a_reading
from tests.core_values import MS

END = ROUTE.end_counts
START_NS = 2000 * MS


def a_transport(start: int = 1000, route: RouteLimits = ROUTE) -> Transport:
    """One that has read the encoder once, at time 0, and waits for no parts from before any more."""
    transport = Transport(BELT, route)
    assert transport.signals(a_reading(0, wrapped(start - END - 1), 0, 0)) == []
    assert transport.signals(a_reading(START_NS, wrapped(start), 0, 0)) == []
    return transport


def kinds(events: list[TransportEvent]) -> list[object]:
    return [event.kind if isinstance(event, Finding) else event.detail for event in events]


def test_a_verdict_has_the_counts_to_the_pulse_less_what_the_line_makes_within_the_margin() -> None:
    transport = a_transport()
    for step in range(1, 11):  # 10,000 counts a second: 300 within the margin of 30 ms
        transport.signals(a_reading(START_NS + step * 20 * MS, 1000 + step * 200, 0, 0))
    now_ns = START_NS + 200 * MS
    due, found = transport.enter(1, 1, 3000, now_ns)
    assert (due, found) == (transport.position + 4800, None)
    assert transport.slack_counts(due, now_ns) == pytest.approx(4800 - 300, abs=3)
    assert transport.slack_counts(due, now_ns + 100 * MS) == pytest.approx(4800 - 300 - 1000, abs=8)


def test_a_line_that_stands_costs_no_slack() -> None:
    transport = a_transport()
    for step in range(1, 13):
        transport.signals(a_reading(START_NS + step * 20 * MS, 1000, 0, 0))
    due, _ = transport.enter(1, 1, 1000, START_NS + 240 * MS)
    assert due is not None
    assert transport.slack_counts(due, START_NS + 600 * MS) == 4800


def test_a_trigger_is_placed_across_the_edge_of_the_counter() -> None:
    transport = a_transport(start=50)
    due, found = transport.enter(1, 1, wrapped(-50), START_NS)
    assert (due, found) == (transport.position - 100 + 4800, None)


@pytest.mark.parametrize("count", [None, wrapped(1000 + 5001), wrapped(1000 + 2**31 - 1)])
def test_a_trigger_without_a_count_or_with_one_from_far_ahead_cannot_be_followed(count: int | None) -> None:
    transport = a_transport()
    assert transport.enter(1, 1, count, START_NS) == (None, None)
    assert transport.on_way == 0


def test_a_trigger_is_followed_also_if_its_count_is_a_little_ahead_of_the_newest_reading() -> None:
    due, found = a_transport().enter(1, 1, 1400, START_NS)
    assert due is not None
    assert found is None


def test_a_trigger_while_the_encoder_is_not_read_cannot_be_followed() -> None:
    transport = a_transport()
    now_ns = START_NS + BELT.silence_ns + 1
    assert not transport.can_take(now_ns)
    assert transport.enter(1, 1, 1000, now_ns) == (None, None)
    assert Transport(BELT, ROUTE).enter(1, 1, 1000, 0) == (None, None)


def test_who_could_not_be_followed_is_no_stranger_to_the_sensors() -> None:
    transport = a_transport()
    transport.enter(1, 1, None, START_NS)
    transport.signals(a_reading(START_NS + 60 * MS, 1000 + 5000, 0, 0))
    assert transport.signals(a_reading(START_NS + 70 * MS, 1000 + 5500, 1, 1)) == []
    transport.signals(a_reading(START_NS + 80 * MS, 1000 + 5700, 1, 1))
    assert kinds(transport.signals(a_reading(START_NS + 90 * MS, 1000 + 5750, 1, 2))) == [FindingKind.PART_UNEXPECTED]


@pytest.mark.parametrize(
    ("counts", "said"),
    [((1000, 900), "behind part 1"), ((1000 - 4800,), "at the gate already"), ((1000, 1600, 2200), "no more can be")],
)
def test_out_of_order_too_late_or_too_many_loses_track_of_all(counts: tuple[int, ...], said: str) -> None:
    transport = a_transport(route=replace(ROUTE, capacity=2))
    found: TransportEvent | None = None
    for uid, count in enumerate(counts, start=1):
        assert found is None
        _, found = transport.enter(uid, uid, wrapped(count), START_NS)
    assert isinstance(found, TrackLost)
    assert said in found.detail
    assert found.lasting
    assert transport.on_way == 0


def test_a_full_way_takes_no_part_until_one_has_left() -> None:
    transport = a_transport(route=replace(ROUTE, capacity=1, part_sensor_counts=None, confirm_counts=None))
    assert transport.can_take(START_NS)
    transport.enter(1, 1, 1000, START_NS)
    assert not transport.can_take(START_NS)
    transport.signals(a_reading(START_NS + 100 * MS, 1000 + 5201, 0, 0))
    assert transport.can_take(START_NS + 100 * MS)


@pytest.mark.parametrize(
    ("step", "fault"), [(5000, BeltFault.JUMP), (-5000, BeltFault.JUMP), (-60, BeltFault.REVERSAL)]
)
def test_what_no_line_can_do_loses_track_until_a_person_has_looked(step: int, fault: BeltFault) -> None:
    transport = a_transport()
    transport.enter(1, 1, 1000, START_NS)
    events = transport.signals(a_reading(START_NS + 10 * MS, wrapped(1000 + step), 0, 0))
    assert events == [TrackLost(fault.value, lasting=True)]
    assert transport.on_way == 0


def test_silence_over_parts_under_way_is_said_once_and_passes_by_itself() -> None:
    transport = a_transport()
    transport.enter(1, 1, 1000, START_NS)
    last = a_reading(START_NS + 10 * MS, 1000, 0, 0)
    transport.signals(last)
    assert transport.tick(last.at_ns + BELT.silence_ns, under_way=True) is None
    said = transport.tick(last.at_ns + BELT.silence_ns + 1, under_way=True)
    assert said == TrackLost(BeltFault.SILENT.value, lasting=False)
    assert transport.on_way == 0
    for later_ms in range(510, 600, 10):
        assert transport.signals(last) == [], "an old reading changes nothing"
        assert transport.tick(last.at_ns + later_ms * MS, under_way=True) is None
    assert transport.signals(a_reading(START_NS + 900 * MS, 2000, 0, 0)) == []
    assert transport.can_take(START_NS + 900 * MS)
    assert transport.tick(START_NS + 1401 * MS, under_way=True) is not None, "a second silence is a second occurrence"


def test_silence_over_an_empty_line_is_nobodys_business() -> None:
    assert a_transport().tick(START_NS + 10 * BELT.silence_ns, under_way=False) is None


def test_a_reading_without_an_encoder_is_silence_and_loses_no_edge() -> None:
    transport = a_transport()
    transport.enter(1, 1, 1000, START_NS)
    assert transport.signals(a_reading(START_NS + 200 * MS, None, 0, 1)) == []
    assert transport.signals(a_reading(START_NS + 300 * MS, 1000 + 4700, 0, 1)) == []
    assert transport.tick(START_NS + 300 * MS, under_way=True) is None


def test_a_lost_connection_is_said_once_and_everything_begins_anew() -> None:
    transport = a_transport()
    transport.enter(1, 1, 1000, START_NS)
    lost = transport.disconnected()
    assert lost is not None
    assert not lost.lasting
    assert transport.disconnected() is None
    assert transport.position is None
    assert transport.on_way == 0
    assert transport.signals(a_reading(10, 77, 9, 9)) == [], "another clock of another PLC"
    assert transport.signals(a_reading(10 * MS, 87, 10, 10)) == [], "parts from before come by"
    assert transport.position is not None


@pytest.mark.parametrize(("before", "now"), [(0xFFFE, 1), (0, 3), (0xFFFD, 0)])
def test_several_parts_between_two_readings_are_all_seen_also_over_the_edge_of_the_counter(
    before: int, now: int
) -> None:
    transport = a_transport()
    transport.signals(a_reading(START_NS + 1 * MS, 1000, before, before))
    for uid in (1, 2, 3):
        transport.enter(uid, uid, 1000 + 600 * (uid - 1), START_NS + 1 * MS)
        transport.decide(uid, passes=False)
    assert transport.signals(a_reading(START_NS + 80 * MS, 1000 + 6600, now, now)) == []
    assert transport.signals(a_reading(START_NS + 100 * MS, 1000 + 8000, now, now)) == []
    assert transport.on_way == 0


@pytest.mark.parametrize("now", [0, 5, None])
def test_a_counter_that_begins_anew_counts_no_parts(now: int | None) -> None:
    transport = a_transport()
    transport.signals(a_reading(START_NS + 1 * MS, 1000, 30_000, 30_000))
    assert transport.signals(a_reading(START_NS + 2 * MS, 1000, now, now)) == []
    assert transport.signals(a_reading(START_NS + 3 * MS, 1000, 0, 0)) == []


def test_readings_out_of_order_count_no_part_twice() -> None:
    transport = a_transport()
    transport.enter(1, 1, 1000, START_NS)
    older = a_reading(START_NS + 40 * MS, 1000 + 4400, 0, 0)
    newer = a_reading(START_NS + 50 * MS, 1000 + 4500, 0, 1)
    assert [transport.signals(one) for one in (newer, older, newer)] == [[], [], []]
    assert transport.signals(a_reading(START_NS + 60 * MS, 1000 + 4550, 0, 1)) == []


def test_parts_from_before_the_start_are_no_strangers_until_the_line_has_moved_their_whole_way() -> None:
    transport = Transport(BELT, ROUTE)
    for step in range(END // 100 + 1):  # an edge at each sensor each time
        assert transport.signals(a_reading(step * 10 * MS, 1000 + step * 100, step, step)) == []
    beyond = transport.signals(a_reading(2000 * MS, 1000 + END + 1, 57, 57))
    assert kinds(beyond) == [FindingKind.PART_UNEXPECTED, FindingKind.REJECT_UNEXPECTED]


def test_parts_from_before_a_fault_are_no_strangers_either() -> None:
    transport = a_transport()
    assert kinds(transport.signals(a_reading(START_NS + 10 * MS, 500_000, 0, 0))) == [BeltFault.JUMP.value]
    transport.signals(a_reading(START_NS + 20 * MS, 500_000, 0, 0))
    assert transport.signals(a_reading(START_NS + 100 * MS, 500_000 + END, 3, 3)) == []
    strangers = transport.signals(a_reading(START_NS + 110 * MS, 500_000 + END + 1, 3, 4))
    assert kinds(strangers) == [FindingKind.PART_UNEXPECTED]
