"""What the coupler's inputs tell from reading to reading: parts that came, sensors' counts, the key that clears faults.

Pure. Must not know parts' numbers, gates or verdicts.
"""

from __future__ import annotations

from drivers.encoder.counts import signed_difference
from drivers.plc.facts import NS_PER_MS
from drivers.plc.signals import LineSignals
from drivers.remote_io.edges import EdgeCounter, PartEdge, PartEdges, RisingEdge, UnseenParts
from drivers.remote_io.reading import Reading


class LineInputs:
    """Follows one coupler; call all three with each reading, `parts` once."""

    def __init__(self, *, has_latch: bool, most_late_counts: int) -> None:
        self._edges = PartEdges(has_latch=has_latch, most_late_counts=most_late_counts)
        self._unseen = UnseenParts()
        self._error_key, self._rejects, self._parts_seen = RisingEdge(), EdgeCounter(), EdgeCounter()
        self._count: int | None = None
        self._moved = 0

    def forget(self) -> None:
        """The link was lost: nobody knows what happened since."""
        self._count = None
        for edge in (self._edges, self._unseen, self._error_key, self._rejects, self._parts_seen):
            edge.forget()

    def signals(self, reading: Reading) -> LineSignals:
        """Encoder and sensors, levels of sensors counted here."""
        return LineSignals(
            at_ns=reading.at_ns,
            encoder_count=reading.count,
            rejects_seen=_counted(self._rejects, reading.rejects),
            parts_seen=_counted(self._parts_seen, reading.parts),
            air_low=reading.air_low,
            bin_full=reading.bin_full,
        )

    def clears_error(self, reading: Reading) -> bool:
        """The key was pressed."""
        return self._error_key.seen(reading.clear_error)

    def parts(self, reading: Reading) -> list[PartEdge]:
        """Parts that came since the reading before; first those that the coupler counted and no edge showed."""
        moved = 0 if self._count is None else max(0, signed_difference(reading.count, self._count))
        edge = self._edges.seen(reading.part, reading.latch, reading.count, moved)
        unseen = PartEdge(reading.count, "it came and went between two readings", moved + self._moved)
        came = [unseen] * self._unseen.seen(reading.part_number, edge is not None)
        self._count, self._moved = reading.count, moved
        if edge is None:
            return came
        if not reading.places and reading.latch is None and edge.doubt is None:
            edge = PartEdge(edge.count, f"its reading took {reading.took_ns // NS_PER_MS} ms", moved)
        return [*came, edge]


def _counted(edges: EdgeCounter, seen: int | bool | None) -> int | None:
    """A counter as it is, a level counted here."""
    return edges.seen(seen) if isinstance(seen, bool) else seen
