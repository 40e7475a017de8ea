"""Heartbeats both ways: is the PLC's program running, and does the inspection loop make progress.

Pure: time comes in as `now_ns`. Must not know registers or sockets.
"""


class PlcHeartbeat:
    """The PLC is alive while its counter moves; silent after `limit_ns` without a move. Silent until first seen."""

    def __init__(self, limit_ns: int, now_ns: int) -> None:
        self._limit_ns = limit_ns
        self._last = 0
        self._moved_ns = now_ns
        self._said_silent = False
        self.alive = False

    def seen(self, counter: int, now_ns: int) -> bool:
        """The PLC's counter was written; True if the PLC is alive from now on and was not before."""
        if counter == self._last:
            return False
        self._last = counter
        self._moved_ns = now_ns
        came_back = not self.alive
        self.alive = True
        self._said_silent = False
        return came_back

    def silent_for_ms(self, now_ns: int) -> int | None:
        """How long the counter has stood still, once when the limit is passed; otherwise None."""
        silent_ns = now_ns - self._moved_ns
        if self._said_silent or silent_ns <= self._limit_ns:
            return None
        self.alive = False
        self._said_silent = True
        return silent_ns // 1_000_000


class StationHeartbeat:
    """S2: +1 for each period in which the loop reported progress; periods without progress are never made up."""

    def __init__(self, period_ns: int, now_ns: int) -> None:
        self._period_ns = period_ns
        self._next_ns = now_ns + period_ns
        self._progress = False
        self.counter = 0

    def beat(self) -> None:
        """The inspection loop made progress, or was able to."""
        self._progress = True

    def tick(self, now_ns: int) -> None:
        """Close the period if it is over."""
        if now_ns < self._next_ns:
            return
        if self._progress:
            self.counter = (self.counter + 1) & 0xFFFF
        self._progress = False
        periods = (now_ns - self._next_ns) // self._period_ns + 1
        self._next_ns += periods * self._period_ns
