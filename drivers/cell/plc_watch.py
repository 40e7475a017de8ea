"""Whether the station is there and works: its heartbeat moves within three of its periods, it gets ready in time.

Pure. Must not know what is done about a silent station.
"""

from __future__ import annotations

from drivers.plc.registers import StatusBits, StatusBlock

_SILENT_PERIODS = 3
_SAY_NOT_READY_AFTER_NS = 2_000_000_000


class StationWatch:
    """Follows StationHeartbeat. `alive` only after the heartbeat was seen to move on this connection."""

    def __init__(self, period_ns: int) -> None:
        self._limit_ns = _SILENT_PERIODS * period_ns
        self._last_value: int | None = None
        self._moved_ns = 0
        self._alive = False

    @property
    def alive(self) -> bool:
        """Whether the station's heartbeat moves."""
        return self._alive

    @property
    def limit_ns(self) -> int:
        """How long the heartbeat may stand still."""
        return self._limit_ns

    def see(self, now_ns: int, status: StatusBlock | None) -> bool:
        """Take in one scan's status, None without a connection; True when a station that was alive is gone now."""
        was_alive = self._alive
        if status is None:
            self._last_value, self._alive = None, False
            return was_alive
        if self._last_value is None:
            self._last_value, self._moved_ns = status.heartbeat, now_ns
        elif status.heartbeat != self._last_value:
            self._last_value, self._moved_ns, self._alive = status.heartbeat, now_ns, True
        elif now_ns - self._moved_ns >= self._limit_ns:
            self._alive = False
        return was_alive and not self._alive


class ReadyWatch:
    """Says once that the line waits for a station that is there and not ready, and once that it is ready again."""

    def __init__(self) -> None:
        self._ready_ns: int | None = None
        self._said = False

    def see(self, now_ns: int, status: StatusBlock | None) -> str | None:
        """Take in one scan's status; the sentence to say now, if any."""
        if status is None:
            self._ready_ns, self._said = None, False
            return None
        if self._ready_ns is None:
            self._ready_ns = now_ns
        if StatusBits.TRIGGER_READY in status.bits and StatusBits.ONLINE in status.bits:
            self._ready_ns = now_ns
            said, self._said = self._said, False
            return "PLC: the station is ready: the line goes on" if said else None
        waited_ns = now_ns - self._ready_ns
        if self._said or waited_ns < _SAY_NOT_READY_AFTER_NS:
            return None
        self._said = True
        return (
            f"PLC: the station has not been ready for {waited_ns // 1_000_000_000} s (state {status.state}, "
            f"error code {status.error_code}): the line waits; see the station's page"
        )
