"""When to poll the coupler: regularly, but not where the request would hold a switch up that is nearly due.

Pure: time comes in as `now_ns`. Must not know the network or what is polled.
"""

from __future__ import annotations

from drivers.plc.facts import NS_PER_MS

_COARSE_NS = 1_200_000
"""Timers of the loop come to a millisecond: the rest of the way to a switch is waited for turn by turn."""
_HELD_UP = 3
"""A poll may wait for a switch, but not longer than so many periods."""


class PollRhythm:
    """The polls of one link. `switch_ns`: when the next output is due, None: nobody knows of one."""

    def __init__(self, period_ms: int, now_ns: int) -> None:
        self._period_ns = period_ms * NS_PER_MS
        self._at_ns = now_ns
        self._cost_ns = NS_PER_MS

    def due(self, now_ns: int, switch_ns: int | None) -> bool:
        """Poll now."""
        free = switch_ns is None or switch_ns - now_ns > 2 * self._cost_ns
        return now_ns >= self._at_ns and (free or now_ns - self._at_ns > _HELD_UP * self._period_ns)

    def polled(self, began_ns: int, now_ns: int) -> None:
        """One poll ended; what all of it took decides how near to a switch the next one may be."""
        self._cost_ns += (now_ns - began_ns - self._cost_ns) // 4
        self._at_ns = max(self._at_ns + self._period_ns, began_ns)

    def rest_ns(self, now_ns: int, switch_ns: int | None) -> int:
        """How long a timer may wait until something is to be done; 0 = look again at the next turn of the loop."""
        until_ns = self._at_ns if now_ns < self._at_ns else now_ns + _COARSE_NS
        if switch_ns is not None:
            until_ns = min(until_ns, switch_ns - _COARSE_NS)
        return max(0, until_ns - now_ns)
