"""The simulated cameras through the whole driver: area views, formats, and what an encoder does to a picture."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.camera.genicam import GenicamCamera
from drivers.camera.interface import CameraCounts, EncoderTrack, Fire, Frame
from drivers.camera.producer.stamp import read_stamp, write_stamp
from tests.camera_bench import producer_or_skip
from tests.camera_scene import (
    HEIGHT_PX,
    TURN_COUNTS,
    World,
    area_settings,
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


async def test_the_area_camera_takes_four_views_of_a_turn_each_whole_and_with_its_number(
    producer: Path, tmp_path: Path
) -> None:
    with turning_world(tmp_path / "scene", rate_turns_s=4.0, area=True) as world:
        async with running(area_settings(world.path)) as camera:
            views = [world.add_part(seed, 50 * seed) for seed in range(1, 5)]
            first = world.count() + TURN_COUNTS
            starts = [first + n * TURN_COUNTS // 4 for n in range(4)]
            for number, (start, (picture, _)) in enumerate(zip(starts, views, strict=True), 1):
                world.scene.show(start, picture, number=number)
            for number, (start, (_, expected)) in enumerate(zip(starts, views, strict=True), 1):
                frame = await next_of(camera, Frame)
                assert frame.encoder == EncoderTrack((0,), (start,))
                assert read_stamp(camera.view(frame)) == number
                burnt = expected.copy()
                write_stamp(burnt, number)
                assert same_picture(camera.view(frame), burnt)
                camera.release(frame)


async def test_the_area_camera_takes_a_picture_when_it_is_told_to(producer: Path, tmp_path: Path) -> None:
    with turning_world(tmp_path / "scene", area=True) as world:
        part, expected = world.add_part(13)
        world.scene.show(world.count(), part, pulse=False)
        async with running(area_settings(world.path, frame_trigger="Software")) as camera:
            for _ in range(3):
                camera.order(Fire())
                frame = await next_of(camera, Frame)
                assert same_picture(camera.view(frame), expected)
                camera.release(frame)


async def test_an_encoder_jump_is_in_the_frames_track(camera: GenicamCamera, world: World) -> None:
    world.scene.faults.encoder_jump_counts = 40
    world.scene.faults.encoder_jump_frames = 1
    start = world.pulse()
    frame = await next_of(camera, Frame)
    assert frame.encoder is not None
    expected = [start + 4 * line + (40 if line >= HEIGHT_PX // 2 else 0) for line in frame.encoder.lines]
    assert list(frame.encoder.counts) == expected
    assert frame.encoder.lines[-1] == HEIGHT_PX - 1


async def test_a_line_trigger_that_the_camera_missed_is_counted(world: World) -> None:
    async with running(simulated_settings(world.path, events=("LineTriggerMissed",))) as camera:
        world.scene.faults.line_trigger_missed_frames = 2
        for _ in range(2):
            world.pulse()
        counts = CameraCounts()
        while counts.line_triggers_missed < 2:
            counts = await next_of(camera, CameraCounts)
        assert (counts.line_triggers_missed, counts.id_gap_frames, counts.incomplete) == (2, 0, 0)


@pytest.mark.parametrize("pixel_format", ["Mono10", "Mono10p", "Mono12", "Mono12p", "BayerRG8", "RGB8"])
async def test_every_format_comes_out_as_the_same_grey_picture(world: World, pixel_format: str) -> None:
    part, expected = world.add_part(14)
    async with running(simulated_settings(world.path, pixel_format=pixel_format)) as camera:
        world.pulse(part)
        frame = await next_of(camera, Frame)
        assert frame.pixel_format == pixel_format
        seen = camera.view(frame)[1:-1, 1:-1].astype(int)  # a Bayer picture is interpolated at its edges
        difference = np.abs(seen - expected[1:-1, 1:-1])
        assert difference.max() <= 1 if pixel_format != "BayerRG8" else np.median(difference) <= 1
