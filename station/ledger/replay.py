"""What the entries of a ledger file say after a restart. Pure: bytes in, a book out.

The newest intact entry gives the sums. The unbroken run of entries before it gives the parts in flight and the results
that were not taken. The write that a kill cut off is dropped; that event had not been reported to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from station.core.reasons import Outcome
from station.ledger.book import Book
from station.ledger.entry import ENTRY_BYTES, Entry, Sums, decoded

_BLANK = bytes(ENTRY_BYTES)


@dataclass(frozen=True, slots=True)
class Recovered:
    """How the ledger stood when the last station ended, and what opening it did.

    `in_flight`: part numbers, oldest first, that were triggered and not decided; opening closed them as FORCED, so that
    in `sums` triggers == passed + rejected + forced. `not_taken`: decided, oldest first, and not acknowledged by the
    PLC, which may or may not have read them. `in_flight_unknown`: further parts, closed as FORCED, whose numbers were
    lost with damaged entries. `last_event_unix_ns`: UTC of the newest entry, None in a new file. `sentence`: what was
    wrong with the file, for people; None if nothing was.
    """

    sums: Sums
    in_flight: tuple[int, ...] = ()
    not_taken: tuple[tuple[int, Outcome], ...] = ()
    in_flight_unknown: int = 0
    last_event_unix_ns: int | None = None
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """`newest` is None in a file without an intact entry; `damaged` counts entries that should be there and are not."""

    book: Book
    newest: Entry | None
    damaged: int


def place_of(sequence: int, entries: int) -> int:
    """Where in the ring an entry stands."""
    return (sequence - 1) % entries


def replayed(ring: bytes, entries: int) -> Replay:
    """The book that these `entries` places of `ENTRY_BYTES` make; shorter bytes lack entries at their end."""
    places = [ring[start : start + ENTRY_BYTES] for start in range(0, entries * ENTRY_BYTES, ENTRY_BYTES)]
    intact: dict[int, Entry] = {}
    for place, data in enumerate(places):
        entry = decoded(data)
        if entry is not None and place_of(entry.sequence, entries) == place:
            intact[entry.sequence] = entry
    if not intact:
        torn_first = places[0] != _BLANK and all(data in (_BLANK, b"") for data in places[1:])
        blank = all(data in (_BLANK, b"") for data in places)
        return Replay(Book(entries), None, 0 if torn_first or blank else entries)
    last = max(intact)
    first = last
    while first - 1 in intact:
        first -= 1
    book = Book(entries, first - 1)
    for sequence in range(first, last + 1):
        book.apply(intact[sequence])
    oldest = max(1, last + 2 - entries)  # the one before stood where the write stands that a kill may have cut off
    missing = sum(sequence not in intact for sequence in range(oldest, last))
    return Replay(book, intact[last], missing)
