"""The cell before real capture processes: both cameras of a fastener see the part that was triggered, and no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drivers.camera.factory import open_camera
from drivers.camera.interface import Camera, CameraUp, Frame
from drivers.camera.producer.stamp import read_stamp
from drivers.camera.settings import CameraSettings
from drivers.cell.main import run_cell
from drivers.cell.sensor import Sensor
from drivers.cell.settings import CellSettings
from tests.cell_responder import Responder, free_port, running

LIMIT_S = 90
PARTS = 6
PULSES = (0, 2048, 4096, 6144)
WITHIN_COUNTS = 8


@dataclass
class Eye:
    """One camera, and (burnt-in number, encoder count, darkest, brightest level) of each frame that it took."""

    camera: Camera
    seen: list[tuple[int | None, int, int, int]] = field(default_factory=list)
    up: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> None:
        while True:
            event = await self.camera.next_event()
            if isinstance(event, CameraUp):
                self.up.set()
            elif isinstance(event, Frame):
                assert event.encoder_count is not None
                pixels = self.camera.view(event)
                below = pixels[1:]  # line 0 carries the number, and noise that no two frames share
                self.seen.append((read_stamp(pixels), event.encoder_count, int(below.min()), int(below.max())))
                self.camera.release(event)
                self.news.set()

    async def until(self, frames: int) -> None:
        while len(self.seen) < frames:
            self.news.clear()
            await self.news.wait()


@asynccontextmanager
async def looking(settings: CameraSettings) -> AsyncIterator[Eye]:
    eye = Eye(open_camera(settings))
    await eye.camera.start()
    watching = asyncio.create_task(eye.watch(), name="test: eye")
    try:
        yield eye
    finally:
        watching.cancel()
        await asyncio.wait([watching])
        await eye.camera.stop()


@pytest.fixture
def sensors(tmp_path: Path) -> tuple[Sensor, Sensor]:
    return (
        Sensor("shank", tmp_path / "scene-shank", 2048, 2048),
        Sensor("head", tmp_path / "scene-head", 2464, 2056, area=True, pulses=PULSES),
    )


def settings_of(sensor: Sensor) -> CameraSettings:
    return CameraSettings.model_validate(
        {
            "serial": "AREA01" if sensor.area else "LINE01",
            "scene": str(sensor.scene_path),
            "width_px": sensor.width_px,
            "lines_per_frame": sensor.height_px,
            "line_trigger": None if sensor.area else {"encoder_divider": 4},
        }
    )


async def test_every_frame_of_both_cameras_carries_number_and_count_of_its_part_and_a_fault_hits_the_frame_it_is_for(
    sensors: tuple[Sensor, Sensor],
) -> None:
    port = free_port()
    cell = CellSettings.model_validate(
        {
            "product": "fastener", "distinct_parts": 1, "parts": PARTS, "counts_per_turn": 8192,
            "rate_parts_per_s": 4.0, "fault_every": 3, "fault_kinds": ["black", "white"], "reply_timeout_ms": 1000,
            "station_heartbeat_ms": 1000, "result_timeout_ms": 8000, "trigger_ack_timeout_ms": 5000,
            "exposure_timeout_ms": 5000,
        }
    )  # fmt: skip
    async with asyncio.timeout(LIMIT_S):
        running_cell = asyncio.create_task(run_cell(cell, sensors, "127.0.0.1", port), name="test: cell")
        while not all(sensor.scene_path.exists() for sensor in sensors):  # noqa: ASYNC110  (files have no event)
            await asyncio.sleep(0.01)
        async with looking(settings_of(sensors[0])) as shank, looking(settings_of(sensors[1])) as head:
            await asyncio.gather(shank.up.wait(), head.up.wait())
            async with running(Responder(port)) as station:
                score = await running_cell
            await asyncio.gather(shank.until(PARTS), head.until(4 * PARTS))
    assert [number for number, *_ in shank.seen] == list(range(1, PARTS + 1))
    assert [number for number, *_ in head.seen] == [n for n in range(1, PARTS + 1) for _ in PULSES]
    starts = [part.encoder_count or 0 for part in station.parts]
    for start, (_, count, *_) in zip(starts, shank.seen, strict=True):
        assert abs(count - start) <= WITHIN_COUNTS
    for index, (_, count, *_) in enumerate(head.seen):
        assert abs(count - starts[index // 4] - PULSES[index % 4]) <= WITHIN_COUNTS
    dark = [n for n, _, _, brightest in shank.seen + head.seen if brightest == 0]
    blown = [index for index, (_, _, darkest, _) in enumerate(head.seen) if darkest == 255]
    assert (dark, blown) == ([3], [4 * 5])
    assert (score["faulted"], score["faults_not_taken"]) == ({"black": 1, "white": 1}, 0)
