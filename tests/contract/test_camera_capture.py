"""What the capture process makes of what the simulated cameras deliver: nothing stale, nothing silently lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from drivers.camera.canary import ROWS
from drivers.camera.genicam import GenicamCamera
from drivers.camera.interface import CameraCounts, CameraDown, CameraUp, Fire, Frame, FrameLost
from drivers.camera.pixels import FORMATS
from drivers.camera.producer.scene import SceneWriter
from drivers.camera.settings import CameraSettings
from tests.camera_kinds import area_scene, area_settings, need_simulated, viky_settings
from tests.camera_scene import COUNTS_PER_ROW, HEIGHT_PX, TURN_COUNTS, World, next_of, simulated_settings, turning_world

SIDES_OF_THE_MIDDLE = ((0, HEIGHT_PX // 2 - 1), (HEIGHT_PX // 2, HEIGHT_PX - 1))


@asynccontextmanager
async def started(settings: CameraSettings) -> AsyncIterator[GenicamCamera]:
    """A camera that is up."""
    camera = GenicamCamera(settings)
    await camera.start()
    try:
        await next_of(camera, CameraUp)
        yield camera
    finally:
        await camera.stop()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    need_simulated()
    with turning_world(tmp_path / "scene") as world:
        yield world


@pytest.fixture
async def camera(world: World) -> AsyncIterator[GenicamCamera]:
    """Waits for a pulse for each frame."""
    async with started(simulated_settings(world.path)) as camera:
        yield camera


async def frame_of(camera: GenicamCamera, world: World) -> Frame:
    """The frame of a pulse; it is released."""
    start = world.pulse()
    frame = await next_of(camera, Frame)
    assert frame.encoder_count == start
    camera.release(frame)
    return frame


async def counts_where(camera: GenicamCamera, holds: Callable[[CameraCounts], bool]) -> CameraCounts:
    """The first totals of which this holds."""
    while not holds(counts := await next_of(camera, CameraCounts)):
        pass
    return counts


def steps(frame: Frame, lines: tuple[int, int]) -> set[float]:
    """Counts a line between neighbouring samples, both within these lines."""
    assert frame.encoder is not None
    samples = [
        pair for pair in zip(frame.encoder.lines, frame.encoder.counts, strict=True) if lines[0] <= pair[0] <= lines[1]
    ]
    return {(later[1] - earlier[1]) / (later[0] - earlier[0]) for earlier, later in pairwise(samples)}


async def test_a_frame_carries_the_encoder_from_its_first_line_to_its_last(camera: GenicamCamera, world: World) -> None:
    frame = await frame_of(camera, world)
    assert frame.encoder is not None
    assert frame.encoder.lines[-1] == HEIGHT_PX - 1
    assert len(frame.encoder.lines) == 9
    assert steps(frame, (0, HEIGHT_PX)) == {COUNTS_PER_ROW}


async def test_a_jump_of_the_encoder_shows_between_two_samples(camera: GenicamCamera, world: World) -> None:
    world.scene.faults.encoder_jump_counts = 200
    world.scene.faults.encoder_jump_frames = 1
    frame = await frame_of(camera, world)
    assert frame.encoder is not None
    assert frame.encoder.counts[-1] - frame.encoder.counts[0] == (HEIGHT_PX - 1) * COUNTS_PER_ROW + 200
    assert [steps(frame, side) for side in SIDES_OF_THE_MIDDLE] == [{COUNTS_PER_ROW}, {COUNTS_PER_ROW}]
    assert steps(await frame_of(camera, world), (0, HEIGHT_PX)) == {COUNTS_PER_ROW}


async def test_a_reversal_shows_as_falling_counts(camera: GenicamCamera, world: World) -> None:
    world.scene.faults.encoder_reverse_frames = 1
    frame = await frame_of(camera, world)
    assert [steps(frame, side) for side in SIDES_OF_THE_MIDDLE] == [{COUNTS_PER_ROW}, {-COUNTS_PER_ROW}]


async def test_a_buffer_that_nobody_filled_shows_in_every_canary_row(camera: GenicamCamera, world: World) -> None:
    assert (await frame_of(camera, world)).stale_rows == 0
    world.scene.faults.stale_frames = 1
    assert (await frame_of(camera, world)).stale_rows == ROWS
    assert (await frame_of(camera, world)).stale_rows == 0
    await counts_where(camera, lambda counts: (counts.stale, counts.delivered) == (1, 3))


async def test_missing_lines_are_not_taken_for_stale_ones(camera: GenicamCamera, world: World) -> None:
    world.scene.faults.incomplete_after_lines = 100
    world.scene.faults.incomplete_frames = 1
    frame = await frame_of(camera, world)
    assert (frame.lines_valid, frame.stale_rows) == (100, 0)
    assert frame.encoder is not None
    assert frame.encoder.lines[-1] == 99
    await counts_where(camera, lambda counts: (counts.incomplete, counts.stale) == (1, 0))


async def test_a_repeated_number_is_stale_and_the_next_frame_is_not(camera: GenicamCamera, world: World) -> None:
    first = await frame_of(camera, world)
    world.scene.faults.duplicate_id_frames = 1
    assert (await frame_of(camera, world)).frame_id == first.frame_id
    assert (await frame_of(camera, world)).frame_id == first.frame_id + 1
    await counts_where(camera, lambda counts: (counts.stale, counts.id_gap_frames) == (1, 0))


async def test_dropped_frames_are_missing_by_number(camera: GenicamCamera, world: World) -> None:
    await frame_of(camera, world)
    world.scene.faults.drop_frames = 2
    world.pulse()
    world.pulse()
    assert (await frame_of(camera, world)).lost_before == 2
    await counts_where(camera, lambda counts: counts.id_gap_frames == 2)


async def test_frames_of_another_size_are_lost_by_name_and_their_buffers_are_not(
    camera: GenicamCamera, world: World
) -> None:
    world.scene.faults.wrong_size_lines = HEIGHT_PX - 8
    world.scene.faults.wrong_size_frames = 10
    for _ in range(10):
        start = world.pulse()
        lost = await next_of(camera, FrameLost)
        assert (lost.reason, lost.encoder_count) == ("wrong size", start)
    assert (await frame_of(camera, world)).lost_before == 0
    await counts_where(camera, lambda counts: (counts.unusable, counts.delivered) == (10, 1))


async def test_a_frame_without_any_line_is_lost_by_name(camera: GenicamCamera, world: World) -> None:
    world.scene.faults.incomplete_after_lines = 0
    world.scene.faults.incomplete_frames = 1
    start = world.pulse()
    lost = await next_of(camera, FrameLost)
    assert (lost.reason, lost.encoder_count) == ("incomplete without lines", start)
    assert (await frame_of(camera, world)).complete


async def test_pixels_that_nobody_here_can_read_are_lost_by_name_and_their_buffers_are_not() -> None:
    async with started(viky_settings(features={"PixelFormat": "RGBa8"})) as camera:
        for _ in range(20):
            assert (await next_of(camera, FrameLost)).reason == "unknown pixel format"
        assert (await counts_where(camera, lambda counts: counts.unusable >= 20)).delivered == 0


@pytest.mark.parametrize("name", FORMATS)
async def test_the_ring_holds_the_same_grey_picture_in_every_format(world: World, name: str) -> None:
    async with started(simulated_settings(world.path, pixel_format=name)) as camera:
        part, expected = world.add_part(3)
        world.pulse(part)
        frame = await next_of(camera, Frame)
        assert (frame.pixel_format, frame.stale_rows) == (name, 0)
        seen = camera.view(frame).astype(int)[1:]
        if FORMATS[name].colour and name != "RGB8":  # the colours of neighbours are mixed
            seen, expected = (
                picture[50:-50, 215:275].mean(axis=None, keepdims=True) for picture in (seen, expected[1:])
            )
        else:
            expected = expected[1:]
        assert np.abs(seen - expected).max() <= 1
        del seen
        camera.release(frame)


async def test_chunks_that_are_asked_for_arrive(world: World) -> None:
    everything = ("EncoderValue", "Timestamp", "LineStatusAll", "FrameID")
    async with started(simulated_settings(world.path, chunks=everything)) as camera:
        frame = await frame_of(camera, world)
        assert frame.line_status is not None
        assert frame.line_status & 0b10  # the pulse on Line1 that began it


async def test_without_chunks_a_frame_has_no_count(world: World) -> None:
    async with started(simulated_settings(world.path, chunks=())) as camera:
        world.pulse()
        frame = await next_of(camera, Frame)
        assert (frame.encoder, frame.encoder_count, frame.line_status) == (None, None, None)


async def test_triggers_that_the_camera_missed_are_counted_from_its_events(world: World) -> None:
    events = ("LineTriggerMissed", "FrameTriggerMissed")
    async with started(simulated_settings(world.path, events=events)) as camera:
        await frame_of(camera, world)
        world.scene.faults.line_trigger_missed_frames = 3
        for _ in range(3):
            await frame_of(camera, world)
        await counts_where(camera, lambda counts: counts.line_triggers_missed == 3)
        start = world.pulse()
        world.scene.show(start + TURN_COUNTS // 2, -1)
        counts = await counts_where(camera, lambda counts: counts.frame_triggers_missed > 0)
        assert (counts.frame_triggers_missed, counts.line_triggers_missed) == (1, 3)


async def test_frames_without_a_buffer_are_underruns_and_a_gap(tmp_path: Path) -> None:
    need_simulated()
    with turning_world(tmp_path / "scene", rate_turns_s=80.0) as world:
        async with started(simulated_settings(world.path, frame_trigger="Off")) as camera:
            camera.release(await next_of(camera, Frame))
            world.scene.faults.stuck_ms = 700
            counts = await counts_where(camera, lambda counts: counts.underruns > 0)
            counts = await counts_where(camera, lambda counts: counts.id_gap_frames > 0)
            assert counts.stale == 0
            assert camera.restarts == 0


async def test_a_driver_that_hangs_is_ended_with_its_process(world: World) -> None:
    async with started(simulated_settings(world.path, frame_trigger="Off")) as camera:
        camera.release(await next_of(camera, Frame))
        world.scene.faults.stuck_ms = 600_000
        assert "silent for" in (await next_of(camera, CameraDown)).reason
        await next_of(camera, CameraUp)
        camera.release(await next_of(camera, Frame))
        assert camera.restarts == 1


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[SceneWriter]:
    need_simulated()
    with area_scene(tmp_path / "scene") as scene:
        yield scene


async def test_every_order_to_fire_gives_one_frame(scene: SceneWriter) -> None:
    async with started(area_settings(scene.path)) as camera:
        last = 0
        for _ in range(6):
            camera.order(Fire())
            frame = await next_of(camera, Frame)
            assert (frame.lost_before, frame.stale_rows) == (0, 0)
            assert frame.frame_id == last + 1 or not last
            assert frame.encoder is not None
            assert frame.encoder.lines == (0,)
            last = frame.frame_id
            camera.release(frame)
        assert scene.counters()["frames_delivered"] == 6


async def test_an_order_to_fire_is_forgotten_while_the_camera_is_down(scene: SceneWriter) -> None:
    async with started(area_settings(scene.path)) as camera:
        scene.faults.unplugged = 1
        await next_of(camera, CameraDown)
        camera.order(Fire())
        scene.faults.unplugged = 0
        await next_of(camera, CameraUp)
        camera.order(Fire())
        camera.release(await next_of(camera, Frame))
        assert scene.counters()["frames_delivered"] == 1


async def test_two_cameras_have_a_process_a_ring_and_a_scene_each(tmp_path: Path) -> None:
    need_simulated()
    async with AsyncExitStack() as stack:
        world = stack.enter_context(turning_world(tmp_path / "line"))
        scene = stack.enter_context(area_scene(tmp_path / "area"))
        line = await stack.enter_async_context(started(simulated_settings(world.path)))
        area = await stack.enter_async_context(started(area_settings(scene.path)))
        assert line.capture_pid != area.capture_pid
        assert line.ring.fd != area.ring.fd
        area.order(Fire())
        await frame_of(line, world)
        frame = await next_of(area, Frame)
        assert area.view(frame).shape == (300, 400)
        area.release(frame)


async def test_a_slot_given_back_while_the_camera_waits_is_free_for_the_very_next_frame(world: World) -> None:
    async with started(simulated_settings(world.path, ring_slots=2)) as camera:
        for _ in range(3):
            held: list[Frame] = []
            for _ in range(2):
                world.pulse()
                held.append(await next_of(camera, Frame))
            for frame in held:
                camera.release(frame)
            world.pulse()
            event = await camera.next_event()
            while not isinstance(event, Frame | FrameLost):
                event = await camera.next_event()
            assert isinstance(event, Frame), event
            camera.release(event)
