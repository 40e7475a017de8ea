"""What the page asks of faults that ended, of what people did, and of all records for a download.

Each call takes a read-only connection and waits for the disk: call them outside the event loop.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from station.records.audit_line import AUDIT_COLUMNS, AuditLine, audit_from_row
from station.records.fault_span import FAULT_COLUMNS, FaultSpan, fault_from_row
from station.records.instant import bound
from station.records.queries import uid_range
from station.records.record import SELECT_RECORD, PartRecord, from_row

EXPORT_CHUNK = 200
"""Records read at once: so long at most does a download hold the database."""


def faults_ended(connection: sqlite3.Connection, limit: int = 200) -> list[FaultSpan]:
    """The newest faults that are over, the last to end first."""
    query = f"""
        SELECT {", ".join(FAULT_COLUMNS)} FROM fault_span
        WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?"""  # noqa: S608 - our own names
    return [fault_from_row(row) for row in connection.execute(query, (limit,))]


def faults_open(connection: sqlite3.Connection) -> list[FaultSpan]:
    """The faults whose end nobody wrote down: those that last, and those of a station that was killed."""
    query = f"SELECT {', '.join(FAULT_COLUMNS)} FROM fault_span WHERE ended_at IS NULL"  # noqa: S608 - our own names
    return [fault_from_row(row) for row in connection.execute(query)]


def audit_lines(connection: sqlite3.Connection, limit: int = 100) -> list[AuditLine]:
    """The newest commands, newest first."""
    query = f"SELECT {', '.join(AUDIT_COLUMNS)} FROM audit_line ORDER BY line_id DESC LIMIT ?"  # noqa: S608 - our own names
    return [audit_from_row(row) for row in connection.execute(query, (limit,))]


def records_between(
    connection: sqlite3.Connection, since: datetime | None = None, until: datetime | None = None
) -> Iterator[list[PartRecord]]:
    """All records of the time `since` <= triggered < `until`, late ones too, oldest first, in chunks.

    Between two chunks the database is free, so that a slow download holds nobody up.
    """
    found = uid_range(connection, since, until)
    if found is None:
        return
    low, high = "" if since is None else bound(since), "~" if until is None else bound(until)
    query = f"""
        {SELECT_RECORD}
        WHERE (part_uid, late) > (?, ?) AND part_uid <= ? ORDER BY part_uid, late LIMIT ?"""
    after: tuple[int, int] = (found[0], -1)
    while chunk := [from_row(row) for row in connection.execute(query, (*after, found[1], EXPORT_CHUNK)).fetchall()]:
        after = (chunk[-1].part_uid, int(chunk[-1].late))
        yield [record for record in chunk if low <= record.triggered_at < high]
