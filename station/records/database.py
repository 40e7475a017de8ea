"""One open database file: commits batches of rows, notices when the file is taken away under it.

Used by the writer's thread alone. Must not know of queues, faults or who waits for a row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from station.records.audit_line import AUDIT_COLUMNS, AuditLine, audit_to_row
from station.records.fault_span import PUT_FAULT, FaultSpan, fault_to_row
from station.records.judgement import INSERT_JUDGEMENT, UNDO_JUDGEMENT, Judgement
from station.records.part_event import EVENT_COLUMNS, PartEvent, event_to_row
from station.records.queue_entry import QueueEntry
from station.records.record import COLUMNS, PartRecord, to_pictures_row, to_row

Row = PartRecord | PartEvent | Judgement | AuditLine | FaultSpan


@dataclass(frozen=True, slots=True)
class Written:
    """A row to write; with a part, why a person should look at it."""

    row: Row
    review: tuple[QueueEntry, ...] = ()


def _insert(table: str, columns: Sequence[str]) -> str:
    places = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608 - our own names


_INSERT_PART = _insert("part", COLUMNS)
_INSERT_PICTURES = _insert("part_pictures", ("part_key", "pictures"))
_INSERT_EVENT = _insert("part_event", EVENT_COLUMNS)
_INSERT_AUDIT = _insert("audit_line", AUDIT_COLUMNS)
_INSERT_REVIEW = _insert("review_entry", ("part_uid", "queue", "why", "judged"))
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

    def commit(self, batch: Sequence[Written]) -> int:
        """Writes the batch in one transaction that is on the disk on return; the number of rows that were new.

        SQLite would go on writing into a deleted file for ever, so that is looked at first.
        """
        if not self._path.exists() or self._path.stat().st_ino != self._inode:
            raise FileNotFoundError(0, "the file was deleted or replaced while it was in use", str(self._path))
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            new = sum(self._write(written) for written in batch)
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

    def _write(self, written: Written) -> int:
        """1 where the row is new or changed one, 0 where it was there already or had nothing to change."""
        execute = self._connection.execute
        match written.row:
            case PartRecord() as record:
                new = execute(_INSERT_PART, to_row(record)).rowcount
                if new and record.pictures:
                    execute(_INSERT_PICTURES, to_pictures_row(record))
                for entry in written.review if new else ():
                    execute(_INSERT_REVIEW, (record.part_uid, entry.queue, entry.why, 0))
                return new
            case PartEvent() as event:
                return execute(_INSERT_EVENT, event_to_row(event)).rowcount
            case Judgement(undone=True) as undo:
                return execute(UNDO_JUDGEMENT, (undo.part_uid, undo.at, undo.user, undo.judgement_uid)).rowcount
            case Judgement() as made:
                values = (made.part_uid, made.at, made.user, made.judgement, made.comment, made.judgement_uid)
                return execute(INSERT_JUDGEMENT, values).rowcount
            case AuditLine() as line:
                return execute(_INSERT_AUDIT, audit_to_row(line)).rowcount
            case FaultSpan() as span:
                return execute(PUT_FAULT, fault_to_row(span)).rowcount
