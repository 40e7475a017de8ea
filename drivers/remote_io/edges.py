"""Parts seen by polling: which reading holds the edge of a part, and how many parts a sensor saw.

Pure. What comes and goes between two polls is lost with a plain input; a latch register keeps the newest, a
counter knows how many. Must not know Modbus or parts' numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.encoder.counts import signed_difference

_WRAP_16 = 1 << 16
_MOST_AT_ONCE = 100


class RisingEdge:
    """Edges of one level. The first level after `forget` is no edge: a part that stands there came before."""

    def __init__(self) -> None:
        self._before: bool | None = None

    def forget(self) -> None:
        """The link was lost: nobody knows what happened since."""
        self._before = None

    def seen(self, level: bool) -> bool:
        """True if this level begins a part."""
        before, self._before = self._before, level
        return level and before is False


class EdgeCounter:
    """Rising edges of one polled level, 16 bits, wraps."""

    def __init__(self) -> None:
        self._edge = RisingEdge()
        self.count = 0

    def forget(self) -> None:
        """The link was lost; the count goes on from where it is."""
        self._edge.forget()

    def seen(self, level: bool) -> int:
        """The count after this level."""
        self.count = (self.count + self._edge.seen(level)) % _WRAP_16
        return self.count


@dataclass(frozen=True, slots=True)
class PartEdge:
    """A part came. `count`: of the counter at its edge; `doubt`: why that cannot be trusted, None = it can.

    uncertain_counts: with a doubt, the edge may have been so far before `count`.
    """

    count: int
    doubt: str | None = None
    uncertain_counts: int = 0


class UnseenParts:
    """Parts that the coupler counted and no edge showed: how many of them are certain after each reading.

    Counter, level and latch may show a part one reading apart, so that a part is unseen only a reading later.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """The link was lost."""
        self._number: int | None = None
        self._fresh = self._ahead = 0

    def seen(self, number: int | None, edges: int) -> int:
        """`number` the coupler counted (None: it does not), `edges` were found in the same reading."""
        if number is None:
            return 0
        before, self._number = self._number, number
        came = 0 if before is None else (number - before) % _WRAP_16
        if came > _MOST_AT_ONCE:  # a coupler that began anew counts from zero
            came = self._fresh = 0
        edges += self._ahead
        certain = max(0, self._fresh - edges)
        edges = max(0, edges - self._fresh)
        self._fresh = max(0, came - edges)
        self._ahead = min(1, max(0, edges - came))
        return certain


class PartEdges:
    """Finds the edges of parts in sensor level, latched count and present count, read in this order.

    With a latch a changed latch is the part; the level only proves that the latch still works (a coupler may show it
    one reading later). Without one the level is, and its count is late by what the line moved since the reading
    before: more than `most_late_counts` is a doubt.
    """

    def __init__(self, *, has_latch: bool, most_late_counts: int) -> None:
        self._has_latch, self._most_late = has_latch, most_late_counts
        self._level = RisingEdge()
        self.forget()

    def forget(self) -> None:
        """The link was lost: edges since then are lost too, and their parts rejected."""
        self._level.forget()
        self._latch: int | None = None
        self._rose = self._latched_first = False

    def seen(self, level: bool, latch: int | None, count: int, moved_counts: int) -> PartEdge | None:
        """What this reading holds. moved_counts: of the counter since the reading before, 0 or more."""
        rises = self._level.seen(level)
        if not self._has_latch or latch is None:
            late = moved_counts > self._most_late
            doubt = f"its edge was seen up to {moved_counts} counts late" if late else None
            return PartEdge(count, doubt, moved_counts if late else 0) if rises else None
        before, self._latch = self._latch, latch
        if before is None:
            return None
        if latch != before:
            self._latched_first = not (self._rose or level)
            self._rose = False
            most_behind = 2 * moved_counts + self._most_late
            if not -self._most_late <= signed_difference(count, latch) <= most_behind:
                doubt = f"the latch holds {latch} while the counter is at {count}"
                return PartEdge(count, doubt, most_behind)
            return PartEdge(latch)
        if self._rose:
            self._rose = False
            return PartEdge(count, "the sensor rose and the latch did not follow", 2 * moved_counts + self._most_late)
        self._rose, self._latched_first = rises and not self._latched_first, self._latched_first and not rises
        return None
