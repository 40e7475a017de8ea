"""Threads in which the API waits for disk and database, so that the event loop never does.

A fixed number of threads and of callers that may wait; one more is told to come again. Each thread keeps one read-only
connection, opened anew after an error or when the file was exchanged. A query that takes too long is broken off. Must
not know what is asked.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from station.api.refusal import Refusal, busy
from station.pictures.store import PictureError
from station.records.reading import open_for_reading

_log = logging.getLogger("station.api")

THREADS: Final = 2
WAITING_MAX: Final = 16
QUERY_LIMIT_S: Final = 5.0
_STEPS_BETWEEN_LOOKS: Final = 20_000
"""SQLite's virtual machine runs some ten million steps a second: a look at the clock each two milliseconds."""

Found = TypeVar("Found")
_Job = tuple[Callable[["_Reader"], Any], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]


class ReadingThreads:
    """`threads` threads, at most `waiting_max` callers before them. `close` ends them; safe to repeat."""

    def __init__(
        self,
        database: Path,
        *,
        threads: int = THREADS,
        waiting_max: int = WAITING_MAX,
        open_database: Callable[[Path], sqlite3.Connection] = open_for_reading,
    ) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._waiting_max = waiting_max
        self._waiting = 0
        self.refused = 0
        self._closed = False
        self._threads = [
            threading.Thread(
                target=_Reader(database, open_database).serve, args=(self._jobs,), name=f"API reader {n}", daemon=True
            )
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def database(self, work: Callable[[sqlite3.Connection], Found]) -> Found:
        """What `work` finds through a read-only connection; Refusal 503 where too many wait or it cannot be read."""
        return await self._run(lambda reader: reader.read(work))

    async def disk(self, work: Callable[[], Found]) -> Found:
        """What `work` finds outside the database. Refusal 404 where a picture is damaged, else what `work` raises."""
        try:
            return await self._run(lambda reader: work())
        except PictureError as error:
            _log.warning("%s", error)
            raise Refusal(404, f"{str(error).rstrip('.')}.") from None

    def close(self) -> None:
        """Ends the threads after what they are at."""
        if self._closed:
            return
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(QUERY_LIMIT_S + 1)

    async def _run(self, work: Callable[[_Reader], Found]) -> Found:
        if self._closed or self._waiting >= self._waiting_max + len(self._threads):
            self.refused += 1
            raise busy(f"{self._waiting} requests wait for the disk already; come again in a moment.")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Found] = loop.create_future()
        self._waiting += 1
        answer.add_done_callback(self._one_less)
        self._jobs.put((work, loop, answer))
        # A caller that goes away leaves its place only when the thread is done with it.
        return await asyncio.shield(answer)

    def _one_less(self, answer: asyncio.Future[Any]) -> None:
        self._waiting -= 1
        if not answer.cancelled():
            answer.exception()  # seen, even where nobody waits for it any more


class _Reader:
    """One thread's side: its connection and its work."""

    def __init__(self, path: Path, open_database: Callable[[Path], sqlite3.Connection]) -> None:
        self._path, self._open = path, open_database
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._until = 0.0

    def serve(self, jobs: queue.SimpleQueue[_Job | None]) -> None:
        """Until None comes."""
        while (job := jobs.get()) is not None:
            work, loop, answer = job
            found: Any = None
            fault: BaseException | None = None
            try:
                found = work(self)
            except Exception as error:  # noqa: BLE001 - the caller gets it
                fault = error
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(_answer, answer, found, fault)
            del job, work, answer, found, fault
        self._forget()

    def read(self, work: Callable[[sqlite3.Connection], Found]) -> Found:
        """Refusal 503 for whatever the database is at fault for."""
        try:
            connection = self._connected()
            self._until = time.monotonic() + QUERY_LIMIT_S
            return work(connection)
        except (sqlite3.Error, OSError) as error:
            self._forget()
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
                raise busy(f"The records took longer than {QUERY_LIMIT_S:g} s; ask for less.") from None
            _log.warning("the records could not be read: %s", error)
            raise busy(f"The records cannot be read now ({error}); see the faults.") from None

    def _connected(self) -> sqlite3.Connection:
        inode = self._path.stat().st_ino
        if self._connection is None or inode != self._inode:
            self._forget()
            self._connection, self._inode = self._open(self._path), inode
            self._connection.set_progress_handler(self._too_long, _STEPS_BETWEEN_LOOKS)
        return self._connection

    def _too_long(self) -> int:
        return int(time.monotonic() > self._until)

    def _forget(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _answer(answer: asyncio.Future[Any], found: Any, fault: BaseException | None) -> None:
    if answer.done():
        return
    if fault is None:
        answer.set_result(found)
    else:
        answer.set_exception(fault)


def missing(what: str) -> Refusal:
    """404."""
    return Refusal(404, f"There is no {what}.")
