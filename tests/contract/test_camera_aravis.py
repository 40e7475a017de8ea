"""GigE Vision over a real wire: our producer over libaravis, and libaravis' fake camera in a network namespace."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest

from drivers.camera.genicam import GenicamCamera
from drivers.camera.interface import CameraDown, CameraError, CameraUp, Frame
from tests.camera_aravis import (
    HEIGHT_PX,
    SERIAL,
    STOCK_SERIAL,
    WIDTH_PX,
    GigeCamera,
    aravis_settings,
    gige_camera,
    stock_camera,
)
from tests.camera_scene import next_of
from tests.gige_peer import number_of, picture

BACK_LIMIT_S = 5.0
LAST_NUMBER = 0xFFFF


@pytest.fixture(scope="module")
def peer() -> Iterator[GigeCamera]:
    with gige_camera() as peer:
        yield peer


@pytest.fixture
async def camera(peer: GigeCamera) -> AsyncIterator[GenicamCamera]:
    camera = GenicamCamera(aravis_settings())
    await camera.start()
    yield camera
    await camera.stop()


async def test_it_says_who_it_is_and_that_it_is_no_camera(camera: GenicamCamera) -> None:
    up = await next_of(camera, CameraUp)
    assert up.identity.serial == SERIAL
    assert up.identity.model == "Fake"
    assert up.identity.simulated


async def whole_frame(camera: GenicamCamera) -> Frame:
    """The next whole frame: this camera does not send again what a busy machine did not take in."""
    frame = await next_of(camera, Frame)
    while not frame.complete:
        camera.release(frame)
        frame = await next_of(camera, Frame)
    return frame


async def test_pictures_come_over_the_wire_as_they_were_seen(camera: GenicamCamera) -> None:
    last: tuple[int, int] | None = None
    for _ in range(20):
        frame = await whole_frame(camera)
        seen = camera.view(frame)
        number = number_of(seen)
        assert frame.stale_rows == 0
        assert np.array_equal(seen, picture(number, HEIGHT_PX, WIDTH_PX))
        if last is not None and last[1] // LAST_NUMBER == frame.frame_id // LAST_NUMBER:
            assert (number - last[0]) % 256 == (frame.frame_id - last[1]) % 256
        last = number, frame.frame_id
        camera.release(frame)


async def test_of_a_picture_with_lost_packets_only_lines_that_came_are_valid(
    camera: GenicamCamera, peer: GigeCamera
) -> None:
    peer.order("loss 20")
    try:
        incomplete = 0
        for _ in range(30):
            frame = await next_of(camera, Frame)
            seen = camera.view(frame)
            if not frame.complete:
                incomplete += 1
                assert not seen[frame.lines_valid :].any()
            if frame.lines_valid:
                expected = picture(number_of(seen), HEIGHT_PX, WIDTH_PX)
                assert np.array_equal(seen[: frame.lines_valid], expected[: frame.lines_valid])
            camera.release(frame)
    finally:
        peer.order("loss 0")
    assert incomplete > 0


@pytest.mark.parametrize("away_s", [0.0, 4.0], ids=["for a moment", "for longer than the heartbeat"])
async def test_a_cable_pulled_and_put_back_is_a_camera_down_and_up(
    camera: GenicamCamera, peer: GigeCamera, away_s: float
) -> None:
    camera.release(await next_of(camera, Frame))
    peer.wire.unplug()
    try:
        down = await next_of(camera, CameraDown)
        assert SERIAL in down.reason
        assert not down.final
        await asyncio.sleep(away_s)  # the fault itself: there is nothing to wait for
    finally:
        peer.wire.plug()
    async with asyncio.timeout(BACK_LIMIT_S):
        await next_of(camera, CameraUp)
        frame = await whole_frame(camera)
    seen = camera.view(frame)
    assert np.array_equal(seen, picture(number_of(seen), HEIGHT_PX, WIDTH_PX))
    camera.release(frame)


async def test_a_capture_process_that_died_gets_the_camera_back_when_its_heartbeat_ran_out(
    camera: GenicamCamera,
) -> None:
    camera.release(await next_of(camera, Frame))
    assert camera.capture_pid is not None
    os.kill(camera.capture_pid, signal.SIGKILL)
    await next_of(camera, CameraDown)
    async with asyncio.timeout(2 * BACK_LIMIT_S):
        await next_of(camera, CameraUp)
        camera.release(await next_of(camera, Frame))


async def test_a_second_station_is_told_that_the_camera_is_in_use(camera: GenicamCamera) -> None:
    camera.release(await next_of(camera, Frame))
    second = GenicamCamera(aravis_settings())
    await second.start()
    try:
        down = await next_of(second, CameraDown)
    finally:
        await second.stop()
    assert "in use by another program" in down.reason
    camera.release(await next_of(camera, Frame))


async def test_events_that_cannot_come_through_are_refused_in_a_sentence(peer: GigeCamera) -> None:
    assert peer.wire.far_address
    camera = GenicamCamera(aravis_settings(events=["FrameTriggerMissed"]))
    try:
        await camera.start()
        down = await next_of(camera, CameraDown)  # it was not free at once: then the sentence comes later
        while not down.final:
            down = await next_of(camera, CameraDown)
        reason = down.reason
    except CameraError as error:
        reason = str(error)
    finally:
        await camera.stop()
    assert "FrameTriggerMissed" in reason


async def test_the_stock_fake_camera_delivers_its_own_moving_picture() -> None:
    with stock_camera():
        camera = GenicamCamera(aravis_settings(serial=STOCK_SERIAL))
        await camera.start()
        try:
            last = None
            for _ in range(5):
                frame = await whole_frame(camera)
                seen = camera.view(frame).copy()
                camera.release(frame)
                assert frame.stale_rows == 0
                assert last is None or not np.array_equal(seen, last)
                last = seen
        finally:
            await camera.stop()
