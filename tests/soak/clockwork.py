"""Virtual time: events by time and events by the belt's position, in one order; nothing is waited for.

Must not know what the events are.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any

from tests.soak.motion import Motion

_NEVER = 1 << 62


class Clockwork:
    """`step` runs the next event. Of two at one time the one laid out first comes first."""

    def __init__(self, motion: Motion) -> None:
        self.now_ns = 0
        self.motion = motion
        self._timed: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._placed: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = count()
        self._head: object = None
        self._head_ns, self._pieces = _NEVER, -1

    def at(self, at_ns: int, do: Callable[..., None], *args: Any) -> None:
        """At this time; in the past means now."""
        heappush(self._timed, (at_ns, next(self._order), do, args))

    def after(self, ns: int, do: Callable[..., None], *args: Any) -> None:
        """So much later."""
        heappush(self._timed, (self.now_ns + ns, next(self._order), do, args))

    def at_place(self, place: float, do: Callable[..., None], *args: Any) -> None:
        """When the belt comes there for the first time."""
        heappush(self._placed, (place, next(self._order), do, args))

    def step(self) -> None:
        """The next event."""
        timed, placed = self._timed, self._placed
        if placed:
            head = placed[0]
            if head is not self._head or self.motion.pieces != self._pieces:
                self._head, self._pieces = head, self.motion.pieces
                when = self.motion.when(head[0], self.now_ns)
                self._head_ns = _NEVER if when is None else when
            if self._head_ns < (timed[0][0] if timed else _NEVER):
                self.now_ns = self._head_ns
                _, _, do, args = heappop(placed)
                do(*args)
                return
        at_ns, _, do, args = heappop(timed)
        if at_ns > self.now_ns:
            self.now_ns = at_ns
        do(*args)
