"""Writes records, part events and what people did from its own thread, so that no disk ever holds up a verdict.

One bounded queue: when it is full, the new record is refused, counted and reported. What people did (judgements, audit
lines, acknowledged faults) has half of it, so that nobody's clicks take a part's place. What waits goes into one
commit (at most MAX_BATCH). While the disk refuses, the rows wait and the attempt is repeated. Must not know what a
verdict is for.
"""

from __future__ import annotations

import errno
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.records.audit_line import AuditLine
from station.records.database import BAD_RECORD, Database, Row, Written
from station.records.fault_span import FaultSpan
from station.records.judgement import Judgement
from station.records.part_event import PartEvent
from station.records.queue_entry import QueueEntry
from station.records.record import PartRecord
from station.records.schema import open_for_writing
from station.records.waiting import Waiting

MAX_BATCH = 500
RETRY_S = 1.0
IDLE_WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """offered == written + duplicates + dropped + waiting, at every instant."""

    offered: int
    written: int
    duplicates: int
    dropped: int
    waiting: int


def _ignore(records: Sequence[Row]) -> None:
    del records


class RecordWriter:
    """The only writer of the database at `path`.

    `on_written` hears, in the writer's thread, of each batch once it is on the disk, in the order in which its rows
    were put; `on_commit` how many seconds each attempt took. `open_database` is for tests.
    """

    def __init__(
        self,
        path: Path,
        faults: FaultBoard,
        *,
        queue_size: int = 1024,
        on_written: Callable[[Sequence[Row]], None] = _ignore,
        on_commit: Callable[[float], None] = lambda seconds: None,
        open_database: Callable[[Path], sqlite3.Connection] = open_for_writing,
        retry_s: float = RETRY_S,
    ) -> None:
        if queue_size < 1:
            raise ValueError(f"the queue needs room for at least one record, got {queue_size}")
        self._path, self._faults, self._queue_size = path, faults, queue_size
        self._on_commit = on_commit
        self._on_written, self._open_database, self._retry_s = on_written, open_database, retry_s
        self._changed = threading.Condition()
        self._waiting: deque[Waiting] = deque()
        self._offered = self._written = self._duplicates = self._dropped = self._settled = 0
        self._stopping = self._ended = False
        self._thread = threading.Thread(target=self._run, name="record writer", daemon=True)

    def start(self) -> None:
        """Begins. A database that cannot be opened is a fault on the board, not an exception: the station goes on."""
        self._thread.start()

    def put(self, record: PartRecord, review: Sequence[QueueEntry] = ()) -> bool:
        """Queues the record, with why a person should look at it; False (counted, a fault) where the queue is full."""
        return self._offer_of_line(Written(record, tuple(review)))

    def note(self, event: PartEvent) -> bool:
        """Queues the event in the same way: it is written after what was put before it."""
        return self._offer_of_line(Written(event))

    def fault(self, span: FaultSpan) -> bool:
        """Queues the fault as it is now; False (counted) where half of the queue is full."""
        return self._offer(Waiting(Written(span)), self._queue_size // 2)

    def judge(self, judgement: Judgement) -> Future[bool]:
        """Queues the judgement; True once it is on the disk, False where it was refused and is lost.

        The future ends in any case, at the latest with `stop`; `asyncio.wrap_future` makes it one to await.
        """
        return self._promise(judgement)

    def audit(self, line: AuditLine) -> Future[bool]:
        """Queues the line in the same way."""
        return self._promise(line)

    def _promise(self, row: Judgement | AuditLine) -> Future[bool]:
        done: Future[bool] = Future()
        done.set_running_or_notify_cancel()  # whoever no longer waits must not keep the others from their answer
        if not self._offer(Waiting(Written(row), done), self._queue_size // 2):
            done.set_result(False)
        return done

    def _offer_of_line(self, written: Written) -> bool:
        taken = self._offer(Waiting(written), self._queue_size)
        if not taken and not self._stopping:
            self._faults.raise_(FaultCode.RECORDS_QUEUE_FULL, size=self._queue_size)
        return taken

    def _offer(self, waiting: Waiting, room: int) -> bool:
        with self._changed:
            self._offered += 1
            if not self._stopping and len(self._waiting) < room:
                self._waiting.append(waiting)
                self._changed.notify_all()
                return True
            self._dropped += 1
            return False

    def flush(self, timeout_s: float) -> bool:
        """Waits until all that was taken before is on the disk or refused by it; False at the time limit."""
        with self._changed:
            goal = self._settled + len(self._waiting)
            self._changed.wait_for(lambda: self._settled >= goal or self._ended, timeout_s)
            return self._settled >= goal

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Writes what waits and ends the thread; False where the disk took longer than the limit. Safe to repeat."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        else:
            self._refuse_all()
        return not self._thread.is_alive()

    def counts(self) -> RecordCounts:
        """What became of the records so far."""
        with self._changed:
            return RecordCounts(self._offered, self._written, self._duplicates, self._dropped, len(self._waiting))

    def _run(self) -> None:
        database: Database | None = None
        while True:
            try:
                if database is None:
                    database = Database(self._path, self._open_database)
                    self._opened()
                batch = self._next_batch()
                if not batch:
                    break
                began_s = time.monotonic()
                stored, new = self._write(database, batch)
                self._on_commit(time.monotonic() - began_s)
            except (sqlite3.Error, OSError) as error:
                self._report(error)
                if database is not None:
                    database.close()
                    database = None
                if self._give_up_or_wait():
                    return
                continue
            self._settle(batch, stored, new)
        database.close()
        with self._changed:
            self._ended = True

    def _opened(self) -> None:
        """An idle station need not wait for the next part to know that its database is well again."""
        with self._changed:
            idle = not self._waiting
        if idle:
            self._faults.clear(FaultCode.DATABASE_FAULT)

    def _next_batch(self) -> list[Waiting]:
        """What waits, at most MAX_BATCH, left in the queue until it is written; empty at the end."""
        with self._changed:
            while not self._waiting and not self._stopping:
                self._changed.wait(IDLE_WAIT_S)
            return list(islice(self._waiting, MAX_BATCH))

    def _write(self, database: Database, batch: list[Waiting]) -> tuple[list[Waiting], int]:
        """Commits the batch: the rows that a table can hold, and how many of them were new."""
        try:
            return batch, database.commit([waiting.written for waiting in batch])
        except BAD_RECORD:
            stored: list[Waiting] = []
            new = 0
        for waiting in batch:
            try:
                new += database.commit([waiting.written])
                stored.append(waiting)
            except BAD_RECORD as error:
                part_seq = getattr(waiting.written.row, "part_seq", None) or "-"
                self._faults.raise_(FaultCode.RECORD_REFUSED, part_seq=part_seq, reason=error)
        return stored, new

    def _settle(self, batch: Sequence[Waiting], stored: Sequence[Waiting], new: int) -> None:
        self._faults.clear(FaultCode.DISK_FULL)
        self._faults.clear(FaultCode.DATABASE_FAULT)
        self._on_written([waiting.written.row for waiting in stored])
        with self._changed:
            for _ in batch:
                self._waiting.popleft()
            self._written += new
            self._duplicates += len(stored) - new
            self._dropped += len(batch) - len(stored)
            self._settled += len(batch)
            self._changed.notify_all()
        on_disk = set(map(id, stored))
        for waiting in batch:
            waiting.settle(stored=id(waiting) in on_disk)

    def _report(self, error: sqlite3.Error | OSError) -> None:
        name = getattr(error, "sqlite_errorname", "")
        if name == "SQLITE_FULL" or getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT}:
            self._faults.raise_(FaultCode.DISK_FULL, file=self._path)
            return
        what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        reason = f"{what} ({name})." if name else f"{what}."
        self._faults.raise_(FaultCode.DATABASE_FAULT, file=self._path, reason=reason)

    def _give_up_or_wait(self) -> bool:
        """Waits for the next attempt; True where that was the last one, and what waits is lost."""
        with self._changed:
            if not self._stopping:
                self._changed.wait_for(lambda: self._stopping, self._retry_s)
                return False
        self._refuse_all()
        return True

    def _refuse_all(self) -> None:
        """Nobody will write what waits."""
        with self._changed:
            lost = list(self._waiting)
            self._waiting.clear()
            self._dropped += len(lost)
            self._ended = True
            self._changed.notify_all()
        for waiting in lost:
            waiting.settle(stored=False)
