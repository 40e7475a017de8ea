"""From a received buffer to a frame in the ring: what is handed on, what is lost, and by which name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from drivers.camera.capture_frames import FrameMaker
from drivers.camera.chunks import Chunks
from drivers.camera.interface import EncoderTrack, Frame, FrameLost
from drivers.camera.pixels import FORMATS
from drivers.camera.ring import FrameRing
from drivers.camera.session_buffer import Received
from drivers.camera.wire import Plan

WIDTH_PX, HEIGHT_PX, PADDING_BYTES = 32, 10, 4


@pytest.fixture
def ring() -> Iterator[FrameRing]:
    ring = FrameRing(2, HEIGHT_PX, WIDTH_PX)
    yield ring
    ring.close()


@pytest.fixture
def maker(ring: FrameRing) -> Iterator[FrameMaker]:
    maker = FrameMaker(plan_for(ring))
    yield maker
    maker.close()


def plan_for(ring: FrameRing, held: tuple[int, ...] = ()) -> Plan:
    return Plan("a.cti", "S1", None, "auto", 8, (), False, (), False, 0, (), ring.layout, held, 0)


def received(number: int | None, level: int = 7, lines: int = HEIGHT_PX) -> Received:
    """A buffer of padded lines: pixels of one level, padding of another."""
    rows = np.full((HEIGHT_PX, WIDTH_PX + PADDING_BYTES), level, np.uint8)
    rows[:, WIDTH_PX:] = 99
    return Received(
        raw=None,
        number=number,
        timestamp_ns=None,
        chunks=Chunks(EncoderTrack((0,), (500,)), line_status=3),
        is_image=True,
        pixel_format=FORMATS["Mono8"],
        width_px=WIDTH_PX,
        height_px=HEIGHT_PX,
        lines=lines,
        padding_bytes=PADDING_BYTES,
        pixels=rows.reshape(-1),
        stale_rows=0,
    )


def frame_from(maker: FrameMaker, buffer: Received) -> Frame:
    frame = maker.frame(buffer)
    assert isinstance(frame, Frame)
    return frame


def test_the_picture_is_in_the_ring_without_its_padding(maker: FrameMaker, ring: FrameRing) -> None:
    frame = frame_from(maker, received(1))
    ring.take(frame.slot, frame.ready_ns)
    assert (ring.view(frame.slot, frame.ready_ns) == 7).all()
    assert (frame.encoder_count, frame.line_status, frame.complete) == (500, 3, True)


def test_lines_that_did_not_arrive_are_blank_never_old(maker: FrameMaker, ring: FrameRing) -> None:
    maker.released(frame_from(maker, received(1, level=200)).slot)
    frame = frame_from(maker, received(2, lines=4))
    ring.take(frame.slot, frame.ready_ns)
    view = ring.view(frame.slot, frame.ready_ns)
    assert (view[:4] == 7).all()
    assert not view[4:].any()
    assert frame.lines_valid == 4


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_image": False}, "not an image"),
        ({"height_px": HEIGHT_PX - 1}, "wrong size"),
        ({"width_px": WIDTH_PX + 8}, "wrong size"),
        ({"pixel_format": None, "lines": 0}, "unknown pixel format"),
        ({"lines": 0}, "incomplete without lines"),
    ],
)
def test_what_cannot_be_handed_on_is_lost_by_name_and_takes_no_slot(
    maker: FrameMaker, changes: dict[str, object], reason: str
) -> None:
    for number in range(1, 6):
        lost = maker.frame(replace(received(number), **changes))
        assert isinstance(lost, FrameLost)
        assert (lost.reason, lost.frame_id, lost.encoder_count) == (reason, number, 500)
    assert frame_from(maker, received(6)).lost_before == 0


def test_numbers_missing_before_a_lost_frame_count_before_the_next_one(maker: FrameMaker) -> None:
    frame_from(maker, received(1))
    assert isinstance(maker.frame(replace(received(4), height_px=3)), FrameLost)
    assert frame_from(maker, received(6)).lost_before == 3
    maker.released(0)
    assert frame_from(maker, received(7)).lost_before == 0


def test_a_full_ring_loses_frames_until_a_slot_is_free(maker: FrameMaker) -> None:
    held = [frame_from(maker, received(number)) for number in (1, 2)]
    assert {frame.slot for frame in held} == {0, 1}
    lost = maker.frame(received(3))
    assert isinstance(lost, FrameLost)
    assert lost.reason == "ring full"
    maker.released(1)
    assert frame_from(maker, received(4)).slot == 1


def test_slots_that_consumers_hold_from_an_earlier_process_are_not_written(ring: FrameRing) -> None:
    maker = FrameMaker(plan_for(ring, held=(0,)))
    assert frame_from(maker, received(1)).slot == 1
    assert isinstance(maker.frame(received(2)), FrameLost)
    maker.close()


def test_more_old_numbers_than_buffers_are_a_fault(maker: FrameMaker) -> None:
    maker.frame(received(5000))
    for number in range(1, 9):
        maker.frame(received(number))
        assert maker.fault is None
    maker.frame(received(9))
    assert maker.fault == "9 frames in a row had old numbers: the camera counts from new"
    maker.begin_anew()
    assert maker.fault is None


def test_the_cameras_time_is_taken_only_where_its_clock_is_ours(maker: FrameMaker) -> None:
    now_ns = time.monotonic_ns()
    ours = frame_from(maker, replace(received(1), timestamp_ns=now_ns - 5_000_000))
    assert ours.camera_ns == now_ns - 5_000_000
    maker.released(ours.slot)
    for number, timestamp_ns in ((2, 12), (3, now_ns + 3_600_000_000_000)):
        other = frame_from(maker, replace(received(number), timestamp_ns=timestamp_ns))
        assert now_ns <= other.camera_ns <= other.ready_ns
        maker.released(other.slot)


def test_a_whole_picture_has_a_digest_of_its_own_and_an_incomplete_one_has_none(maker: FrameMaker) -> None:
    digests: list[int | None] = []
    for number, (level, lines) in enumerate(((7, HEIGHT_PX), (7, HEIGHT_PX), (8, HEIGHT_PX), (7, HEIGHT_PX - 1))):
        frame = frame_from(maker, received(number, level, lines))
        digests.append(frame.digest)
        maker.released(frame.slot)
    assert digests[0] == digests[1] is not None
    assert digests[2] not in (digests[0], None)
    assert digests[3] is None
