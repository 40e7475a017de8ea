"""When the PLC read its encoder: its own millisecond clock, carried over to ours, so that a slow network moves nothing.

Pure. The least delay seen is taken for the delay of the wire; whatever came later than that was on its way for longer.
Clocks drift, so an old least counts for less and less. Must not know what was read.
"""

from __future__ import annotations

_BITS = 16
_NS_PER_MS = 1_000_000
_DRIFT_PPM = 200
"""Of two quartz clocks against each other, with room to spare."""


class PlcClock:
    """Maps a 16-bit millisecond counter that wraps (each 65.5 s) to CLOCK_MONOTONIC nanoseconds."""

    def __init__(self) -> None:
        self._last_ms: int | None = None
        self._plc_ns = 0
        self._offset_ns = 0
        self._arrived_ns = 0
        self.passed_ns: int | None = None
        """Between the last two readings, by the PLC's own clock; None for the first."""

    def is_older(self, clock_ms: int) -> bool:
        """Whether a reading with this clock was taken before the last one: it came on another way, too late."""
        return self._last_ms is not None and (clock_ms - self._last_ms) % (1 << _BITS) >= 1 << (_BITS - 1)

    def read_at(self, clock_ms: int, arrived_ns: int) -> int:
        """When the reading that came with this clock at `arrived_ns` was taken, never later than it came."""
        if self._last_ms is None or arrived_ns - self._arrived_ns > (_NS_PER_MS << (_BITS - 1)):
            self._last_ms, self._plc_ns, self._offset_ns, self.passed_ns = clock_ms, 0, arrived_ns, None
        else:
            self.passed_ns = ((clock_ms - self._last_ms) % (1 << _BITS)) * _NS_PER_MS
            self._plc_ns += self.passed_ns
            self._last_ms = clock_ms
            self._offset_ns += (arrived_ns - self._arrived_ns) * _DRIFT_PPM // 1_000_000
        self._arrived_ns = arrived_ns
        self._offset_ns = min(self._offset_ns, arrived_ns - self._plc_ns)
        return self._plc_ns + self._offset_ns

    def lost(self) -> None:
        """Another connection, another delay; perhaps another PLC."""
        self._last_ms = None
