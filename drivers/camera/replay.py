"""A recording that plays the part of a camera, from the station's own process: for tests, demonstrations and arguments.

Its frames come as they were recorded, in time and with their gaps, over and over; numbers and encoder counts go on
rising from one round to the next. Pictures are read in a thread, one ahead.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from drivers.camera.accounting import Accounts
from drivers.camera.event_queue import EventQueue
from drivers.camera.interface import (
    CameraDown,
    CameraError,
    CameraEvent,
    CameraIdentity,
    CameraOrder,
    CameraUp,
    Fire,
    Frame,
    FrameHeld,
    FrameLost,
    RingLayout,
)
from drivers.camera.recording import RecordedFrame, RecordingError, read_picture, read_recording
from drivers.camera.replay_rounds import Shown, rounds
from drivers.camera.ring import FrameRing, RingMap
from drivers.camera.settings import CameraSettings
from drivers.camera.wire import Tally

COUNTS_EVERY_S = 0.25
MAX_FIRES_WAITING = 4
LATE_NS = 50_000_000
_T = TypeVar("_T")


class ReplayCamera:
    """The recording in settings.scene as a camera (interface.Camera).

    With frame_trigger Software each Fire shows the next frame (MAX_FIRES_WAITING may wait, more are counted as missed
    triggers); otherwise the recording's own times pace it.
    """

    def __init__(self, settings: CameraSettings) -> None:
        self._settings = settings
        self._folder = settings.scene_path or Path()
        self._events = EventQueue()
        self._accounts = Accounts()
        self._missed = Tally()
        self._fires: asyncio.Queue[None] = asyncio.Queue(MAX_FIRES_WAITING)
        self._ring: FrameRing | None = None
        self._slots: RingMap | None = None
        self._held: dict[int, asyncio.TimerHandle] = {}
        self._player: asyncio.Task[None] | None = None
        self._counts_due: asyncio.TimerHandle | None = None

    @property
    def ring(self) -> RingLayout:
        """The ring for worker processes; CameraError before start() and after stop()."""
        return self._open_ring().layout

    async def start(self) -> None:
        """Read the table, check every picture, and play. RecordingError (a CameraError) when something is amiss."""
        if self._player is not None:
            raise CameraError("the camera was started already")
        frames = await asyncio.to_thread(self._checked)
        settings = self._settings
        self._ring = FrameRing(settings.ring_slots, settings.lines_per_frame, settings.width_px)
        self._slots = RingMap(self._ring.layout, writable=True)
        self._put(CameraUp(self._identity()))
        self._player = asyncio.create_task(self._play(frames), name="camera-replay")

    def _checked(self) -> tuple[RecordedFrame, ...]:
        frames = read_recording(self._folder)
        asked = (self._settings.width_px, self._settings.lines_per_frame)
        for frame in frames:
            if (frame.width_px, frame.height_px) != asked:
                raise RecordingError(
                    f"picture {frame.path} has {frame.width_px}x{frame.height_px} pixels, and the camera is set to "
                    f"{asked[0]}x{asked[1]}: set width_px and lines_per_frame to the recording's"
                )
        read_picture(frames[0])
        return frames

    def _identity(self) -> CameraIdentity:
        return CameraIdentity(
            "Recording", self._folder.name, self._settings.serial, "1", str(self._folder), simulated=True
        )

    async def next_event(self) -> CameraEvent:
        """The next event. One reader at a time."""
        return await self._events.next()

    def view(self, frame: Frame) -> NDArray[np.uint8]:
        """The read-only pixels (height, width); ValueError when the frame was released."""
        return self._open_ring().view(frame.slot, frame.ready_ns)

    def release(self, frame: Frame) -> None:
        """Give the slot back; ValueError when the frame was released before."""
        self._open_ring().release(frame.slot, frame.ready_ns)
        self._held.pop(frame.slot).cancel()

    def order(self, order: CameraOrder) -> None:
        """Fire shows the next frame, if the trigger is Software. Recover begins anew: that cannot fail."""
        if self._player is None or self._player.done():
            return
        if not isinstance(order, Fire):
            self._put(CameraDown(f"{order.reason}; the recording goes on"))
            self._put(CameraUp(self._identity()))
        elif self._settings.frame_trigger == "Software":
            try:
                self._fires.put_nowait(None)
            except asyncio.QueueFull:
                self._missed = replace(self._missed, frame_triggers_missed=self._missed.frame_triggers_missed + 1)
                self._accounts.tally(self._missed)
                self._soon_say_counts()

    async def stop(self) -> None:
        """Stop playing and unmap the ring; views become invalid. Idempotent."""
        player, self._player = self._player, None
        if player is not None:
            player.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await player
        for timer in (*self._held.values(), self._counts_due):
            if timer is not None:
                timer.cancel()
        self._held.clear()
        if self._slots is not None:
            self._slots.close()
            self._slots = None
        if self._ring is not None:
            self._ring.close()
            self._ring = None
        self._events.clear()

    def _open_ring(self) -> FrameRing:
        if self._ring is None:
            raise CameraError("the camera is not started: there is no frame ring")
        return self._ring

    async def _play(self, frames: tuple[RecordedFrame, ...]) -> None:
        begun_ns = time.monotonic_ns()
        last_id: int | None = None
        try:
            for shown in rounds(frames):
                pixels = await _in_thread(lambda shown=shown: read_picture(shown.recorded))
                if self._settings.frame_trigger == "Software":
                    await self._fires.get()
                    camera_ns = time.monotonic_ns()
                else:
                    late_ns = time.monotonic_ns() - begun_ns - shown.offset_us * 1000
                    if late_ns > LATE_NS:  # reading takes longer than recording did: it plays slower
                        begun_ns += late_ns
                    await asyncio.sleep(-late_ns * 1e-9)
                    camera_ns = min(begun_ns + shown.offset_us * 1000, time.monotonic_ns())
                await self._show(shown, pixels, camera_ns, last_id)
                last_id = shown.frame_id
        except RecordingError as error:
            self._put(CameraDown(str(error), final=True))

    async def _show(self, shown: Shown, pixels: NDArray[np.uint8], camera_ns: int, last_id: int | None) -> None:
        begun_ns = time.monotonic_ns()
        lost_before = 0 if last_id is None else max(0, shown.frame_id - last_id - 1)
        ring, slots = self._open_ring(), self._slots
        assert slots is not None
        free = [slot for slot in range(ring.layout.slots) if slot not in ring.held]
        first_count = None if shown.encoder is None else shown.encoder.counts[0]
        if not free:
            self._put(FrameLost(shown.frame_id, "ring full", camera_ns, first_count))
            return
        if shown.recorded.lines_valid == 0:
            self._put(FrameLost(shown.frame_id, "incomplete without lines", camera_ns, first_count))
            return
        slot = free[0]
        lines = shown.recorded.lines_valid
        target = slots.slot(slot)

        def copy() -> None:
            target[:lines] = pixels[:lines]
            target[lines:] = 0

        await _in_thread(copy)
        ready_ns = time.monotonic_ns()
        frame = Frame(
            slot=slot,
            frame_id=shown.frame_id,
            camera_ns=camera_ns,
            ready_ns=ready_ns,
            copy_us=(ready_ns - begun_ns) // 1000,
            encoder=shown.encoder,
            width_px=self._settings.width_px,
            height_px=self._settings.lines_per_frame,
            lines_valid=lines,
            pixel_format=shown.recorded.pixel_format,
            lost_before=lost_before,
        )
        ring.take(slot, ready_ns)
        limit_s = self._settings.hold_limit_ms / 1000
        self._held[slot] = asyncio.get_running_loop().call_later(limit_s, self._say_held, frame)
        self._put(frame)

    def _say_held(self, frame: Frame) -> None:
        self._put(FrameHeld(frame.frame_id, frame.slot, (time.monotonic_ns() - frame.ready_ns) // 1_000_000))

    def _put(self, event: CameraEvent) -> None:
        self._accounts.event(event)
        self._events.put(event)
        self._soon_say_counts()

    def _soon_say_counts(self) -> None:
        if self._counts_due is None:
            self._counts_due = asyncio.get_running_loop().call_later(COUNTS_EVERY_S, self._say_counts)

    def _say_counts(self) -> None:
        self._counts_due = None
        self._accounts.dropped(self._events.dropped)
        counts = self._accounts.news()
        if counts is not None:
            self._events.put(counts)


async def _in_thread(work: Callable[[], _T]) -> _T:
    """Run `work` in a thread; when cancelled, wait until it has let go of the ring."""
    job = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await job
        raise
