"""What every camera does: simulated line and area, MVTec's Viky, a replay, GigE Vision over Aravis, real hardware."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.camera.interface import (
    Camera,
    CameraCounts,
    CameraDown,
    CameraError,
    CameraUp,
    Fire,
    Frame,
    FrameHeld,
    FrameLost,
    Recover,
)
from tests.camera_kinds import KINDS, Kind, alive, descriptors, genicam, kind_named, viky_settings
from tests.camera_scene import LIMIT_S, next_of


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    with kind_named(request.param, tmp_path) as kind:
        yield kind


@pytest.fixture
async def camera(kind: Kind) -> AsyncIterator[Camera]:
    camera = kind.camera()
    await camera.start()
    yield camera
    await camera.stop()


async def test_first_it_says_who_it_is_and_whether_it_is_simulated(camera: Camera, kind: Kind) -> None:
    event = await camera.next_event()
    assert isinstance(event, CameraUp)
    assert event.identity.simulated == kind.simulated
    assert event.identity.serial == kind.settings().serial


async def test_frames_arrive_in_the_configured_shape_with_rising_numbers(camera: Camera, kind: Kind) -> None:
    settings = kind.settings()
    assert settings.width_px != settings.lines_per_frame
    await next_of(camera, CameraUp)
    last: Frame | None = None
    for _ in range(5):
        frame = await kind.frame(camera)
        view = camera.view(frame)
        assert view.shape == (settings.lines_per_frame, settings.width_px)
        assert view.dtype == np.uint8
        assert view.any()
        assert frame.complete
        assert frame.stale_rows == 0
        assert frame.pixel_format == settings.pixel_format
        assert (frame.encoder is not None) == settings.carries_counts
        assert frame.camera_ns <= frame.ready_ns
        if last is not None:
            assert frame.frame_id > last.frame_id + frame.lost_before
            assert frame.camera_ns > last.camera_ns
        last = frame
        camera.release(frame)


async def test_views_are_read_only_and_end_with_the_release(camera: Camera, kind: Kind) -> None:
    await next_of(camera, CameraUp)
    frame = await kind.frame(camera)
    view = camera.view(frame)
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 1
    camera.release(frame)
    with pytest.raises(ValueError, match="released already"):
        camera.view(frame)


async def test_a_second_release_raises(camera: Camera, kind: Kind) -> None:
    await next_of(camera, CameraUp)
    frame = await kind.frame(camera)
    camera.release(frame)
    with pytest.raises(ValueError, match="released already"):
        camera.release(frame)


async def test_a_full_ring_loses_frames_and_counts_them_until_a_slot_is_free(camera: Camera, kind: Kind) -> None:
    await next_of(camera, CameraUp)
    held = [await kind.frame(camera) for _ in range(kind.settings().ring_slots)]
    pictures = [camera.view(frame).copy() for frame in held]
    kind.prompt(camera)
    lost = await next_of(camera, FrameLost)
    assert lost.reason == "ring full"
    for frame, picture in zip(held, pictures, strict=True):
        assert np.array_equal(camera.view(frame), picture)  # nobody wrote into a held slot
        camera.release(frame)
    camera.release(await kind.frame(camera))
    counts = await next_of(camera, CameraCounts)
    assert counts.ring_full >= 1
    assert counts.delivered >= len(held)


async def test_a_frame_that_is_never_let_go_is_said_once(kind: Kind) -> None:
    camera = kind.camera(hold_limit_ms=50)
    await camera.start()
    await next_of(camera, CameraUp)
    frame = await kind.frame(camera)
    held = await next_of(camera, FrameHeld)
    assert (held.frame_id, held.slot) == (frame.frame_id, frame.slot)
    assert held.held_ms >= 50
    other = await kind.frame(camera)
    assert (await next_of(camera, FrameHeld)).frame_id == other.frame_id
    camera.release(frame)
    camera.release(other)
    await camera.stop()


async def test_totals_come_as_events_and_never_fall(camera: Camera, kind: Kind) -> None:
    await next_of(camera, CameraUp)
    last = CameraCounts()
    for _ in range(3):
        camera.release(await kind.frame(camera))
        counts = await next_of(camera, CameraCounts)
        assert counts.delivered > last.delivered
        assert all(getattr(counts, name) >= getattr(last, name) for name in CameraCounts.__dataclass_fields__), (
            last,
            counts,
        )
        last = counts
    assert (last.stale, last.unusable, last.recoveries) == (0, 0, 0)


async def test_told_to_recover_it_goes_down_and_comes_back_with_frames(camera: Camera, kind: Kind) -> None:
    await next_of(camera, CameraUp)
    before = await kind.frame(camera)
    camera.release(before)
    camera.order(Recover("frames that should have come did not"))
    assert "frames that should have come did not" in (await next_of(camera, CameraDown)).reason
    await next_of(camera, CameraUp)
    after = await kind.frame(camera)
    assert after.frame_id > before.frame_id
    camera.release(after)
    while (await next_of(camera, CameraCounts)).recoveries != 1:
        pass


async def test_an_order_to_fire_does_no_harm_to_a_camera_that_runs_free(camera: Camera, kind: Kind) -> None:
    await next_of(camera, CameraUp)
    camera.order(Fire())
    camera.release(await kind.frame(camera))


async def test_stop_leaves_no_process_and_no_descriptor(kind: Kind) -> None:
    before = descriptors()
    camera = kind.camera()
    await camera.start()
    await next_of(camera, CameraUp)
    pid = genicam(camera).capture_pid if kind.behind_genicam else None
    frame = await kind.frame(camera)
    view = camera.view(frame)
    with pytest.raises(CameraError, match="started already"):
        await camera.start()
    await camera.stop()
    await camera.stop()
    assert view.any()  # a view that was kept is still safe to read
    del view
    assert (pid is not None) == kind.behind_genicam
    assert pid is None or not alive(pid)
    assert descriptors() <= before
    with pytest.raises(CameraError, match="not started"):
        camera.release(frame)
    camera.order(Fire())


async def test_a_serial_that_is_not_there_is_a_sentence_with_those_found(kind: Kind) -> None:
    if not kind.behind_genicam:
        pytest.skip("a recording has no serial")
    camera = kind.camera(serial="ABSENT7")
    await camera.start()
    down = await next_of(camera, CameraDown)
    await camera.stop()
    assert "ABSENT7 is not there, found" in down.reason
    assert kind.settings().serial in down.reason


async def test_what_the_camera_refuses_is_named_all_together_with_what_it_offers(kind: Kind) -> None:
    if not kind.behind_genicam:
        pytest.skip("a recording has no features")
    camera = kind.camera(features={"Widht": 8, "PixelFormat": "Mono77"})
    refused = await refusal_of(camera)
    assert "feature Widht (wanted 8) is not in the camera: it has Width" in refused
    assert "feature PixelFormat does not take 'Mono77': the camera offers" in refused
    assert "Mono8" in refused


async def refusal_of(camera: Camera) -> str:
    """Why it does not take its configuration: said at the start, or once a camera that is slow to answer was found."""
    try:
        await camera.start()
    except CameraError as error:
        return str(error)
    try:
        while True:
            down = await next_of(camera, CameraDown)
            if down.final:
                return down.reason
    finally:
        await camera.stop()


async def test_a_start_that_is_cancelled_leaves_nothing(kind: Kind) -> None:
    camera = kind.camera()
    start = asyncio.create_task(camera.start())
    await asyncio.sleep(0)
    async with asyncio.timeout(LIMIT_S):
        while kind.behind_genicam and genicam(camera).capture_pid is None:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    async with asyncio.timeout(LIMIT_S):
        await camera.stop()


async def test_a_producer_that_does_not_exist_is_a_sentence(tmp_path: Path) -> None:
    camera = genicam_of(tmp_path / "none.cti")
    with pytest.raises(CameraError, match=r"none\.cti does not exist"):
        await camera.start()


async def test_a_producer_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "text.cti"
    path.write_text("not a library")
    camera = genicam_of(path)
    with pytest.raises(CameraError, match=r"text\.cti cannot be"):
        await camera.start()


def genicam_of(producer: Path) -> Camera:
    return Kind("viky", viky_settings).camera(producer=str(producer))


async def test_events_that_the_producer_does_not_hand_on_are_refused_at_once() -> None:
    camera = Kind("viky", viky_settings).camera(events=("FrameTriggerMissed",))
    with pytest.raises(CameraError, match="FrameTriggerMissed"):
        await camera.start()
