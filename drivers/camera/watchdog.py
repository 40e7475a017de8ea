"""When silence is a fault: no frames though the encoder turns, a process that does not speak, a frame never let go.

Pure: times and counts come in as arguments. It must not know how anything is mended.
"""

from __future__ import annotations

from drivers.camera.interface import Frame, FrameHeld

FRAMES_MISSED = 2.5
_WRAP = 1 << 32


def _moved(before: int, after: int) -> int:
    """Counts from one reading of a 32-bit encoder to the next, the short way round."""
    return (after - before + _WRAP // 2) % _WRAP - _WRAP // 2


class FrameWatch:
    """Frames of a camera that takes its lines from the encoder and starts frames by itself. A stopped belt is no fault.

    `counts_per_frame` is negative where the camera makes lines as the counts fall; 0 watches nothing.
    """

    def __init__(self, counts_per_frame: int) -> None:
        self._counts_per_frame = counts_per_frame
        self._count: int | None = None
        self._moved = 0
        self._frame_came = True

    def frame(self) -> None:
        """A frame came."""
        self._frame_came = True

    def encoder(self, count: int | None) -> str | None:
        """The encoder's register now (32 bits, wrapping); one sentence when frames are missing for too long a way."""
        if count is None or self._counts_per_frame == 0:
            return None
        if self._frame_came or self._count is None:
            self._moved, self._frame_came = 0, False
        else:
            self._moved += _moved(self._count, count)
        self._count = count
        frames = self._moved / self._counts_per_frame
        if frames <= FRAMES_MISSED:
            return None
        self._frame_came = True
        return f"the encoder moved by {frames:.1f} frames ({self._moved} counts) and no frame came"


class Silence:
    """A process says before each step how long it may be silent; this knows when it has been for longer."""

    def __init__(self, now_s: float, limit_ms: int) -> None:
        self._heard_s, self._limit_ms = now_s, limit_ms

    def heard(self, now_s: float, limit_ms: int | None = None) -> None:
        """It spoke; with a limit it said for how long it may be silent from now on."""
        self._heard_s = now_s
        if limit_ms is not None:
            self._limit_ms = limit_ms

    def overdue(self, now_s: float) -> str | None:
        """One sentence when it has been silent for too long."""
        silent_ms = (now_s - self._heard_s) * 1000
        if silent_ms <= self._limit_ms:
            return None
        return f"the capture process was silent for {silent_ms:.0f} ms where {self._limit_ms} ms are allowed"


class Holds:
    """Since when consumers have which frames; those held for longer than the limit are told once each."""

    def __init__(self, limit_ms: int) -> None:
        self._limit_ms = limit_ms
        self._since_ns: dict[int, tuple[int, int]] = {}

    def taken(self, frame: Frame, now_ns: int) -> None:
        """A consumer can read this frame from now on."""
        self._since_ns[frame.slot] = (now_ns, frame.frame_id)

    def released(self, frame: Frame) -> None:
        """Its slot was given back."""
        self._since_ns.pop(frame.slot, None)

    def overdue(self, now_ns: int) -> list[FrameHeld]:
        """The frames that have been held for too long since the last time this was asked."""
        late: list[FrameHeld] = []
        for slot, (since_ns, frame_id) in list(self._since_ns.items()):
            held_ms = (now_ns - since_ns) // 1_000_000
            if held_ms > self._limit_ms:
                late.append(FrameHeld(frame_id, slot, held_ms))
                del self._since_ns[slot]
        return late
