"""What the page asks of the review: what is to be looked at, what people said, which parts an export takes.

Each call takes a read-only connection and waits for the disk: call them outside the event loop.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import groupby, islice
from typing import Literal

from station.records.instant import bound
from station.records.judgement import JUDGEMENT_COLUMNS, Judgement, judgement_from_row
from station.records.queue_entry import QUEUES, Queue
from station.records.record import SELECT_RECORD, PartRecord, from_row

MOST_ITEMS = 200
_HIGHEST_UID = 2**63 - 1
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Parts of one queue (None: of all) that nobody judged yet ("open"), or that somebody did, newest first."""

    queue: Queue | None = None
    state: Literal["open", "done"] = "open"
    before: int | None = None
    limit: int = 50

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MOST_ITEMS:
            raise ValueError(f"limit is 1..{MOST_ITEMS}, got {self.limit}")


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A part to look at. In several queues, it is shown once, in the first of them."""

    record: PartRecord
    queue: Queue
    why: str
    judgement: Judgement | None


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """`open`: how many parts wait in each queue. `next`: the `before` of the page that follows; None at the end."""

    items: tuple[ReviewItem, ...]
    open: dict[Queue, int]
    next: int | None


def review_page(connection: sqlite3.Connection, wanted: ReviewFilter) -> ReviewPage:
    """The newest `limit` parts of the queue; sqlite3.Error where the database cannot be read."""
    queues = QUEUES if wanted.queue is None else (wanted.queue,)
    walks = [_entries(connection, queue, wanted) for queue in queues]
    newest = merge(*walks, key=lambda entry: entry[0], reverse=True)
    firsts = (next(same) for _, same in groupby(newest, lambda entry: entry[0]))  # equals stay in the queues' order
    found = list(islice(firsts, wanted.limit + 1))
    shown = found[: wanted.limit]
    uids = [uid for uid, _, _ in shown]
    records = {record.part_uid: record for record in records_of(connection, uids) if not record.late}
    said = standing_judgements(connection, uids)
    items = [ReviewItem(records[uid], queue, why, said.get(uid)) for uid, queue, why in shown if uid in records]
    return ReviewPage(tuple(items), open_counts(connection), shown[-1][0] if len(found) > wanted.limit else None)


def open_counts(connection: sqlite3.Connection) -> dict[Queue, int]:
    """How many parts wait in each queue, zeros included."""
    counts: dict[Queue, int] = dict.fromkeys(QUEUES, 0)
    counts.update(connection.execute("SELECT queue, open FROM review_count").fetchall())
    return counts


def judgements_of(connection: sqlite3.Connection, part_uid: int) -> list[Judgement]:
    """What people said of a part, oldest first, with what was taken back."""
    query = f"SELECT {JUDGEMENT_COLUMNS} FROM judgement WHERE part_uid = ? ORDER BY judgement_id"  # noqa: S608 - our own names
    return [judgement_from_row(row) for row in connection.execute(query, (part_uid,))]


def standing_judgements(connection: sqlite3.Connection, part_uids: Sequence[int]) -> dict[int, Judgement]:
    """Of each of these parts that has one, the newest judgement that nobody took back: what counts."""
    if not part_uids:
        return {}
    query = f"""
        SELECT {JUDGEMENT_COLUMNS} FROM judgement
        WHERE part_uid IN ({_places(part_uids)}) AND undone_at IS NULL ORDER BY judgement_id"""  # noqa: S608 - our own names
    said = map(judgement_from_row, connection.execute(query, part_uids))
    return {judgement.part_uid: judgement for judgement in said}


def records_of(connection: sqlite3.Connection, part_uids: Sequence[int]) -> list[PartRecord]:
    """Everything recorded of these parts, late verdicts too."""
    if not part_uids:
        return []
    query = f"{SELECT_RECORD} WHERE part_uid IN ({_places(part_uids)})"
    return [from_row(row) for row in connection.execute(query, part_uids)]


def _places(values: Sequence[int]) -> str:
    return ", ".join("?" * len(values))


def applied_record(connection: sqlite3.Connection, part_uid: int) -> PartRecord | None:
    """The record of the verdict that was applied to a part."""
    return next((record for record in records_of(connection, [part_uid]) if not record.late), None)


def judged_parts(
    connection: sqlite3.Connection,
    queues: frozenset[Queue] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[tuple[PartRecord, Judgement]]:
    """Every judged part with what counts of it, oldest first: of these queues, triggered in this time; None: all.

    Read in chunks, none of which keeps the writer from tidying up its log.
    """
    low = "" if since is None else bound(since)
    high = "~" if until is None else bound(until)
    query = "SELECT DISTINCT part_uid FROM judgement WHERE part_uid > ? AND undone_at IS NULL ORDER BY part_uid LIMIT ?"
    after = 0
    while uids := [row[0] for row in connection.execute(query, (after, _CHUNK)).fetchall()]:
        after = uids[-1]
        said = standing_judgements(connection, uids)
        for uid in uids:
            record, judgement = applied_record(connection, uid), said.get(uid)
            if record is None or judgement is None or not low <= record.triggered_at < high:
                continue
            if queues is None or queues & _queues_of(connection, uid):
                yield record, judgement


def _queues_of(connection: sqlite3.Connection, part_uid: int) -> set[Queue]:
    return {row[0] for row in connection.execute("SELECT queue FROM review_entry WHERE part_uid = ?", (part_uid,))}


def _entries(connection: sqlite3.Connection, queue: Queue, wanted: ReviewFilter) -> Iterator[tuple[int, Queue, str]]:
    """(part_uid, queue, why) of one queue, newest first; not more than a page of all queues can need."""
    query = """
        SELECT part_uid, queue, why FROM review_entry
        WHERE queue = ? AND judged = ? AND part_uid < ? ORDER BY part_uid DESC LIMIT ?"""
    before = _HIGHEST_UID if wanted.before is None else wanted.before
    return iter(connection.execute(query, (queue, wanted.state == "done", before, wanted.limit + 1)).fetchall())
