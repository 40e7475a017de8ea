"""What people did is acknowledged once it is on the disk, and never takes a part's place."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.records import RecordWriter, open_for_reading
from station.records.audit_line import AuditLine
from station.records.fault_span import FaultSpan
from station.records.judgement import Judgement
from station.records.log_queries import audit_lines, faults_ended, faults_open
from station.records.queue_entry import QUEUES, QueueEntry
from station.records.review_queries import (
    ReviewFilter,
    judged_parts,
    judgements_of,
    open_counts,
    review_page,
    standing_judgements,
)
from station.records.schema import open_for_writing
from tests.unit.records_rows import NOON, a_forced, a_judgement, a_part, a_reject, reading, store

LIMIT_S = 20.0
LINE = AuditLine("2026-11-20T12:00:00.000Z", "anna", "engineer", "10.0.0.7", "POST /api/recipes/2/activate", "202")
SPAN = FaultSpan("f-1", "E101", "line", "fault", "Camera line is gone.", "2026-11-20T12:00:00.000Z")


@contextmanager
def a_writer(path: Path, board: FaultBoard | None = None, **more: Any) -> Iterator[RecordWriter]:
    writer = RecordWriter(path, board or FaultBoard(), **more)
    writer.start()
    try:
        yield writer
    finally:
        assert writer.stop(LIMIT_S)


class HeldDisk:
    """Opens the database once it may."""

    def __init__(self) -> None:
        self.free = threading.Event()

    def __call__(self, path: Path) -> sqlite3.Connection:
        assert self.free.wait(LIMIT_S)
        return open_for_writing(path)


def entries(*queues: Any) -> tuple[QueueEntry, ...]:
    return tuple(QueueEntry(queue, f"why {queue}") for queue in queues)


def test_a_judgement_is_acknowledged_only_when_another_process_could_read_it(tmp_path: Path) -> None:
    path, disk = tmp_path / "parts.sqlite", HeldDisk()
    seen: list[list[Judgement]] = []

    def look(done: Future[bool]) -> None:
        assert done.result()
        with reading(path) as connection:
            seen.append(judgements_of(connection, 1))

    said = a_judgement(1, "pits", comment="at the rim")
    with a_writer(path, open_database=disk) as writer:
        done = writer.judge(said)
        done.add_done_callback(look)
        assert not done.done()
        disk.free.set()
        assert done.result(LIMIT_S)
    assert seen == [[said]]


async def test_an_acknowledgement_can_be_awaited_and_given_up(tmp_path: Path) -> None:
    disk = HeldDisk()
    with a_writer(tmp_path / "parts.sqlite", open_database=disk) as writer:
        given_up = asyncio.wrap_future(writer.audit(LINE))
        given_up.cancel()
        awaited = asyncio.wrap_future(writer.audit(replace(LINE, line_uid="2")))
        disk.free.set()
        assert await asyncio.wait_for(awaited, LIMIT_S)
    with reading(tmp_path / "parts.sqlite") as connection:
        assert len(audit_lines(connection)) == 2


def test_what_people_did_has_half_of_the_queue_and_is_refused_at_once_beyond(tmp_path: Path) -> None:
    disk, board = HeldDisk(), FaultBoard()
    with a_writer(tmp_path / "parts.sqlite", board, queue_size=8, open_database=disk) as writer:
        first = [writer.audit(replace(LINE, line_uid=str(n))) for n in range(5)]
        assert [done.done() for done in first] == [False] * 4 + [True]
        assert first[4].result() is False
        assert writer.judge(a_judgement(1)).result() is False
        assert not writer.fault(SPAN)
        assert [writer.put(a_part(uid)) for uid in range(1, 6)] == [True] * 4 + [False]
        disk.free.set()
        assert [done.result(LIMIT_S) for done in first] == [True] * 4 + [False]
        assert writer.flush(LIMIT_S)
        counts = writer.counts()
    assert (counts.offered, counts.written, counts.dropped) == (12, 8, 4)
    assert [fault.code for fault in board.active()] == [FaultCode.RECORDS_QUEUE_FULL]


def test_whoever_waits_when_the_station_stops_without_a_disk_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with a_writer(tmp_path / "file" / "parts.sqlite", retry_s=0.01) as writer:
        done = writer.judge(a_judgement(1))
    assert done.result(LIMIT_S) is False
    never = RecordWriter(tmp_path / "parts.sqlite", FaultBoard())
    waiting = never.judge(a_judgement(1))
    assert never.stop(LIMIT_S)
    assert (waiting.result(LIMIT_S), never.judge(a_judgement(1)).result(), never.counts().dropped) == (False, False, 2)


def test_a_line_that_no_table_can_hold_is_not_acknowledged_and_harms_no_other(tmp_path: Path) -> None:
    disk, board = HeldDisk(), FaultBoard()
    with a_writer(tmp_path / "parts.sqlite", board, open_database=disk) as writer:
        bad = writer.audit(replace(LINE, outcome=object()))
        good = writer.audit(LINE)
        disk.free.set()
        assert (bad.result(LIMIT_S), good.result(LIMIT_S)) == (False, True)
    assert [fault.code for fault in board.active()] == [FaultCode.RECORD_REFUSED]


def test_undoing_takes_back_this_users_newest_judgement_of_this_part_and_keeps_its_trace(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    said = [a_judgement(1, "pits"), a_judgement(1, "good"), a_judgement(1, "unsure", "ben"), a_judgement(2, "good")]
    undo = replace(a_judgement(1), undone=True)
    with a_writer(path) as writer:
        for judgement in (*said, undo, undo):  # the same undo twice is one
            assert writer.judge(judgement).result(LIMIT_S)
        with closing(open_for_reading(path)) as connection:
            assert [one.undone for one in judgements_of(connection, 1)] == [False, True, False]
            assert standing_judgements(connection, [1, 2, 3]) == {1: said[2], 2: said[3]}
        assert writer.judge(replace(a_judgement(1, user="ben"), undone=True)).result(LIMIT_S)
        assert writer.judge(replace(a_judgement(1, user="carl"), undone=True)).result(LIMIT_S)  # nothing is there
        with closing(open_for_reading(path)) as connection:
            assert standing_judgements(connection, [1]) == {1: said[0]}
    with reading(path) as connection:
        assert [one.judgement for one in judgements_of(connection, 1)] == ["pits", "good", "unsure"]


def test_a_part_leaves_its_queues_when_it_is_judged_and_comes_back_when_that_is_undone(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    with a_writer(path) as writer:
        writer.put(a_forced(1), entries("forced"))
        writer.put(a_reject(2), entries("rejects", "borderline"))
        writer.put(a_reject(2), entries("unusual"))  # there already: nothing is added
        writer.put(a_part(3), entries("unusual"))
        assert writer.flush(LIMIT_S)
        with closing(open_for_reading(path)) as connection:
            page = review_page(connection, ReviewFilter())
            shown = [(item.record.part_uid, item.queue, item.why) for item in page.items]
            assert shown == [(3, "unusual", "why unusual"), (2, "rejects", "why rejects"), (1, "forced", "why forced")]
            assert page.open == {"forced": 1, "rejects": 1, "borderline": 1, "unusual": 1}
            assert list(page.open) == list(QUEUES)
        assert writer.judge(a_judgement(2, "pits")).result(LIMIT_S)
        with closing(open_for_reading(path)) as connection:
            assert open_counts(connection) == {"forced": 1, "rejects": 0, "borderline": 0, "unusual": 1}
            (done,) = review_page(connection, ReviewFilter("borderline", "done")).items
            assert done.judgement is not None
            assert (done.record.part_uid, done.judgement.judgement) == (2, "pits")
            assert review_page(connection, ReviewFilter("borderline")).items == ()
        assert writer.judge(replace(a_judgement(2), undone=True)).result(LIMIT_S)
        with closing(open_for_reading(path)) as connection:
            assert open_counts(connection) == {"forced": 1, "rejects": 1, "borderline": 1, "unusual": 1}


def test_the_review_comes_in_pages_that_miss_and_repeat_no_part(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    store(path, [(a_reject(uid), entries("rejects", *(["borderline"] if uid % 3 else []))) for uid in range(1, 31)])
    found: list[int] = []
    wanted: ReviewFilter | None = ReviewFilter(limit=7)
    with reading(path) as connection:
        while wanted is not None:
            page = review_page(connection, wanted)
            found += [item.record.part_uid for item in page.items]
            wanted = None if page.next is None else replace(wanted, before=page.next)
        assert found == list(range(30, 0, -1))
        assert [
            item.record.part_uid for item in review_page(connection, ReviewFilter("borderline", limit=2)).items
        ] == [
            29,
            28,
        ]


def test_an_export_takes_the_judged_parts_of_its_queues_and_time_and_of_each_what_counts(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    store(
        path,
        [
            (a_reject(1, 10), entries("rejects")),
            (a_reject(2, 20), entries("rejects", "borderline")),
            (a_part(3, 30), entries("unusual")),
            a_part(4, 40),
            a_judgement(3),
            a_judgement(1, "pits"),
            a_judgement(1, "good", "ben"),
            a_judgement(4),
            replace(a_judgement(4), undone=True, judgement_uid="undo"),
            a_judgement(77),  # no such part
        ],
    )
    with reading(path) as connection:
        assert [(r.part_uid, j.judgement) for r, j in judged_parts(connection)] == [(1, "good"), (3, "good")]
        assert [r.part_uid for r, _ in judged_parts(connection, frozenset({"rejects"}))] == [1]
        assert [r.part_uid for r, _ in judged_parts(connection, since=NOON.replace(second=20))] == [3]
        assert [r.part_uid for r, _ in judged_parts(connection, until=NOON.replace(second=30))] == [1]


def test_a_fault_is_one_row_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    known = replace(SPAN, acknowledged_by="anna", acknowledged_at="2026-11-20T12:00:05.000Z")
    ended = replace(known, ended_at="2026-11-20T12:01:00.000Z", count=3)
    other = replace(ended, fault_uid="f-2", ended_at="2026-11-20T12:00:30.000Z")
    with a_writer(path) as writer:
        assert writer.fault(SPAN)
        assert writer.flush(LIMIT_S)
        with closing(open_for_reading(path)) as connection:
            assert (faults_open(connection), faults_ended(connection)) == ([SPAN], [])
        for span in (known, ended, other):
            assert writer.fault(span)
    with reading(path) as connection:
        assert (faults_open(connection), faults_ended(connection)) == ([], [ended, other])
        assert faults_ended(connection, 1) == [ended]
    assert ended.as_json()["id"] == "f-1"


def test_the_audit_has_the_newest_command_first_and_the_peers_name_of_the_page(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    lines = [replace(LINE, what=f"POST {n}", line_uid=str(n)) for n in range(5)]
    store(path, [*lines, lines[0]])
    with reading(path) as connection:
        assert audit_lines(connection) == lines[::-1]
        assert audit_lines(connection, 2) == lines[:2:-1]
    assert LINE.as_json()["from"] == "10.0.0.7"


def test_a_judgement_and_a_queue_refuse_what_they_cannot_be() -> None:
    with pytest.raises(ValueError, match="got no user"):
        a_judgement(1, user="")
    with pytest.raises(ValueError, match="or the label of a defect, got nothing"):
        a_judgement(1, "")
    with pytest.raises(ValueError, match="got 'later'"):
        QueueEntry("later", "")  # type: ignore[arg-type]
