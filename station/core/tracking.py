"""Which part is where: open parts, their deadlines, and which frame belongs to which part (promises P3, P4).

Pure: time comes in as an argument. Must not know about cameras, pictures or registers. Frames are matched by the
encoder count at their first line, never by order, because order is what breaks when one frame is lost.
"""

from __future__ import annotations

from drivers.camera.interface import Frame
from drivers.encoder.counts import signed_difference
from station.core.values import LineLimits, OpenPart


class AmbiguousFrameError(LookupError):
    """A frame without an encoder count came while several parts were waiting for one."""


class Tracking:
    """The open parts in the order of their triggers; bounded by `limits.max_in_flight` (the caller asks first)."""

    def __init__(self, limits: LineLimits) -> None:
        self._limits = limits
        self._parts: dict[int, OpenPart] = {}
        self._held: list[tuple[int, Frame]] = []

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def parts(self) -> list[OpenPart]:
        """The open parts, oldest trigger first."""
        return list(self._parts.values())

    @property
    def full(self) -> bool:
        """Whether one more part would exceed the limit."""
        return len(self._parts) >= self._limits.max_in_flight

    def open(self, part: OpenPart) -> Frame | None:
        """Take a part in; returns the frame that was already waiting for it, if any."""
        self._parts[part.uid] = part
        for index, (_, frame) in enumerate(self._held):
            if self._fits(part, frame):
                del self._held[index]
                return frame
        return None

    def get(self, part_uid: int) -> OpenPart | None:
        """The open part with this uid."""
        return self._parts.get(part_uid)

    def close(self, part_uid: int) -> OpenPart:
        """Take a part out."""
        return self._parts.pop(part_uid)

    def owner_of(self, frame: Frame) -> OpenPart | None:
        """The open part this frame belongs to, or None. AmbiguousFrameError when it could be several."""
        fitting = [part for part in self._parts.values() if part.frame is None and self._fits(part, frame)]
        if len(fitting) > 1:
            count = "no encoder count" if frame.encoder_count is None else f"encoder count {frame.encoder_count}"
            raise AmbiguousFrameError(f"frame {frame.frame_id} with {count} could belong to {len(fitting)} parts")
        return fitting[0] if fitting else None

    def hold(self, frame: Frame, now_ns: int) -> Frame | None:
        """Keep a frame whose trigger message may still come. At most one is kept: returns the one pushed out."""
        pushed_out = self._held.pop(0)[1] if self._held else None
        self._held.append((now_ns + self._limits.frame_hold_ns, frame))
        return pushed_out

    def expired_frames(self, now_ns: int) -> list[Frame]:
        """Held frames for which no trigger came in time; they are no longer held."""
        gone = [frame for until_ns, frame in self._held if until_ns <= now_ns]
        self._held = [(until_ns, frame) for until_ns, frame in self._held if until_ns > now_ns]
        return gone

    def overdue(self, now_ns: int) -> list[OpenPart]:
        """Parts whose deadline has come without a verdict."""
        return [part for part in self._parts.values() if part.deadline_ns <= now_ns]

    def _fits(self, part: OpenPart, frame: Frame) -> bool:
        wanted, seen = part.trigger.encoder_count, frame.encoder_count
        if not self._limits.frames_carry_counts:
            # Without counts there is only time: a picture from before the trigger shows another part.
            return frame.camera_ns >= part.trigger.at_ns
        if wanted is None or seen is None:
            return False
        return abs(signed_difference(seen, wanted)) <= self._limits.encoder_tolerance_counts
