"""Reads records through a read-only connection, so that no reader can harm what the writer wrote.

These calls wait for the disk: call them outside the event loop.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from station.records.part_event import EVENT_COLUMNS, PartEvent, event_from_row
from station.records.record import SELECT_RECORD, VERDICTS, PartRecord, Verdict, from_row, part_uid_after
from station.records.schema import BUSY_TIMEOUT_S


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A read-only connection; sqlite3.OperationalError where the file is missing. The caller closes it."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
    connection.execute("PRAGMA query_only=ON")
    return connection


def last_parts(connection: sqlite3.Connection, count: int) -> list[PartRecord]:
    """The newest `count` records, newest first, late verdicts included."""
    query = f"{SELECT_RECORD} ORDER BY part_uid DESC, late DESC LIMIT ?"
    return [from_row(row) for row in connection.execute(query, (count,))]


def events_of(connection: sqlite3.Connection, count: int, part_seq: int | None = None) -> list[PartEvent]:
    """The newest `count` events, newest first, of the parts with this number (it repeats after 65535) or of all."""
    columns = ", ".join(EVENT_COLUMNS)
    where = "" if part_seq is None else "WHERE part_seq = ?2"
    query = f"SELECT {columns} FROM part_event {where} ORDER BY event_id DESC LIMIT ?1"  # noqa: S608 - our own names
    arguments = (count,) if part_seq is None else (count, part_seq)
    return [event_from_row(row) for row in connection.execute(query, arguments)]


def counts_by_verdict(connection: sqlite3.Connection, run_id: str | None = None) -> dict[Verdict, int]:
    """Parts by the verdict that was applied (late ones do not count), of one run or of all; zeros included."""
    query = "SELECT verdict, count(*) FROM part WHERE late = 0 AND (?1 IS NULL OR run_id = ?1) GROUP BY verdict"
    counts: dict[Verdict, int] = dict.fromkeys(VERDICTS, 0)
    counts.update(connection.execute(query, (run_id,)).fetchall())
    return counts


def first_part_uid(path: Path, unix_s: int) -> int:
    """The number for the first part of a run that starts now; works without a readable database, too."""
    last: int | None = None
    try:
        with closing(open_for_reading(path)) as connection:
            last = connection.execute("SELECT max(part_uid) FROM part").fetchone()[0]
    except (sqlite3.Error, OSError):
        last = None  # a new file, or one that the writer will report
    return part_uid_after(last, unix_s)
