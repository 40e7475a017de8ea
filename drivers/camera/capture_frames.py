"""From a received buffer to a frame in the ring: numbered, checked for what it is, copied once.

Must not know where buffers come from or who is told.
"""

from __future__ import annotations

import time

from drivers.camera.digest import picture_digest
from drivers.camera.frame_ids import FrameIds
from drivers.camera.interface import Frame, FrameLost, LossReason
from drivers.camera.pixels import write_grey8
from drivers.camera.ring import RingMap
from drivers.camera.session_buffer import Received
from drivers.camera.wire import Plan

_CLOCK_AGREES_NS = 10_000_000_000


class FrameMaker:
    """Owns the capture process's side of the ring."""

    def __init__(self, plan: Plan) -> None:
        self._layout = plan.ring
        self._ring = RingMap(plan.ring, writable=True)
        self._free = set(range(plan.ring.slots)) - set(plan.held)
        self._ids = FrameIds(plan.last_frame_id)
        self._missing = 0
        self._buffers = plan.buffers

    def begin_anew(self) -> None:
        """The camera was stopped or opened anew."""
        self._ids.begin_anew()
        self._missing = 0

    @property
    def fault(self) -> str | None:
        """One sentence when the frames show that the camera has to be opened anew."""
        if self._ids.falls <= self._buffers:
            return None
        return f"{self._ids.falls} frames in a row had old numbers: the camera counts from new"

    def released(self, slot: int) -> None:
        """A consumer is done with this slot."""
        self._free.add(slot)

    def frame(self, received: Received) -> Frame | FrameLost:
        """The frame of this buffer, or why there is none. Numbers missing before a lost frame count for the next."""
        arrived_ns = time.monotonic_ns()
        camera_ns = _camera_time(received.timestamp_ns, arrived_ns)
        numbered = self._ids.number(received.number)
        self._missing += numbered.lost_before
        encoder = received.chunks.encoder
        reason = self._why_lost(received)
        if reason is not None:
            count = None if encoder is None else encoder.counts[0]
            return FrameLost(numbered.frame_id, reason, camera_ns, count)
        slot = min(self._free)  # the same few slots again and again: the others never become resident
        self._free.remove(slot)
        self._copy(received, slot)
        whole = received.lines == received.height_px
        digest = picture_digest(self._ring.slot(slot)) if whole else None
        ready_ns = time.monotonic_ns()
        lost_before, self._missing = self._missing, 0
        assert received.pixel_format is not None
        return Frame(
            slot=slot,
            frame_id=numbered.frame_id,
            camera_ns=camera_ns,
            ready_ns=ready_ns,
            copy_us=(ready_ns - arrived_ns) // 1000,
            encoder=encoder,
            width_px=received.width_px,
            height_px=received.height_px,
            lines_valid=received.lines,
            pixel_format=received.pixel_format.name,
            lost_before=lost_before,
            stale_rows=received.stale_rows,
            line_status=received.chunks.line_status,
            digest=digest,
        )

    def _why_lost(self, received: Received) -> LossReason | None:
        if not received.is_image:
            return "not an image"
        if (received.height_px, received.width_px) != (self._layout.height_px, self._layout.width_px):
            return "wrong size"
        if received.pixel_format is None:
            return "unknown pixel format"
        if received.lines == 0:
            return "incomplete without lines"
        return None if self._free else "ring full"

    def _copy(self, received: Received, slot: int) -> None:
        target = self._ring.slot(slot)
        assert received.pixel_format is not None
        write_grey8(received.pixels, received.pixel_format, target[: received.lines], received.padding_bytes)
        target[received.lines :] = 0

    def close(self) -> None:
        """Unmap the ring."""
        self._ring.close()


def _camera_time(timestamp_ns: int | None, arrived_ns: int) -> int:
    """The camera's time if it is on our clock, else the time of arrival."""
    if timestamp_ns is not None and 0 <= arrived_ns - timestamp_ns < _CLOCK_AGREES_NS:
        return timestamp_ns
    return arrived_ns
