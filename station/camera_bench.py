"""The camera path by itself: producer, capture process, ring, event loop; no classifier, no PLC.

What `station bench --camera` measures: how old a frame is when the loop hears of it, what the camera costs the loop's
punctuality, what passes in a second, and whether anything grows. The light is a scene of this module's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import tempfile
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from drivers.camera.genicam import GenicamCamera
from drivers.camera.interface import CameraDown, CameraEvent, CameraUp, Frame, FrameLost
from drivers.camera.producer.scene import SceneWriter
from drivers.camera.settings import CameraSettings
from station.process_usage import memory_of
from station.statistics import percentiles

_DIVIDER = 4
_EVENT_LIMIT_S = 30.0
_TICK_S = 0.002
_WARM_UP_FRAMES = 20
_SMALL_PX = 512
_E = TypeVar("_E", bound=CameraEvent)


@dataclass(frozen=True, slots=True)
class Pace:
    """Frames of this size at this rate."""

    width_px: int
    lines: int
    frames_per_s: float


PACES: dict[str, Pace] = {
    "2048x2048 at 20/s": Pace(2048, 2048, 20.0),
    "5472x3648 at 20/s": Pace(5472, 3648, 20.0),
    "2048x2048 at 200/s": Pace(2048, 2048, 200.0),
}


@contextlib.contextmanager
def _turning(width_px: int, lines: int, frames_per_s: float) -> Generator[tuple[SceneWriter, Path]]:
    """A jig that turns without end; its camera scans one frame after the other."""
    memory = Path("/dev/shm")  # noqa: S108  # memory, not a temp file
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="edge-bench-") as folder:
        path = Path(folder) / "bench.scene"
        scene = SceneWriter(path, width_px, lines, counts_per_row=_DIVIDER)
        try:
            scene.set_encoder(time.monotonic_ns(), 0, lines * _DIVIDER * frames_per_s)
            yield scene, path
        finally:
            scene.close()


def _settings(path: Path, width_px: int, lines: int) -> CameraSettings:
    return CameraSettings(
        scene=str(path), width_px=width_px, lines_per_frame=lines, frame_trigger="Off", buffers=16, ring_slots=8
    )


@contextlib.asynccontextmanager
async def _running(settings: CameraSettings) -> AsyncGenerator[GenicamCamera]:
    camera = GenicamCamera(settings)
    try:
        await camera.start()
        yield camera
    finally:
        await camera.stop()


async def _lags_ms(until_s: float) -> list[float]:
    """How late a tick of the loop comes, again and again."""
    lags: list[float] = []
    while (now_s := time.monotonic()) < until_s:
        await asyncio.sleep(_TICK_S)
        lags.append((time.monotonic() - now_s - _TICK_S) * 1e3)
    return lags


async def pace_figures(pace: Pace, seconds: float) -> dict[str, Any]:
    """Latency, loss, throughput and the loop's lag at this pace, beside the lag without a camera in the same run."""
    alone_ms = percentiles(await _lags_ms(time.monotonic() + seconds / 3))
    ages_ms: list[float] = []
    lost = 0
    with _turning(pace.width_px, pace.lines, pace.frames_per_s) as (_, path):
        async with _running(_settings(path, pace.width_px, pace.lines)) as camera:
            for _ in range(_WARM_UP_FRAMES):
                camera.release(await _next(camera, Frame))
            begin_s = time.monotonic()
            lags = asyncio.create_task(_lags_ms(begin_s + seconds), name="loop lag")
            while time.monotonic() - begin_s < seconds:
                async with asyncio.timeout(_EVENT_LIMIT_S):
                    event = await camera.next_event()
                if isinstance(event, Frame):
                    ages_ms.append((time.monotonic_ns() - event.camera_ns) / 1e6)
                    lost += event.lost_before
                    camera.release(event)
                elif isinstance(event, FrameLost):
                    lost += 1
            spent_s = time.monotonic() - begin_s
            with_camera_ms = percentiles(await lags)
    return {
        "frames": len(ages_ms),
        "lost": lost,
        "frames_per_s": round(len(ages_ms) / spent_s, 1),
        "mb_per_s": round(len(ages_ms) * pace.width_px * pace.lines / spent_s / 1e6, 1),
        "timestamp_to_loop_ms": percentiles(ages_ms).as_dict(),
        "loop_lag_ms": {"without_camera": alone_ms.as_dict(), "with_camera": with_camera_ms.as_dict()},
    }


async def _next(camera: GenicamCamera, kind: type[_E]) -> _E:
    """The next event of this kind, _EVENT_LIMIT_S at most; frames on the way are let go."""
    async with asyncio.timeout(_EVENT_LIMIT_S):
        while True:
            event = await camera.next_event()
            if isinstance(event, kind):
                return event
            if isinstance(event, Frame):
                camera.release(event)
            elif isinstance(event, CameraDown) and event.final:
                raise RuntimeError(f"the camera stays down: {event.reason}")


@dataclass(frozen=True, slots=True)
class _Held:
    """What a process holds."""

    rss_mib: float
    descriptors: int

    @classmethod
    def by(cls, pid: int) -> _Held:
        gc.collect()
        return cls(memory_of([pid]).rss_mib, len(list(Path(f"/proc/{pid}/fd").iterdir())))

    def until(self, after: _Held) -> dict[str, Any]:
        """What has grown from here to `after`."""
        return {
            "rss_mib": [self.rss_mib, after.rss_mib],
            "descriptors": [self.descriptors, after.descriptors],
        }


async def endurance_figures(cycles: int, frames: int, unplugs: int) -> dict[str, Any]:
    """Growth over so many create/destroy cycles, frames and unplugs: [before, after], measured after a warm-up."""
    shared = _in_shared_memory()
    with _turning(_SMALL_PX, _SMALL_PX, 200.0) as (scene, path):
        settings = _settings(path, _SMALL_PX, _SMALL_PX)
        figures: dict[str, Any] = {"cycles": cycles, "frames": frames, "unplugs": unplugs}
        figures["create_destroy"] = await _cycle(settings, cycles)
        async with _running(settings) as camera:
            figures["frames_in_capture"] = await _take(camera, frames)
            figures["unplugs_in_capture"] = await _unplug(camera, scene, unplugs)
    figures["left_in_shared_memory"] = sorted(_in_shared_memory() - shared)
    return figures


async def _cycle(settings: CameraSettings, cycles: int) -> dict[str, Any]:
    before: _Held | None = None
    for cycle in range(cycles):
        async with _running(settings) as camera:
            camera.release(await _next(camera, Frame))
        if cycle == cycles // 10:
            before = _Held.by(os.getpid())
    return (before or _Held.by(os.getpid())).until(_Held.by(os.getpid()))


async def _take(camera: GenicamCamera, frames: int) -> dict[str, Any]:
    before: _Held | None = None
    for number in range(frames):
        camera.release(await _next(camera, Frame))
        if number == frames // 10:
            before = _held_by_capture(camera)
    return (before or _held_by_capture(camera)).until(_held_by_capture(camera))


async def _unplug(camera: GenicamCamera, scene: SceneWriter, unplugs: int) -> dict[str, Any]:
    before: _Held | None = None
    back_s: list[float] = []
    for number in range(unplugs):
        scene.faults.unplugged = 1
        await _next(camera, CameraDown)
        scene.faults.unplugged = 0
        plugged_s = time.monotonic()
        await _next(camera, CameraUp)
        camera.release(await _next(camera, Frame))
        back_s.append(time.monotonic() - plugged_s)
        if number == unplugs // 10:
            before = _held_by_capture(camera)
    grown = (before or _held_by_capture(camera)).until(_held_by_capture(camera))
    return {**grown, "back_after_ms": percentiles(second * 1e3 for second in back_s).as_dict()}


def _held_by_capture(camera: GenicamCamera) -> _Held:
    pid = camera.capture_pid
    if pid is None:
        raise RuntimeError("the capture process has gone: what it holds cannot be measured")
    return _Held.by(pid)


def _in_shared_memory() -> set[str]:
    memory = Path("/dev/shm")  # noqa: S108
    return {entry.name for entry in memory.iterdir()} if memory.is_dir() else set()
