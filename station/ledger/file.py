"""The ledger that outlives the station: one small write an event, and the state of affairs after a restart.

The write goes to the kernel before the call returns, which is what `kill -9` cannot undo. Order that the caller owes:
`triggered` before the PLC sees TriggerAck, `decided` before it can read the verdict; then no PASS is unknown here.
Must not know registers, records or reasons.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from station.core.ledger import LedgerCounts, LedgerError
from station.core.reasons import Outcome
from station.ledger.entry import ENTRY_BYTES, FEWEST_ENTRIES, HEADER_BYTES, Entry, Kind, Sums, encoded
from station.ledger.opening import Opened, open_ledger
from station.ledger.replay import Recovered, place_of
from station.ledger.syncing import DiskHealth, Syncing

ENTRIES = 4096


def _nobody(sentence: str | None) -> None:
    del sentence


class LedgerFile:
    """The file at `path`, for one station and one thread; raises LedgerFileError where it cannot be had.

    Opening waits for the disk. It closes the parts that a former station left in flight as FORCED: see `recovered`.
    `on_disk` hears one sentence when the disk begins to fail and None when it is well again, in any thread; meanwhile
    events are kept in memory and the line goes on. `entries` is for a new file; `pwrite`, `fdatasync` are for tests.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_disk: Callable[[str | None], None] = _nobody,
        entries: int = ENTRIES,
        pwrite: Callable[[int, bytes, int], int] = os.pwrite,
        fdatasync: Callable[[int], None] = os.fdatasync,
    ) -> None:
        if entries < FEWEST_ENTRIES:
            raise ValueError(f"a ledger file has room for {FEWEST_ENTRIES} entries or more, got {entries}")
        opened = open_ledger(path, entries)
        self._path, self._descriptor, self._entries, self._pwrite = path, opened.descriptor, opened.entries, pwrite
        self._book = opened.replay.book
        self._health = DiskHealth(on_disk)
        self._unwritten: deque[tuple[int, bytes]] = deque(maxlen=opened.entries)  # more than once round is of no use
        self._syncing = Syncing(opened.descriptor, path, self._health, fdatasync)
        self._closed = False
        try:
            self.recovered = self._recover(opened)
        except BaseException:
            self.close()
            raise

    @property
    def counts(self) -> LedgerCounts:
        """Since the file was begun, over all restarts. Closed and open parts are counted apart, so it can disagree."""
        sums = self._book.sums
        return LedgerCounts(sums.triggers, sums.passed, sums.rejected, sums.forced, len(self._book.in_flight))

    @property
    def sums(self) -> Sums:
        """The sums as the file has them, with the withdrawn ones."""
        return self._book.sums

    def triggered(self, part_seq: int) -> None:
        """A part (1..65535) arrived. LedgerError if its number is in flight."""
        self._event(Kind.TRIGGERED, part_seq)

    def decided(self, part_seq: int, outcome: Outcome) -> None:
        """The part's one outcome. LedgerError if it is not in flight."""
        self._event(Kind.DECIDED, part_seq, outcome)

    def withdrawn(self, part_seq: int) -> None:
        """A PASS that the PLC was never shown became a forced reject. LedgerError where no such PASS waits."""
        self._event(Kind.WITHDRAWN, part_seq, Outcome.FORCED)

    def taken(self, part_seq: int) -> bool:
        """The PLC acknowledged the result; False, and nothing is written, where none of this number waits."""
        if not self._book.awaits_taking(part_seq):
            return False
        self._event(Kind.TAKEN, part_seq)
        return True

    def recovery_noted(self) -> None:
        """What `recovered` says is written down elsewhere: the next start need not say it again."""
        for part_seq in (*self.recovered.in_flight, *(part_seq for part_seq, _ in self.recovered.not_taken)):
            if self._book.awaits_taking(part_seq):
                self._event(Kind.SETTLED, part_seq)

    def close(self, timeout_s: float = 2.0) -> bool:
        """Syncs and lets go of the file; False where the disk took longer than the limit. Safe to repeat."""
        if self._closed:
            return True
        if not self._syncing.stop(timeout_s):
            return False  # the descriptor stays with the thread that still waits on it
        self._closed = True
        os.close(self._descriptor)
        return True

    def _recover(self, opened: Opened) -> Recovered:
        """Closes what is in flight, entry by entry: a kill in between leaves the rest to the next start."""
        newest = opened.replay.newest
        in_flight, not_taken = self._book.in_flight, self._book.not_taken
        for part_seq in in_flight:
            self.decided(part_seq, Outcome.FORCED)
        unknown = self._book.close_lost(time.time_ns())
        self._write(unknown)
        return Recovered(
            sums=self._book.sums,
            in_flight=in_flight,
            not_taken=not_taken,
            in_flight_unknown=len(unknown),
            last_event_unix_ns=newest.at_unix_ns if newest else None,
            sentence=opened.sentence,
        )

    def _event(self, kind: Kind, part_seq: int, outcome: Outcome | None = None) -> None:
        if self._closed:  # the descriptor's number may be another file's by now
            raise LedgerError(f"the ledger file is closed: part number {part_seq} cannot be {kind.name.lower()}")
        self._write(self._book.write(kind, part_seq, outcome, time.time_ns()))

    def _write(self, entries: Sequence[Entry]) -> None:
        """One pwrite an entry. What the disk refuses waits in memory for the next event."""
        for entry in entries:
            offset = HEADER_BYTES + ENTRY_BYTES * place_of(entry.sequence, self._entries)
            self._unwritten.append((offset, encoded(entry)))
        try:
            while self._unwritten:
                offset, data = self._unwritten[0]
                self._put(data, offset)
                self._unwritten.popleft()
        except OSError as error:
            self._health.failed("write", f"The ledger file {self._path} cannot be written: {error.strerror or error}.")
            return
        self._health.works("write")
        self._syncing.wrote()

    def _put(self, data: bytes, offset: int) -> None:
        written = self._pwrite(self._descriptor, data, offset)
        if written != len(data):
            raise OSError(0, f"{written} bytes of an entry of {len(data)} were written")
