"""Frame numbers carried on beyond the camera's wrap-around, and what is missing or repeated among them.

Pure. It must not know buffers, nor where a number comes from.
"""

from __future__ import annotations

from dataclasses import dataclass

_LAST_16_BIT = 65_535
_WRAP_WINDOW = 4096
"""A number that falls from so near the end of 16 bits to so near their beginning has wrapped around."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A frame's number carried on; `lost_before`: numbers missing since the newest frame; `stale`: it is no newer."""

    frame_id: int
    lost_before: int
    stale: bool


class FrameIds:
    """Numbers the frames of one camera; new frames get ever higher ones, also when the camera is opened anew.

    Cameras count in 64 bits, or in 16 without ever using 0 (GigE Vision 1.x: block_id 0 is reserved), or in 16 with 0;
    the last two are told apart once a 0 has come. A number that repeats or falls belongs to an old buffer, and the
    newest stays what it was.
    """

    def __init__(self, last: int = 0) -> None:
        self._last = last
        self._raw: int | None = None
        self._uses_zero = False
        self.falls = 0
        """Old numbers in a row. More than there are buffers cannot be old buffers: the camera counts from new."""

    @property
    def last(self) -> int:
        """The newest number given out."""
        return self._last

    def begin_anew(self) -> None:
        """The camera was stopped or opened anew: its next number may be any, and nothing is missing before it."""
        self._raw = None
        self._uses_zero = False
        self.falls = 0

    def number(self, raw: int | None) -> Numbered:
        """The next frame has number `raw` in the camera's own counting; None: the camera numbers nothing."""
        if raw is None:
            raw = 0 if self._raw is None else self._raw + 1
        self._uses_zero = self._uses_zero or raw == 0
        if self._raw is None:
            self._raw = raw
            self._last = max(raw, self._last + 1)
            return Numbered(self._last, 0, stale=False)
        step = self._step(self._raw, raw)
        if step <= 0:
            self.falls += 1
            return Numbered(max(0, self._last + step), 0, stale=True)
        self.falls = 0
        self._raw = raw
        self._last += step
        return Numbered(self._last, step - 1, stale=False)

    def _step(self, before: int, raw: int) -> int:
        wrapped = _LAST_16_BIT - _WRAP_WINDOW < before <= _LAST_16_BIT and raw <= _WRAP_WINDOW
        if not wrapped:
            return raw - before
        return raw - before + _LAST_16_BIT + self._uses_zero
