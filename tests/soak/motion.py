"""The belt as it truly moves, in pieces of constant speed, and the encoder on it: its count wraps, jumps, goes away.

Must not know parts.
"""

from __future__ import annotations

from tests.soak.plant import SECOND


class Motion:
    """Positions are true counts, unbounded; `furthest` is the highest so far."""

    def __init__(self, first_count: int) -> None:
        self._place, self._since_ns = 0.0, 0
        self.speed = 0.0
        self.offset = first_count
        self.readable = True
        self._furthest = 0.0
        self.pieces = 0
        """Changes with each change of speed."""

    def place(self, now_ns: int) -> float:
        """Where the belt is."""
        return self._place + self.speed * (now_ns - self._since_ns) / SECOND

    def furthest(self, now_ns: int) -> float:
        """The furthest it has been."""
        return max(self._furthest, self.place(now_ns))

    def count(self, now_ns: int) -> int:
        """What the encoder shows."""
        return (self.offset + int(self.place(now_ns))) & 0xFFFF_FFFF

    def count_at(self, place: float) -> int:
        """What the encoder shows, or would have shown, with the belt at this place."""
        return (self.offset + int(place)) & 0xFFFF_FFFF

    def set_speed(self, counts_per_s: float, now_ns: int) -> None:
        """From now on."""
        self.pieces += 1
        self._place = self.place(now_ns)
        self._furthest = max(self._furthest, self._place)
        self._since_ns, self.speed = now_ns, counts_per_s

    def when(self, place: float, now_ns: int) -> int | None:
        """The time at which the belt comes to a place that it has not been at; None while it does not go there."""
        if self.speed <= 0:
            return None
        way = place - self._place
        return max(now_ns, self._since_ns + int(way / self.speed * SECOND) + 1)
