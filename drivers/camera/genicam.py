"""A GenICam camera as the station sees it: its capture process, supervised, and its reports as events.

The asyncio side only: it never touches harvesters, and never waits without a limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.camera.features import writes_for
from drivers.camera.interface import (
    Camera,
    CameraDown,
    CameraError,
    CameraEvent,
    Frame,
    RingLayout,
)
from drivers.camera.process import CaptureProcess
from drivers.camera.producer.build import BuildError, built_producer
from drivers.camera.ring import FrameRing
from drivers.camera.settings import CameraSettings
from drivers.camera.supervision import RESTARTS_A_MINUTE, RestartBudget
from drivers.camera.wire import Misconfigured, Plan, Report

FIRST_REPORT_LIMIT_S = 20.0
RESTART_PAUSE_S = 0.2
MAX_EVENTS = 64


def open_camera(settings: CameraSettings) -> Camera:
    """The camera of these settings, not yet started."""
    return GenicamCamera(settings)


class GenicamCamera:
    """The camera of these settings, behind its capture process (interface.Camera).

    Events wait in a queue of MAX_EVENTS. Frames are never dropped and cannot fill it (the ring has fewer
    slots); when it is full, the oldest other event makes room and is counted in `events_dropped`.
    """

    def __init__(self, settings: CameraSettings) -> None:
        self._settings = settings
        self._events: deque[CameraEvent] = deque()
        self._arrived = asyncio.Event()
        self._first_report: asyncio.Future[Report] | None = None
        self._ring: FrameRing | None = None
        self._process: CaptureProcess | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self.events_dropped = 0
        self.restarts = 0

    @property
    def ring(self) -> RingLayout:
        """The ring for worker processes; CameraError before start() and after stop()."""
        return self._open_ring().layout

    @property
    def capture_pid(self) -> int | None:
        """The capture process's number, for its memory; None while there is none."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Spawn the capture process and wait for its first word, FIRST_REPORT_LIMIT_S at most.

        Raises CameraError when the configuration is at fault: no such producer, no compiler for the simulated one,
        a feature that the camera refuses. A camera that is not there, or busy, is a CameraDown event.
        """
        if self._supervisor is not None:
            raise CameraError("the camera was started already")
        producer = await self._producer()
        settings = self._settings
        self._ring = FrameRing(settings.ring_slots, settings.lines_per_frame, settings.width_px)
        self._first_report = asyncio.get_running_loop().create_future()
        self._supervisor = asyncio.create_task(self._supervise(producer), name="camera-supervisor")
        try:
            report = await asyncio.wait_for(asyncio.shield(self._first_report), FIRST_REPORT_LIMIT_S)
        except TimeoutError:
            report = CameraDown(f"the camera's producer gave no sign within {FIRST_REPORT_LIMIT_S:.0f} s")
            self._put(report)
        except asyncio.CancelledError:
            await self.stop()
            raise
        if isinstance(report, Misconfigured):
            await self.stop()
            raise CameraError(report.reason)

    async def _producer(self) -> Path:
        if self._settings.producer == "simulated":
            try:
                return await asyncio.to_thread(built_producer)
            except BuildError as error:
                raise CameraError(str(error)) from error
        path = Path(self._settings.producer)
        if not await asyncio.to_thread(path.is_file):
            raise CameraError(
                f"GenTL producer {path} does not exist: set camera.producer to a .cti file, or to 'simulated'"
            )
        return path

    async def next_event(self) -> CameraEvent:
        """The next event. One reader at a time."""
        while not self._events:
            self._arrived.clear()
            await self._arrived.wait()
        return self._events.popleft()

    def view(self, frame: Frame) -> NDArray[np.uint8]:
        """The read-only pixels (height, width); ValueError when the frame was released."""
        return self._open_ring().view(frame.slot, frame.ready_ns)

    def release(self, frame: Frame) -> None:
        """Give the slot back; ValueError when the frame was released before."""
        self._open_ring().release(frame.slot, frame.ready_ns)
        if self._process is not None:
            self._process.release(frame.slot)

    async def stop(self) -> None:
        """End the capture process and drop the ring. Idempotent."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await supervisor
        if self._ring is not None:
            self._ring.close()
            self._ring = None
        self._events.clear()

    def _open_ring(self) -> FrameRing:
        if self._ring is None:
            raise CameraError("the camera is not started: there is no frame ring")
        return self._ring

    async def _supervise(self, producer: Path) -> None:
        budget = RestartBudget()
        while True:
            how = await self._run_once(producer)
            if how is None:
                return
            within = budget.take(time.monotonic())
            end = "it is started again" if within else f"after {RESTARTS_A_MINUTE} restarts in a minute it stays down"
            self._heard(CameraDown(f"{how}; {end}", final=not within))
            if not within:
                return
            self.restarts += 1
            await asyncio.sleep(RESTART_PAUSE_S)

    async def _run_once(self, producer: Path) -> str | None:
        """One capture process from start to end; how it ended, or None when another would fare no better."""
        misconfigured = False

        def heard(report: Report) -> None:
            nonlocal misconfigured
            misconfigured = misconfigured or isinstance(report, Misconfigured)
            self._heard(report)

        try:
            process = self._process = await CaptureProcess.spawn(self._plan(producer), heard)
        except OSError as error:
            return f"the capture process could not be started ({error.strerror})"
        try:
            how = await process.ended()
        finally:
            self._process = None
            await process.end()
        return None if misconfigured else how

    def _plan(self, producer: Path) -> Plan:
        settings, ring = self._settings, self._open_ring()
        return Plan(
            producer=str(producer),
            serial=settings.serial,
            scene=settings.scene,
            pixel_format=settings.pixel_format,
            buffers=settings.buffers,
            encoder_chunk=settings.line_trigger is not None and settings.line_trigger.source != "Off",
            writes=writes_for(settings),
            ring=ring.layout,
            held=ring.held,
        )

    def _heard(self, report: Report) -> None:
        if self._first_report is not None and not self._first_report.done():
            self._first_report.set_result(report)
        if isinstance(report, Misconfigured):
            self._put(CameraDown(f"{report.reason}; it stays down until the configuration is mended", final=True))
            return
        if isinstance(report, Frame):
            self._open_ring().take(report.slot, report.ready_ns)
        self._put(report)

    def _put(self, event: CameraEvent) -> None:
        if len(self._events) >= MAX_EVENTS:
            self._events.remove(next(event for event in self._events if not isinstance(event, Frame)))
            self.events_dropped += 1
        self._events.append(event)
        self._arrived.set()
