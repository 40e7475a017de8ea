"""A recording and the camera that replays it: times, numbers, counts, gaps, orders, and every way to be broken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pytest

from drivers.camera.interface import (
    Camera,
    CameraCounts,
    CameraDown,
    CameraError,
    CameraEvent,
    CameraUp,
    EncoderTrack,
    Fire,
    Frame,
    FrameHeld,
    FrameLost,
    Recover,
)
from drivers.camera.recording import RecordingError, RecordingWriter, read_recording
from drivers.camera.replay import MAX_FIRES_WAITING, ReplayCamera
from drivers.camera.replay_rounds import rounds
from tests.camera_replay import (
    COUNTS_A_FRAME,
    FRAMES,
    HEIGHT_PX,
    PERIOD_US,
    record,
    recorded_frame,
    recorded_picture,
    replay_settings,
)

LIMIT_S = 20.0
E = TypeVar("E", bound=CameraEvent)


async def next_of(camera: Camera, kind: type[E]) -> E:
    async with asyncio.timeout(LIMIT_S):
        while True:
            event = await camera.next_event()
            if isinstance(event, kind):
                return event
            if isinstance(event, Frame):
                camera.release(event)


@asynccontextmanager
async def replaying(tmp_path: Path, **changes: object) -> AsyncIterator[ReplayCamera]:
    camera = ReplayCamera(replay_settings(tmp_path, **changes))
    await camera.start()
    try:
        yield camera
    finally:
        await camera.stop()


async def test_it_says_that_it_is_simulated_and_shows_the_recorded_pictures_in_order(tmp_path: Path) -> None:
    async with replaying(tmp_path) as camera:
        up = await next_of(camera, CameraUp)
        assert up.identity.simulated
        assert up.identity.serial == "REPLAY01"
        for index in range(FRAMES + 2):
            frame = await next_of(camera, Frame)
            assert np.array_equal(camera.view(frame), recorded_picture(index % FRAMES))
            assert frame.frame_id == 10 + index
            assert frame.encoder_count == index * COUNTS_A_FRAME
            assert frame.complete
            camera.release(frame)


def test_a_recording_reads_back_what_was_written(tmp_path: Path) -> None:
    frames = read_recording(record(tmp_path / "r"))
    assert [frame.frame_id for frame in frames] == [10, 11, 12, 13, 14, 15]
    assert [frame.offset_us for frame in frames] == [index * PERIOD_US for index in range(FRAMES)]
    assert [frame.encoder for frame in frames] == [recorded_frame(index).encoder for index in range(FRAMES)]
    assert [frame.lines_valid for frame in frames] == [HEIGHT_PX] * FRAMES


def test_every_round_goes_on_in_time_number_and_count_modulo_32_bits(tmp_path: Path) -> None:
    frames = read_recording(record(tmp_path / "r"))
    shown = list(islice(rounds(frames), 40))
    for before, after in pairwise(shown):
        assert after.offset_us - before.offset_us == PERIOD_US
        assert after.frame_id - before.frame_id == 1
        assert before.encoder is not None
        assert after.encoder is not None
        assert (after.encoder.counts[0] - before.encoder.counts[0]) % (1 << 32) == COUNTS_A_FRAME
    assert all(0 <= count < 1 << 32 for item in shown if item.encoder is not None for count in item.encoder.counts)


def test_counts_wrap_as_the_camera_s_do(tmp_path: Path) -> None:
    near_the_end = replace(recorded_frame(0), encoder=EncoderTrack((0, HEIGHT_PX - 1), (2**32 - 900, 2**32 - 104)))
    frames = read_recording(record(tmp_path / "r", [near_the_end]))
    _, second = islice(rounds(frames), 2)
    assert second.encoder == EncoderTrack((0, HEIGHT_PX - 1), (2**32 - 104, 692))


def test_a_single_frame_is_a_recording_too(tmp_path: Path) -> None:
    frames = read_recording(record(tmp_path / "r", [recorded_frame(0)]))
    first, second, third = islice(rounds(frames), 3)
    assert first.offset_us < second.offset_us < third.offset_us
    assert (first.frame_id, second.frame_id, third.frame_id) == (10, 11, 12)
    assert first.encoder != second.encoder


async def test_recorded_gaps_repeats_and_missing_lines_come_out_as_they_went_in(tmp_path: Path) -> None:
    frames = [
        recorded_frame(0),
        recorded_frame(1, frame_id=14),
        recorded_frame(2, frame_id=14, lines_valid=50),
        recorded_frame(3, frame_id=15, lines_valid=0),
    ]
    record(tmp_path / "recording", frames)
    async with replaying(tmp_path) as camera:
        first, second, third = [await next_of(camera, Frame) for _ in range(3)]
        assert [frame.lost_before for frame in (first, second, third)] == [0, 3, 0]
        assert third.frame_id == second.frame_id
        assert not third.complete
        assert not camera.view(third)[50:].any()
        assert camera.view(third)[:50].any()
        lost = await next_of(camera, FrameLost)
        assert (lost.reason, lost.frame_id) == ("incomplete without lines", 15)
        counts = await next_of(camera, CameraCounts)
        assert counts.id_gap_frames >= 3
        assert counts.stale >= 1
        assert counts.incomplete >= 1
        assert counts.unusable >= 1


async def test_lines_that_did_not_arrive_are_blank_even_where_another_picture_lay(tmp_path: Path) -> None:
    record(tmp_path / "recording", [recorded_frame(0), recorded_frame(1, lines_valid=50)])
    async with replaying(tmp_path, frame_trigger="Software") as camera:
        camera.order(Fire())
        whole = await next_of(camera, Frame)
        slot = whole.slot
        camera.release(whole)
        camera.order(Fire())
        cut = await next_of(camera, Frame)
        assert cut.slot == slot
        assert np.array_equal(camera.view(cut)[:50], recorded_picture(1)[:50])
        assert not camera.view(cut)[50:].any()


async def test_with_a_software_trigger_each_order_shows_one_frame(tmp_path: Path) -> None:
    async with replaying(tmp_path, frame_trigger="Software") as camera:
        for index in range(3):
            camera.order(Fire())
            frame = await next_of(camera, Frame)
            assert np.array_equal(camera.view(frame), recorded_picture(index))
            camera.release(frame)


async def test_triggers_that_come_too_fast_are_counted_as_missed(tmp_path: Path) -> None:
    async with replaying(tmp_path, frame_trigger="Software", ring_slots=8) as camera:
        for _ in range(MAX_FIRES_WAITING + 3):
            camera.order(Fire())
        for _ in range(MAX_FIRES_WAITING):
            await next_of(camera, Frame)
        counts = await next_of(camera, CameraCounts)
        while counts.delivered < MAX_FIRES_WAITING:
            counts = await next_of(camera, CameraCounts)
        assert counts.frame_triggers_missed == 3
        assert counts.delivered == MAX_FIRES_WAITING


async def test_without_a_software_trigger_orders_to_fire_are_nothing(tmp_path: Path) -> None:
    async with replaying(tmp_path) as camera:
        for _ in range(MAX_FIRES_WAITING + 3):
            camera.order(Fire())
        counts = await next_of(camera, CameraCounts)
        assert counts.frame_triggers_missed == 0


async def test_a_full_ring_loses_frames_and_says_so_until_a_slot_is_free(tmp_path: Path) -> None:
    async with replaying(tmp_path) as camera:
        held = [await next_of(camera, Frame) for _ in range(camera.ring.slots)]
        lost = await next_of(camera, FrameLost)
        assert lost.reason == "ring full"
        assert lost.encoder_count is not None
        for index, frame in enumerate(held):
            assert np.array_equal(camera.view(frame), recorded_picture(index))
            camera.release(frame)
        assert (await next_of(camera, Frame)).lost_before == 0  # the lost ones were said by number


async def test_a_frame_that_is_held_too_long_is_named_once(tmp_path: Path) -> None:
    async with replaying(tmp_path, frame_trigger="Software", hold_limit_ms=10) as camera:
        camera.order(Fire())
        frame = await next_of(camera, Frame)
        held = await next_of(camera, FrameHeld)
        assert (held.frame_id, held.slot) == (frame.frame_id, frame.slot)
        assert held.held_ms >= 10
        camera.release(frame)
        with pytest.raises(ValueError, match="released already"):
            camera.release(frame)


async def test_views_are_read_only(tmp_path: Path) -> None:
    async with replaying(tmp_path) as camera:
        frame = await next_of(camera, Frame)
        with pytest.raises(ValueError, match="read-only"):
            camera.view(frame)[0, 0] = 1


async def test_an_order_to_recover_is_a_short_absence_that_is_counted(tmp_path: Path) -> None:
    async with replaying(tmp_path) as camera:
        await next_of(camera, CameraUp)
        camera.order(Recover("two parts came without a picture"))
        down = await next_of(camera, CameraDown)
        assert "two parts came without a picture" in down.reason
        await next_of(camera, CameraUp)
        await next_of(camera, Frame)
        counts = await next_of(camera, CameraCounts)
        assert counts.recoveries == 1


async def test_a_stopped_camera_is_stopped(tmp_path: Path) -> None:
    camera = ReplayCamera(replay_settings(tmp_path))
    await camera.start()
    frame = await next_of(camera, Frame)
    view = camera.view(frame)
    await camera.stop()
    await camera.stop()
    assert view.any()
    camera.order(Fire())
    with pytest.raises(CameraError, match="not started"):
        camera.release(frame)


async def test_a_picture_that_goes_away_while_it_plays_ends_the_replay_with_a_sentence(tmp_path: Path) -> None:
    async with replaying(tmp_path, frame_trigger="Software") as camera:
        for path in (tmp_path / "recording").glob("*.png"):
            path.unlink()
        camera.order(Fire())
        camera.order(Fire())
        down = await next_of(camera, CameraDown)
        assert down.final
        assert ".png is not what it was" in down.reason


def _edit(folder: Path, old: str, new: str) -> None:
    table = folder / "frames.csv"
    text = table.read_text()
    assert old in text
    table.write_text(text.replace(old, new, 1))


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(bytes(data))


def _write_png(path: Path, pixels: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda folder: (folder / "frames.csv").unlink(), r"frames\.csv cannot be read \(No such file"),
        (lambda folder: (folder / "frames.csv").write_text(""), "has no column file"),
        (lambda folder: (folder / "frames.csv").write_bytes(b"\xff\xfe\x00"), "is no table"),
        (lambda folder: _edit(folder, "offset_us", "offset"), "has no column offset_us"),
        (
            lambda folder: (folder / "frames.csv").write_text(
                "file,frame_id,offset_us,encoder_counts,lines_valid,pixel_format\n"
            ),
            "has no frame",
        ),
        (lambda folder: _edit(folder, "000002.png,11", "000002.png,eleven"), "line 3 is not a frame .*'eleven'"),
        (lambda folder: _edit(folder, ",200,", ",201,"), r"line 2 is not a frame \(201 lines valid of 200\)"),
        (lambda folder: _edit(folder, "0:0 199:796", "7"), "line 2 is not a frame"),
        (lambda folder: _edit(folder, "0:0 199:796", "5:0 199:796"), "a track begins at line 0"),
        (lambda folder: _edit(folder, "000003.png,", "../000003.png,"), "is not a file name beside it"),
        (lambda folder: _edit(folder, "000003.png,12,40000", "000003.png"), "line 4 is not a frame"),
        (lambda folder: (folder / "000003.png").unlink(), r"000003\.png cannot be read \(No such file"),
        (lambda folder: (folder / "000003.png").write_bytes(b"GIF89a"), r"000003\.png is no PNG"),
        (lambda folder: _truncate(folder / "000003.png"), r"000003\.png is damaged after"),
        (lambda folder: _flip(folder / "000003.png"), r"000003\.png is damaged after"),
        (
            lambda folder: _write_png(folder / "000003.png", np.zeros((200, 320, 3), np.uint8)),
            r"000003\.png is not 8-bit grey",
        ),
        (
            lambda folder: _write_png(folder / "000003.png", np.zeros((200, 200), np.uint8)),
            "has 200x200 pixels, and the camera is set to 320x200",
        ),
    ],
)
async def test_a_broken_recording_is_one_sentence_at_the_start(tmp_path: Path, harm: object, sentence: str) -> None:
    assert callable(harm)
    settings = replay_settings(tmp_path)
    harm(tmp_path / "recording")
    camera = ReplayCamera(settings)
    with pytest.raises(CameraError, match=sentence) as raised:
        await camera.start()
    assert "\n" not in str(raised.value)


def test_a_recording_is_never_written_over(tmp_path: Path) -> None:
    record(tmp_path / "r")
    with pytest.raises(RecordingError, match="holds a recording already: name another folder"):
        RecordingWriter(tmp_path / "r")
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="is a file: name another folder"):
        RecordingWriter(tmp_path / "file")
