"""What the page asks of the parts: one page of them by filter, one part's life, counts by hour.

Each call takes a read-only connection and waits for the disk: call them outside the event loop. None looks at more than
some hundred rows beside those it answers with, however many parts there are: a filter by verdict, reason and label
walks one index for each kind of part that fits (there are some dozens), a filter by time asks `part_minute` first
which part numbers the time has.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any

from station.records.instant import bound
from station.records.judgement import Judgement
from station.records.part_event import EVENT_COLUMNS, PartEvent, event_from_row
from station.records.record import PartRecord, Verdict
from station.records.review_queries import judgements_of, records_of, standing_judgements

MOST_PARTS = 200
"""Parts of one page; more are asked for by the next one."""
_EARLIEST_EVENT = timedelta(seconds=1)
_LATEST_EVENT = timedelta(minutes=10)
"""A part's events come so long before and after its trigger, where they carry only its number, which repeats."""
_HIGHEST_UID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class PartFilter:
    """Which parts, newest first; None: all. `before`: only parts with a smaller part_uid. `since` <= time < `until`."""

    before: int | None = None
    limit: int = 50
    verdict: Verdict | None = None
    reason: str | None = None
    label: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    part_seq: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MOST_PARTS:
            raise ValueError(f"limit is 1..{MOST_PARTS}, got {self.limit}")


@dataclass(frozen=True, slots=True)
class ListedPart:
    """A part as the list shows it: its record, whether a verdict came too late, and what a person says of it."""

    record: PartRecord
    late: bool
    judgement: Judgement | None


@dataclass(frozen=True, slots=True)
class PartsPage:
    """`next`: the `before` of the page that follows; None at the end."""

    parts: tuple[ListedPart, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class PartLife:
    """Everything written down of a part. `late`: the verdict that came after the deadline and was never applied."""

    record: PartRecord
    events: tuple[PartEvent, ...]
    judgements: tuple[Judgement, ...]
    late: PartRecord | None


@dataclass(frozen=True, slots=True)
class HourCounts:
    """Parts triggered within the hour that begins at `hour` (UTC), by the verdict that was applied."""

    hour: datetime
    passed: int
    rejected: int
    forced: int


def parts_page(connection: sqlite3.Connection, wanted: PartFilter) -> PartsPage:
    """The newest `limit` parts that fit the filter; sqlite3.Error where the database cannot be read."""
    uids = list(islice(_uids(connection, wanted), wanted.limit + 1))
    more = len(uids) > wanted.limit
    shown = uids[: wanted.limit]
    records = records_of(connection, shown)
    applied = {record.part_uid: record for record in records if not record.late}
    late = {record.part_uid for record in records if record.late}
    said = standing_judgements(connection, shown)
    parts = tuple(ListedPart(applied[uid], uid in late, said.get(uid)) for uid in shown)
    return PartsPage(parts, shown[-1] if more else None)


def part_life(connection: sqlite3.Connection, part_uid: int) -> PartLife | None:
    """One part with its events (oldest first) and judgements; None where there is no such part."""
    records = records_of(connection, [part_uid])
    record = next((record for record in records if not record.late), None)
    if record is None:
        return None
    late = next((record for record in records if record.late), None)
    return PartLife(record, _events_of(connection, record), tuple(judgements_of(connection, part_uid)), late)


def hours(connection: sqlite3.Connection, since: datetime, until: datetime) -> list[HourCounts]:
    """Counts of each hour from that of `since` to that before `until`, oldest first, empty ones included."""
    query = """
        SELECT substr(minute, 1, 13), sum(passed), sum(rejected), sum(forced) FROM part_minute
        WHERE minute >= ? AND minute < ? GROUP BY 1"""
    hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    end = until.astimezone(UTC)
    through = end + timedelta(minutes=1) - timedelta(microseconds=1)  # the minute that `until` lies in counts whole
    counts = {row[0]: row[1:] for row in connection.execute(query, (bound(hour)[:16], bound(through)[:16]))}
    found: list[HourCounts] = []
    while hour < end:
        found.append(HourCounts(hour, *counts.get(bound(hour)[:13], (0, 0, 0))))
        hour += timedelta(hours=1)
    return found


def kinds(connection: sqlite3.Connection) -> list[tuple[Verdict, str, str | None]]:
    """(verdict, reason, label) of every kind of part there ever was: what a filter can choose from."""
    rows = connection.execute("SELECT verdict, reason, label FROM part_kind")
    return [(verdict, reason, label or None) for verdict, reason, label in rows]


def uid_range(connection: sqlite3.Connection, since: datetime | None, until: datetime | None) -> tuple[int, int] | None:
    """The least and greatest part_uid of the minutes from `since` to `until`; None where there was no part."""
    query = "SELECT min(first_uid), max(last_uid) FROM part_minute WHERE minute >= ? AND minute <= ?"
    low = "" if since is None else bound(since)[:16]
    high = "~" if until is None else bound(until)[:16]
    first, last = connection.execute(query, (low, high)).fetchone()
    return None if first is None else (first, last)


def _uids(connection: sqlite3.Connection, wanted: PartFilter) -> Iterator[int]:
    """The numbers of the parts that fit, newest first."""
    low, high = 0, _HIGHEST_UID
    if wanted.since is not None or wanted.until is not None:
        found = uid_range(connection, wanted.since, wanted.until)
        if found is None:
            return iter(())
        low, high = found
    if wanted.before is not None:
        high = min(high, wanted.before - 1)
    where = "late = 0 AND part_uid BETWEEN ? AND ? AND triggered_at >= ? AND triggered_at < ?"
    since, until = ("" if wanted.since is None else bound(wanted.since), _until(wanted))
    arguments = (low, high, since, until)
    if wanted.part_seq is not None:
        more = "AND part_seq = ? AND (?6 IS NULL OR verdict = ?6) AND (?7 IS NULL OR reason = ?7)"
        more += " AND (?8 IS NULL OR label = ?8)"
        return _walk(
            connection, f"{where} {more}", (*arguments, wanted.part_seq, wanted.verdict, wanted.reason, wanted.label)
        )
    if wanted.verdict is None and wanted.reason is None and wanted.label is None:
        return _walk(connection, where, arguments)
    walks = [
        _walk(connection, f"{where} AND verdict = ? AND reason = ? AND label IS ?", (*arguments, *kind))
        for kind in kinds(connection)
        if all(
            asked in (None, has) for asked, has in zip((wanted.verdict, wanted.reason, wanted.label), kind, strict=True)
        )
    ]
    return merge(*walks, reverse=True)


def _until(wanted: PartFilter) -> str:
    return "~" if wanted.until is None else bound(wanted.until)


def _walk(connection: sqlite3.Connection, where: str, arguments: Sequence[Any]) -> Iterator[int]:
    query = f"SELECT part_uid FROM part WHERE {where} ORDER BY part_uid DESC"  # noqa: S608 - our own words
    with closing(connection.execute(query, arguments)) as rows:
        for row in rows:
            yield row[0]


def _events_of(connection: sqlite3.Connection, record: PartRecord) -> tuple[PartEvent, ...]:
    """The part's own events, and those of its number from its trigger until the number came again."""
    triggered = datetime.fromisoformat(record.triggered_at)
    again = connection.execute(
        "SELECT min(part_uid) FROM part WHERE part_seq = ? AND part_uid > ?", (record.part_seq, record.part_uid)
    ).fetchone()[0]
    until = bound(triggered + _LATEST_EVENT)
    if again is not None:
        row = connection.execute("SELECT triggered_at FROM part WHERE part_uid = ?", (again,)).fetchone()
        until = min(until, bound(datetime.fromisoformat(row[0])))
    columns = ", ".join(EVENT_COLUMNS)
    query = f"""
        SELECT {columns}, event_id FROM part_event WHERE part_uid = ?1
        UNION ALL
        SELECT {columns}, event_id FROM part_event
        WHERE part_seq = ?2 AND part_uid IS NULL AND at >= ?3 AND at < ?4
        ORDER BY event_id"""  # noqa: S608 - our own names
    values = (record.part_uid, record.part_seq, bound(triggered - _EARLIEST_EVENT), until)
    return tuple(event_from_row(row[:-1]) for row in connection.execute(query, values))
