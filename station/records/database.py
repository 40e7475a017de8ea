"""One open database file: commits batches of records, notices when the file is taken away under it.

Used by the writer's thread alone. Must not know of queues or faults.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from station.records.record import COLUMNS, PartRecord, to_row

_INSERT = (
    f"INSERT INTO part ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) "  # noqa: S608 - our own names
    "ON CONFLICT DO NOTHING"
)
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

    def commit(self, batch: Sequence[PartRecord]) -> int:
        """Writes the batch in one transaction that is on the disk on return; the number of rows that were new.

        SQLite would go on writing into a deleted file for ever, so that is looked at first.
        """
        if not self._path.exists() or self._path.stat().st_ino != self._inode:
            raise FileNotFoundError(0, "the file was deleted or replaced while it was in use", str(self._path))
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            cursor = self._connection.executemany(_INSERT, map(to_row, batch))
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        return cursor.rowcount

    def close(self) -> None:
        """Closes, also on a disk that no longer answers with sense."""
        with suppress(sqlite3.Error):
            self._connection.close()
