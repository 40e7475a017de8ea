"""The simulated line-scan camera: in step with the encoder, line by line, and faulty on demand."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.camera.genicam import GenicamCamera
from drivers.camera.interface import CameraDown, CameraUp, Frame
from drivers.camera.producer.background import LIVE_COLUMNS
from drivers.camera.producer.scene import SceneFaults
from tests.camera_bench import producer_or_skip
from tests.camera_scene import (
    HEIGHT_PX,
    TURN_COUNTS,
    World,
    background_picture,
    next_of,
    running,
    same_picture,
    simulated_settings,
    turning_world,
)


@pytest.fixture(scope="session")
def producer() -> Path:
    return producer_or_skip()


@pytest.fixture
def world(producer: Path, tmp_path: Path) -> Iterator[World]:
    with turning_world(tmp_path / "scene") as world:
        yield world


@pytest.fixture
async def camera(world: World) -> AsyncIterator[GenicamCamera]:
    async with running(simulated_settings(world.path)) as camera:
        yield camera


async def test_every_frame_begins_at_its_pulse_and_shows_its_part_line_by_line(
    camera: GenicamCamera, world: World
) -> None:
    parts = [world.add_part(seed, width_px) for seed, width_px in ((1, 37), (2, 300), (3, 111))]
    starts = [world.pulse(parts[n % 3][0]) for n in range(7)]
    for number, start in enumerate(starts):
        frame = await next_of(camera, Frame)
        assert frame.encoder_count == start
        assert frame.lost_before == 0
        assert frame.stale_rows == 0
        assert same_picture(camera.view(frame), parts[number % 3][1]), f"frame {number}"
        camera.release(frame)
    assert world.scene.counters()["frames_delivered"] == len(starts)
    assert world.scene.counters()["lines_missed"] == 0


async def test_a_turn_without_a_part_is_background(camera: GenicamCamera, world: World) -> None:
    world.pulse()
    frame = await next_of(camera, Frame)
    assert same_picture(camera.view(frame), background_picture())


async def test_a_pulse_during_a_frame_starts_nothing_and_is_counted(camera: GenicamCamera, world: World) -> None:
    start = world.pulse()
    world.scene.show(start + TURN_COUNTS // 2, -1)
    later = start + TURN_COUNTS * 2
    world.scene.show(later, -1)
    assert (await next_of(camera, Frame)).encoder_count == start
    assert (await next_of(camera, Frame)).encoder_count == later
    assert world.scene.counters()["triggers_missed"] == 1


async def test_an_incomplete_frame_keeps_its_lines_and_the_rest_is_blank(camera: GenicamCamera, world: World) -> None:
    part, expected = world.add_part(5)
    world.pulse(part)
    camera.release(await next_of(camera, Frame))  # the buffer and the slot now hold a whole part
    world.scene.faults.incomplete_after_lines = 123
    world.scene.faults.incomplete_frames = 1
    start = world.pulse(part)
    frame = await next_of(camera, Frame)
    assert (frame.lines_valid, frame.encoder_count, frame.complete) == (123, start, False)
    assert same_picture(camera.view(frame)[:123], expected[:123])
    assert not camera.view(frame)[123:].any()
    camera.release(frame)
    world.pulse(part)
    assert (await next_of(camera, Frame)).complete
    assert world.scene.counters()["lines_missed"] == HEIGHT_PX - 123


async def test_dropped_frames_are_a_gap_in_the_numbers(camera: GenicamCamera, world: World) -> None:
    world.pulse()
    first = await next_of(camera, Frame)
    world.scene.faults.drop_frames = 2
    for _ in range(3):
        world.pulse()
    after = await next_of(camera, Frame)
    assert (after.lost_before, after.frame_id) == (2, first.frame_id + 3)
    assert world.scene.counters()["frames_dropped"] == 2


async def test_a_stale_frame_shows_the_part_before_it_and_the_marks_of_the_driver(
    camera: GenicamCamera, world: World
) -> None:
    (old, expected), (new, _) = world.add_part(6), world.add_part(7)
    world.pulse(old)
    camera.release(await next_of(camera, Frame))
    world.scene.faults.stale_frames = 1
    start = world.pulse(new)
    frame = await next_of(camera, Frame)
    assert frame.encoder_count == start
    assert frame.stale_rows > 0
    seen = camera.view(frame).copy()
    marked = [row for row in range(0, HEIGHT_PX, 16) if not np.array_equal(seen[row], expected[row])]
    assert len(marked) >= frame.stale_rows
    seen[marked] = expected[marked]
    assert same_picture(seen, expected)


async def test_a_duplicate_number_is_delivered_as_it_came(camera: GenicamCamera, world: World) -> None:
    world.pulse()
    first = await next_of(camera, Frame)
    world.scene.faults.duplicate_id_frames = 1
    world.pulse()
    again = await next_of(camera, Frame)
    assert (again.frame_id, again.lost_before) == (first.frame_id, 0)


async def test_unplugged_is_down_and_plugged_in_again_is_up_with_its_settings(
    camera: GenicamCamera, world: World
) -> None:
    part, expected = world.add_part(8)
    faults = SceneFaults.attach(world.path)  # as another process would
    faults.unplugged = 1
    down = await next_of(camera, CameraDown)
    assert "LINE01" in down.reason
    faults.unplugged = 0
    await next_of(camera, CameraUp)
    start = world.pulse(part)
    frame = await next_of(camera, Frame)
    assert frame.encoder_count == start
    assert same_picture(camera.view(frame), expected)
    assert camera.restarts == 0
    assert world.scene.counters()["opened"] == 2
    faults.close()


async def test_a_held_frame_outlives_the_capture_process(camera: GenicamCamera, world: World) -> None:
    (one, expected), (other, _) = world.add_part(10), world.add_part(11)
    world.pulse(one)
    held = await next_of(camera, Frame)
    assert camera.capture_pid is not None
    os.kill(camera.capture_pid, signal.SIGKILL)
    await next_of(camera, CameraUp)
    start = world.pulse(other)
    frame = await next_of(camera, Frame)
    assert frame.encoder_count == start
    assert same_picture(camera.view(held), expected)
    camera.release(held)


async def test_a_new_world_is_followed_without_a_restart(camera: GenicamCamera, world: World) -> None:
    world.pulse()
    camera.release(await next_of(camera, Frame))
    world.scene.close()
    with turning_world(world.path) as new_world:
        part, expected = new_world.add_part(9)
        frame = await _first_frame(camera, new_world, part)
        assert same_picture(camera.view(frame), expected)
        assert camera.restarts == 0


async def _first_frame(camera: GenicamCamera, world: World, part: int) -> Frame:
    """The camera looks for a new world every 200 ms: pulses before that are not seen, one far enough on is."""
    starts = set()
    for turns in range(1, 40):
        start = world.count() + turns * TURN_COUNTS
        world.scene.show(start, part)
        starts.add(start)
    frame = await next_of(camera, Frame)
    assert frame.encoder_count in starts
    return frame


async def test_a_second_program_finds_the_camera_busy(camera: GenicamCamera, world: World) -> None:
    second = GenicamCamera(simulated_settings(world.path))
    await second.start()
    down = await next_of(second, CameraDown)
    await second.stop()
    assert "in use by another program" in down.reason


async def test_no_scene_is_darkness_not_a_fault(producer: Path, tmp_path: Path) -> None:
    settings = simulated_settings(
        tmp_path / "nothing",
        line_trigger={"source": "Off"},
        frame_trigger="Off",
        features={"AcquisitionLineRate": 20_000.0},
    )
    async with running(settings) as camera:
        frame = await next_of(camera, Frame)
        assert frame.encoder_count == 0  # and it stands still
        assert not camera.view(frame).any()


async def test_no_two_frames_are_alike_even_of_the_same_part(camera: GenicamCamera, world: World) -> None:
    part, expected = world.add_part(12)
    pictures: list[bytes] = []
    for _ in range(3):
        world.pulse(part)
        frame = await next_of(camera, Frame)
        assert same_picture(camera.view(frame), expected)
        pictures.append(camera.view(frame)[0, :LIVE_COLUMNS].tobytes())
        camera.release(frame)
    assert len(set(pictures)) == 3
