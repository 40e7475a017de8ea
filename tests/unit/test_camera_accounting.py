"""The totals of a camera's frames, and the queue of its events."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.accounting import Accounts
from drivers.camera.event_queue import MAX_EVENTS, EventQueue
from drivers.camera.interface import (
    CameraCounts,
    CameraDown,
    CameraEvent,
    CameraIdentity,
    CameraUp,
    Frame,
    FrameLost,
    LossReason,
)
from drivers.camera.wire import Tally

UP = CameraUp(CameraIdentity("Vendor", "Model", "S1", "1.0", "some.cti", simulated=True))


def frame(frame_id: int, *, lines_valid: int = 360, lost_before: int = 0, stale_rows: int = 0, slot: int = 0) -> Frame:
    return Frame(slot, frame_id, 3, 4, 5, None, 640, 360, lines_valid, "Mono8", lost_before, stale_rows)


def totals(*events: CameraEvent) -> CameraCounts:
    accounts = Accounts()
    for event in events:
        accounts.event(event)
    return accounts.counts


def test_frames_are_counted_by_what_became_of_them() -> None:
    assert totals(frame(1), frame(2, lines_valid=9), frame(6, lost_before=3), frame(7, stale_rows=2)) == CameraCounts(
        delivered=4, incomplete=1, id_gap_frames=3, stale=1
    )


@pytest.mark.parametrize("frame_id", [5, 4, 1])
def test_a_number_that_does_not_rise_is_stale(frame_id: int) -> None:
    assert totals(frame(5), frame(frame_id), frame(6)).stale == 1


@pytest.mark.parametrize(
    ("reason", "counts"),
    [
        ("ring full", CameraCounts(ring_full=1)),
        ("wrong size", CameraCounts(unusable=1)),
        ("unknown pixel format", CameraCounts(unusable=1)),
        ("not an image", CameraCounts(unusable=1)),
        ("incomplete without lines", CameraCounts(unusable=1)),
    ],
)
def test_lost_frames_are_counted_by_their_reason(reason: LossReason, counts: CameraCounts) -> None:
    assert totals(FrameLost(1, reason, 8)) == counts


def test_every_time_it_comes_up_again_is_a_recovery() -> None:
    assert totals(CameraDown("not there"), UP).recoveries == 0
    assert totals(UP, CameraDown("gone"), UP, CameraDown("gone"), UP).recoveries == 2


def test_what_capture_processes_counted_adds_up() -> None:
    accounts = Accounts()
    accounts.tally(Tally(3, 2, 1))
    accounts.tally(Tally(5, 2, 1))
    accounts.process_ended()
    assert accounts.counts == CameraCounts(underruns=5, line_triggers_missed=2, frame_triggers_missed=1)
    accounts.tally(Tally(1, 0, 4))
    assert accounts.counts == CameraCounts(underruns=6, line_triggers_missed=2, frame_triggers_missed=5)


def test_totals_are_news_once() -> None:
    accounts = Accounts()
    assert accounts.news() is None
    accounts.event(frame(1))
    assert accounts.news() == CameraCounts(delivered=1)
    assert accounts.news() is None
    accounts.tally(Tally(underruns=1))
    assert accounts.news() == CameraCounts(delivered=1, underruns=1)


def test_the_newest_number_is_kept_for_the_next_process() -> None:
    accounts = Accounts()
    for event in (frame(5), FrameLost(9, "wrong size", 1), frame(7), FrameLost(8, "ring full", 1)):
        accounts.event(event)
    assert accounts.newest_frame_id == 9


event_lists = st.lists(
    st.one_of(
        st.builds(frame, st.integers(0, 60), lost_before=st.integers(0, 3), stale_rows=st.integers(0, 5)),
        st.builds(FrameLost, st.integers(0, 60), st.sampled_from(["ring full", "wrong size"]), st.just(1)),
        st.sampled_from([UP, CameraDown("gone")]),
    ),
    max_size=60,
)


@given(event_lists)
def test_every_frame_is_in_exactly_one_total_and_none_falls(events: list[CameraEvent]) -> None:
    accounts = Accounts()
    before = accounts.counts
    for event in events:
        accounts.event(event)
        now = accounts.counts
        assert all(getattr(now, name) >= getattr(before, name) for name in CameraCounts.__dataclass_fields__)
        before = now
    frames = sum(isinstance(event, Frame | FrameLost) for event in events)
    assert before.delivered + before.ring_full + before.unusable == frames


async def drained(queue: EventQueue, events: int) -> list[CameraEvent]:
    async with asyncio.timeout(5):
        return [await queue.next() for _ in range(events)]


async def test_events_come_in_their_order() -> None:
    queue = EventQueue()
    events = [UP, frame(1), FrameLost(2, "wrong size", 1), CameraDown("gone")]
    for event in events:
        queue.put(event)
    assert await drained(queue, 4) == events


async def test_unread_totals_are_replaced_by_newer_ones() -> None:
    queue = EventQueue()
    for event in (CameraCounts(delivered=1), frame(1), CameraCounts(delivered=2)):
        queue.put(event)
    assert await drained(queue, 2) == [frame(1), CameraCounts(delivered=2)]
    assert queue.dropped == 0


async def test_a_full_queue_drops_the_oldest_loss_first_and_never_a_frame() -> None:
    queue = EventQueue()
    frames = [frame(number, slot=number) for number in range(64)]
    losses = [FrameLost(number, "ring full", 1) for number in range(200)]
    queue.put(UP)
    for event in (*frames, *losses):
        queue.put(event)
    assert queue.dropped == 1 + 64 + 200 - MAX_EVENTS
    assert await drained(queue, MAX_EVENTS) == [UP, *frames, *losses[queue.dropped :]]


async def test_with_nothing_else_to_drop_it_drops_an_old_state() -> None:
    queue = EventQueue()
    downs = [CameraDown(f"gone {number}") for number in range(MAX_EVENTS + 3)]
    for event in (frame(1), *downs):
        queue.put(event)
    assert await drained(queue, 2) == [frame(1), downs[4]]


async def test_a_reader_that_waits_is_woken() -> None:
    queue = EventQueue()
    reader = asyncio.create_task(queue.next())
    await asyncio.sleep(0)
    queue.put(UP)
    async with asyncio.timeout(5):
        assert await reader == UP
