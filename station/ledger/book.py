"""The ledger as the entries make it: who is in flight, whose result was not taken yet, and which entries come next.

Pure. Two doors: `write` for what happens now, which refuses a contradiction, and `apply` for entries read back, which
takes them as they are. Both lead to the same state, also where `apply` began in the middle: entries that the ring is
about to overwrite are said again (`CARRIED`) or forgotten. Must not know files, clocks, or why a part was rejected.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from station.core.ledger import LedgerError
from station.core.reasons import Outcome
from station.ledger.entry import Entry, Kind, Sums

UNTAKEN_KEPT = 64
"""Results that the PLC has not taken are remembered up to this many; its buffer holds eight."""
LARGEST_PART_SEQ = 65535


class Untaken(NamedTuple):
    """A decided part whose result the PLC has not acknowledged; `sequence` is that of the entry that says so."""

    part_seq: int
    outcome: Outcome
    sequence: int


class Book:
    """A ring of `entries` places; `last_sequence` and `sums` go on from an entry that was read back."""

    def __init__(self, entries: int, last_sequence: int = 0, sums: Sums | None = None) -> None:
        self._entries = entries
        self._last = last_sequence
        self._sums = sums or Sums()
        self._open: dict[int, int] = {}  # part number -> sequence of the entry that says so, oldest first
        self._untaken: deque[Untaken] = deque(maxlen=UNTAKEN_KEPT)

    @property
    def sums(self) -> Sums:
        """The sums now."""
        return self._sums

    @property
    def last_sequence(self) -> int:
        """The newest entry's number, 0 where there is none."""
        return self._last

    @property
    def in_flight(self) -> tuple[int, ...]:
        """Part numbers, oldest first."""
        return tuple(self._open)

    @property
    def not_taken(self) -> tuple[tuple[int, Outcome], ...]:
        """Part numbers and outcomes, oldest first."""
        return tuple((untaken.part_seq, untaken.outcome) for untaken in self._untaken)

    def awaits_taking(self, part_seq: int) -> bool:
        """Whether a result of this number was decided and not taken."""
        return any(untaken.part_seq == part_seq for untaken in self._untaken)

    def write(self, kind: Kind, part_seq: int, outcome: Outcome | None, at_unix_ns: int) -> list[Entry]:
        """The entries to write for this event, in order; LedgerError, and nothing changed, if it contradicts."""
        self._check(kind, part_seq, outcome)
        written: list[Entry] = []
        while self._open:
            oldest, said = next(iter(self._open.items()))
            # One place ahead: a torn write then spoils an entry that was already said again, never the only one.
            if said > self._last + 2 - self._entries:
                break
            written.append(self._next(Kind.CARRIED, oldest, None, at_unix_ns))
        written.append(self._next(kind, part_seq, outcome, at_unix_ns))
        return written

    def close_lost(self, at_unix_ns: int) -> list[Entry]:
        """Rejects the parts that the sums know of and whose numbers were lost with damaged entries."""
        lost = self._sums.in_flight - len(self._open)
        return [self._next(Kind.DECIDED, 0, Outcome.FORCED, at_unix_ns) for _ in range(lost)]

    def apply(self, entry: Entry) -> None:
        """Follow one entry; the sums are the entry's own."""
        part_seq, outcome = entry.part_seq, entry.outcome
        self._last, self._sums = entry.sequence, entry.sums
        match entry.kind:
            case Kind.TRIGGERED | Kind.CARRIED:
                self._open.pop(part_seq, None)
                self._open[part_seq] = entry.sequence
            case Kind.DECIDED:
                self._open.pop(part_seq, None)
                if part_seq and outcome is not None:
                    self._untaken.append(Untaken(part_seq, outcome, entry.sequence))
            case Kind.WITHDRAWN:
                place = self._place_of(part_seq, Outcome.PASSED)
                if place is not None:
                    self._untaken[place] = self._untaken[place]._replace(outcome=Outcome.FORCED)
            case Kind.TAKEN | Kind.SETTLED:
                place = self._place_of(part_seq)
                if place is not None:
                    del self._untaken[place]
        # The next write may be torn, so what stands in its place is as good as gone.
        while self._untaken and self._untaken[0].sequence <= self._last + 1 - self._entries:
            self._untaken.popleft()

    def _next(self, kind: Kind, part_seq: int, outcome: Outcome | None, at_unix_ns: int) -> Entry:
        entry = Entry(self._last + 1, kind, part_seq, outcome, at_unix_ns, self._sums.after(kind, outcome))
        self.apply(entry)
        return entry

    def _place_of(self, part_seq: int, outcome: Outcome | None = None) -> int | None:
        """The oldest such result: the PLC takes results in the order in which they were decided."""
        for place, untaken in enumerate(self._untaken):
            if untaken.part_seq == part_seq and outcome in (None, untaken.outcome):
                return place
        return None

    def _check(self, kind: Kind, part_seq: int, outcome: Outcome | None) -> None:
        if kind is Kind.TRIGGERED:
            if not 0 < part_seq <= LARGEST_PART_SEQ:
                raise LedgerError(f"a part number is 1..{LARGEST_PART_SEQ}, got {part_seq}")
            if part_seq in self._open:
                raise LedgerError(f"part number {part_seq} is still in flight")
            if len(self._open) >= self._entries // 2:
                raise LedgerError(f"{len(self._open)} parts in flight are more than the ledger file can follow")
        elif kind is Kind.DECIDED:
            if part_seq not in self._open:
                said = outcome.value if outcome else "decided"
                raise LedgerError(f"part number {part_seq} is not in flight: it cannot be {said} (again)")
        elif kind is Kind.WITHDRAWN and self._place_of(part_seq, Outcome.PASSED) is None:
            raise LedgerError(f"part number {part_seq} has no PASS that waits for the PLC: nothing can be withdrawn")
