"""A small turning world for the camera tests: the scene file, its encoder, and pulses at known counts.

A line-scan camera sees one turn a part; an area camera sees each picture until the next.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from drivers.camera.genicam import GenicamCamera
from drivers.camera.interface import CameraEvent, CameraUp, Frame
from drivers.camera.producer.background import LIVE_COLUMNS, background_rows
from drivers.camera.producer.scene import SceneWriter
from drivers.camera.settings import CameraSettings

WIDTH_PX, HEIGHT_PX = 640, 360
COUNTS_PER_ROW = 4
TURN_COUNTS = HEIGHT_PX * COUNTS_PER_ROW
LEVEL, NOISE = 12, 4
LIMIT_S = 40.0
E = TypeVar("E", bound=CameraEvent)


class World:
    """A turning jig seen by a camera of 640x360; `rate_turns_s` may be far from any real one."""

    def __init__(self, path: Path, rate_turns_s: float = 20.0, *, area: bool = False, count0: int = 0) -> None:
        self.path = path
        self.scene = SceneWriter(
            path,
            WIDTH_PX,
            HEIGHT_PX,
            counts_per_row=COUNTS_PER_ROW,
            background_level=LEVEL,
            noise_amplitude=NOISE,
            area=area,
        )
        self._t0_ns, self._count0 = time.monotonic_ns(), count0
        self._rate = TURN_COUNTS * rate_turns_s
        self.scene.set_encoder(self._t0_ns, count0, self._rate)
        self._next_start = count0

    def count(self) -> int:
        """Where the encoder is now."""
        return self._count0 + int((time.monotonic_ns() - self._t0_ns) * 1e-9 * self._rate)

    def pulse(self, picture: int = -1, *, number: int = 0) -> int:
        """Show a picture for the next turn that nobody has booked; its start count."""
        start = max(self._next_start, self.count() + TURN_COUNTS // 4)
        self._next_start = start + TURN_COUNTS
        self.scene.show(start, picture, number=number)
        return start

    def add_part(self, seed: int, width_px: int = 90, x: int = 200, y: int = 11) -> tuple[int, NDArray[np.uint8]]:
        """A noise picture in the bank, and the whole sensor picture that the camera should deliver for it."""
        rng = np.random.default_rng(seed)
        pixels = rng.integers(0, 256, (HEIGHT_PX - 2 * y, width_px), dtype=np.uint8)
        expected = background_picture()
        expected[y : y + pixels.shape[0], x : x + width_px] = pixels
        return self.scene.add_picture(pixels, x, y), expected


def background_picture() -> NDArray[np.uint8]:
    """What the camera delivers when nothing is on the jig."""
    rows = background_rows(LEVEL, NOISE, WIDTH_PX)
    return np.resize(rows, (HEIGHT_PX, WIDTH_PX))


def same_picture(seen: NDArray[np.uint8], expected: NDArray[np.uint8]) -> bool:
    """Whether a frame is this picture, but for the live noise at the beginning of line 0."""
    live = seen.copy()
    live[0, :LIVE_COLUMNS] = expected[0, :LIVE_COLUMNS]
    return np.array_equal(live, expected)


@contextmanager
def turning_world(path: Path, rate_turns_s: float = 20.0, *, area: bool = False, count0: int = 0) -> Iterator[World]:
    """A world that is put away at the end."""
    world = World(path, rate_turns_s, area=area, count0=count0)
    try:
        yield world
    finally:
        world.scene.close()


def simulated_settings(path: Path, **changes: object) -> CameraSettings:
    """The simulated camera in step with a World's encoder and pulses."""
    values: dict[str, object] = {
        "scene": str(path),
        "width_px": WIDTH_PX,
        "lines_per_frame": HEIGHT_PX,
        **changes,
    }
    return CameraSettings.model_validate(values)


def area_settings(path: Path, **changes: object) -> CameraSettings:
    """The simulated area camera, taking a picture at each of a World's pulses."""
    return simulated_settings(path, **{"serial": "AREA01", "line_trigger": None, **changes})


@asynccontextmanager
async def running(settings: CameraSettings) -> AsyncIterator[GenicamCamera]:
    """A camera that is up, and stopped at the end."""
    camera = GenicamCamera(settings)
    await camera.start()
    try:
        await next_of(camera, CameraUp)
        yield camera
    finally:
        await camera.stop()


async def next_of(camera: GenicamCamera, kind: type[E]) -> E:
    """The next event of this kind; others on the way are let go (frames are released)."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            event = await camera.next_event()
            if isinstance(event, kind):
                return event
            if isinstance(event, Frame):
                camera.release(event)
