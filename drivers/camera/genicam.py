"""A GenICam camera as the station sees it: its capture process, supervised, and its reports as events.

The asyncio side only: it never touches harvesters, and never waits without a limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.camera.accounting import Accounts
from drivers.camera.event_queue import EventQueue
from drivers.camera.features import writes_for
from drivers.camera.interface import (
    CameraCounts,
    CameraDown,
    CameraError,
    CameraEvent,
    CameraOrder,
    Frame,
    RingLayout,
)
from drivers.camera.process import CaptureProcess
from drivers.camera.producers import producer_file
from drivers.camera.ring import FrameRing
from drivers.camera.settings import CameraSettings
from drivers.camera.supervision import RESTARTS_A_MINUTE, RestartBudget
from drivers.camera.watchdog import Holds
from drivers.camera.wire import Alive, Misconfigured, Plan, Released, Report, Tally

FIRST_REPORT_LIMIT_S = 20.0
RESTART_PAUSE_S = 0.2
WATCH_EVERY_S = 0.25


class GenicamCamera:
    """The camera of these settings, behind its capture process (interface.Camera)."""

    def __init__(self, settings: CameraSettings) -> None:
        self._settings = settings
        self._events = EventQueue()
        self._accounts = Accounts()
        self._holds = Holds(settings.hold_limit_ms)
        self._first_report: asyncio.Future[Report] | None = None
        self._ring: FrameRing | None = None
        self._process: CaptureProcess | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.restarts = 0

    @property
    def ring(self) -> RingLayout:
        """The ring for worker processes; CameraError before start() and after stop()."""
        return self._open_ring().layout

    @property
    def capture_pid(self) -> int | None:
        """The capture process's number, for its memory; None while there is none."""
        return None if self._process is None else self._process.pid

    @property
    def events_dropped(self) -> int:
        """Events that nobody read in time (event_queue.EventQueue)."""
        return self._events.dropped

    @property
    def counts(self) -> CameraCounts:
        """The totals now; the same come as events."""
        return self._accounts.counts

    async def start(self) -> None:
        """Spawn the capture process and wait for its first word, FIRST_REPORT_LIMIT_S at most.

        Raises CameraError when the configuration is at fault: no such producer, no compiler for the simulated one,
        a feature that the camera refuses. A camera that is not there, or busy, is a CameraDown event.
        """
        if self._tasks:
            raise CameraError("the camera was started already")
        producer = await asyncio.to_thread(producer_file, self._settings.producer)
        settings = self._settings
        self._ring = FrameRing(settings.ring_slots, settings.lines_per_frame, settings.width_px)
        self._first_report = asyncio.get_running_loop().create_future()
        self._tasks = [
            asyncio.create_task(self._supervise(producer), name="camera-supervisor"),
            asyncio.create_task(self._watch(), name="camera-watch"),
        ]
        try:
            report = await asyncio.wait_for(asyncio.shield(self._first_report), FIRST_REPORT_LIMIT_S)
        except TimeoutError:
            report = CameraDown(f"the camera's producer gave no sign within {FIRST_REPORT_LIMIT_S:.0f} s")
            self._events.put(report)
        except asyncio.CancelledError:
            await self.stop()
            raise
        if isinstance(report, Misconfigured):
            await self.stop()
            raise CameraError(report.reason)

    async def next_event(self) -> CameraEvent:
        """The next event. One reader at a time."""
        return await self._events.next()

    def view(self, frame: Frame) -> NDArray[np.uint8]:
        """The read-only pixels (height, width); ValueError when the frame was released."""
        return self._open_ring().view(frame.slot, frame.ready_ns)

    def release(self, frame: Frame) -> None:
        """Give the slot back; ValueError when the frame was released before."""
        self._open_ring().release(frame.slot, frame.ready_ns)
        self._holds.released(frame)
        if self._process is not None:
            self._process.order(Released(frame.slot))

    def order(self, order: CameraOrder) -> None:
        """Pass an order on; a camera that is down forgets it."""
        if self._process is not None:
            self._process.order(order)

    async def stop(self) -> None:
        """End the capture process and drop the ring. Idempotent."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._ring is not None:
            self._ring.close()
            self._ring = None
        self._events.clear()

    def _open_ring(self) -> FrameRing:
        if self._ring is None:
            raise CameraError("the camera is not started: there is no frame ring")
        return self._ring

    async def _watch(self) -> None:
        """Tell what has changed, who holds on, and end a capture process that has fallen silent."""
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            if self._process is not None:
                self._process.kill_silent()
            for held in self._holds.overdue(time.monotonic_ns()):
                self._events.put(held)
            self._accounts.dropped(self._events.dropped)
            counts = self._accounts.news()
            if counts is not None:
                self._events.put(counts)

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
            self._accounts.process_ended()
        return None if misconfigured else how

    def _plan(self, producer: Path) -> Plan:
        settings, ring = self._settings, self._open_ring()
        return Plan(
            producer=str(producer),
            serial=settings.serial,
            scene=settings.scene,
            model=settings.model,
            buffers=settings.buffers,
            chunks=settings.chunks,
            chunks_by_line=not settings.is_area,
            events=settings.events,
            software_trigger=settings.frame_trigger == "Software",
            counts_per_frame=_counts_per_frame(settings),
            writes=writes_for(settings),
            ring=ring.layout,
            held=ring.held,
            last_frame_id=self._accounts.newest_frame_id,
        )

    def _heard(self, report: Report) -> None:
        match report:
            case Alive():
                return
            case Tally():
                self._accounts.tally(report)
                return
            case _:
                if self._first_report is not None and not self._first_report.done():
                    self._first_report.set_result(report)
        if isinstance(report, Misconfigured):
            report = CameraDown(f"{report.reason}; it stays down until the configuration is mended", final=True)
        if isinstance(report, Frame):
            self._open_ring().take(report.slot, report.ready_ns)
            self._holds.taken(report, time.monotonic_ns())
        self._accounts.event(report)
        self._events.put(report)


def _counts_per_frame(settings: CameraSettings) -> int:
    """Encoder counts from frame to frame, negative for lines as the counts fall; 0 where frames wait for a trigger."""
    line = settings.line_trigger
    if line is None or settings.counts_per_line is None or settings.frame_trigger != "Off":
        return 0
    falling = line.encoder_output_mode in ("PositionDown", "DirectionDown")
    return settings.lines_per_frame * settings.counts_per_line * (-1 if falling else 1)
