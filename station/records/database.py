"""One open database file: commits batches of records, notices when the file is taken away under it.

Used by the writer's thread alone. Must not know of queues or faults.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from station.records.part_event import EVENT_COLUMNS, PartEvent, event_to_row
from station.records.record import COLUMNS, PartRecord, to_row

Row = PartRecord | PartEvent


def _insert(table: str, columns: Sequence[str]) -> str:
    places = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608 - our own names


_INSERT_PART = _insert("part", COLUMNS)
_INSERT_EVENT = _insert("part_event", EVENT_COLUMNS)
# What SQLite and json raise for a value that is no number or text, as opposed to a disk that refuses.
BAD_RECORD = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    TypeError,
    ValueError,
    OverflowError,
)


class Database:
    """The file at `path`, opened with `open_database`; raises sqlite3.Error, OSError."""

    def __init__(self, path: Path, open_database: Callable[[Path], sqlite3.Connection]) -> None:
        self._path = path
        self._connection = open_database(path)
        self._inode = path.stat().st_ino

    def commit(self, batch: Sequence[Row]) -> int:
        """Writes the batch in one transaction that is on the disk on return; the number of rows that were new.

        SQLite would go on writing into a deleted file for ever, so that is looked at first.
        """
        if not self._path.exists() or self._path.stat().st_ino != self._inode:
            raise FileNotFoundError(0, "the file was deleted or replaced while it was in use", str(self._path))
        parts = [to_row(row) for row in batch if isinstance(row, PartRecord)]
        events = [event_to_row(row) for row in batch if isinstance(row, PartEvent)]
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            new = self._connection.executemany(_INSERT_PART, parts).rowcount if parts else 0
            new += self._connection.executemany(_INSERT_EVENT, events).rowcount if events else 0
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        return new

    def close(self) -> None:
        """Closes, also on a disk that no longer answers with sense."""
        with suppress(sqlite3.Error):
            self._connection.close()
