"""The page gets the parts that it asks for, all of them and once, and never by looking at every part there is."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from station.records.instant import instant
from station.records.log_queries import EXPORT_CHUNK, records_between
from station.records.queries import PartFilter, hours, part_life, parts_page
from station.records.reading import open_for_reading
from station.records.record import PartRecord
from station.records.schema import open_for_writing
from tests.records_bench import FIRST_UID, queries
from tests.unit.records_rows import NOON, a_forced, a_judgement, a_part, a_reject, an_event, reading, store

SCANNED_ON_PURPOSE = {
    "SCAN part_kind": "some dozens of rows",
    "SCAN review_count": "four rows",
    "SCAN audit_line": "from its end, as many as are asked for",
}


def many_parts(count: int, seed: int = 3) -> list[PartRecord]:
    """Parts of all kinds over some hours, with a clock that was set back in the middle."""
    choose = random.Random(seed)
    parts: list[PartRecord] = []
    after_s = 0.0
    for uid in range(1, count + 1):
        after_s += choose.expovariate(1 / 30) - (1500.0 if uid == count // 2 else 0.0)
        kind = choose.choice((a_part, a_part, a_reject, a_forced))
        changes: dict[str, Any] = {"part_seq": uid % 50 + 1}
        if kind is a_reject:
            changes["label"] = choose.choice(("pits", "scratches"))
        if kind is a_forced:
            changes["reason"] = choose.choice(("deadline", "no frame"))
        parts.append(kind(uid, after_s, **changes))
    return parts


def all_pages(connection: sqlite3.Connection, wanted: PartFilter) -> list[int]:
    """The numbers of all parts that fit, page by page."""
    found: list[int] = []
    while True:
        page = parts_page(connection, wanted)
        found += [part.record.part_uid for part in page.parts]
        assert len(page.parts) == wanted.limit or page.next is None
        if page.next is None:
            return found
        wanted = replace(wanted, before=page.next)


def test_every_filter_finds_exactly_the_parts_that_fit_newest_first(tmp_path: Path) -> None:
    parts = many_parts(400)
    store(tmp_path / "parts.sqlite", parts)
    choose = random.Random(5)
    with reading(tmp_path / "parts.sqlite") as connection:
        for _ in range(120):
            since = choose.choice((None, NOON + timedelta(seconds=choose.uniform(-900, 15_000))))
            until = choose.choice((None, NOON + timedelta(seconds=choose.uniform(-900, 15_000))))
            wanted = PartFilter(
                before=choose.choice((None, choose.randrange(1, 450))),
                limit=choose.choice((1, 7, 200)),
                verdict=choose.choice((None, "pass", "reject", "forced")),
                reason=choose.choice((None, None, "deadline", "defect", "nothing")),
                label=choose.choice((None, None, "pits", "defect-free")),
                since=since,
                until=until,
                part_seq=choose.choice((None, None, choose.randrange(1, 55))),
            )
            expected = [
                part.part_uid
                for part in reversed(parts)
                if (wanted.before is None or part.part_uid < wanted.before)
                and wanted.verdict in (None, part.verdict)
                and wanted.reason in (None, part.reason)
                and wanted.label in (None, part.label)
                and wanted.part_seq in (None, part.part_seq)
                and (since is None or part.triggered_at >= instant(since))
                and (until is None or part.triggered_at < instant(until))
            ]
            assert all_pages(connection, wanted) == expected, wanted


def test_a_listed_part_has_its_late_verdict_marked_and_what_counts_of_its_judgements(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    late = a_reject(2, late=True)
    store(path, [a_part(1), a_forced(2), late, a_judgement(1, "pits"), a_judgement(1, "good", "ben")])
    with reading(path) as connection:
        second, first = parts_page(connection, PartFilter()).parts
        assert (second.late, second.judgement, first.late) == (True, None, False)
        assert first.judgement is not None
        assert (first.judgement.judgement, first.judgement.user) == ("good", "ben")
        assert parts_page(connection, PartFilter(label="pits")).parts == ()


def test_a_page_has_a_size_that_is_named_when_it_is_not_one() -> None:
    for limit in (0, 201):
        with pytest.raises(ValueError, match=f"limit is 1..200, got {limit}"):
            PartFilter(limit=limit)


def test_a_life_has_the_parts_own_events_and_those_of_its_number_until_the_number_came_again(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    rows = [a_part(1, 0, part_seq=9), a_part(2, 100, part_seq=9), a_forced(2, 100, part_seq=9, late=True)]
    events = [
        an_event(9, -30, "of the part before"),
        an_event(9, 0.5, "withdrawn"),
        an_event(8, 0.6, "of another number"),
        an_event(None, 400, "judged again", uid=1),
        an_event(9, 101, "confirmed"),
    ]
    store(path, [*rows, *events])
    with reading(path) as connection:
        first, second = part_life(connection, 1), part_life(connection, 2)
        assert part_life(connection, 3) is None
    assert first is not None
    assert second is not None
    assert [event.kind for event in first.events] == ["withdrawn", "judged again"]
    assert [event.kind for event in second.events] == ["confirmed"]
    assert (first.late, second.late) == (None, rows[2])
    assert second.record == rows[1]


def test_hours_count_what_was_applied_and_show_empty_hours(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    store(path, [a_part(1, -1), a_part(2), a_reject(3, 1), a_forced(4, 3599), a_reject(4, 3599, late=True)])
    store(path, [a_part(5, 7200.5), a_part(5, 7200.5)])  # the second is there already, and counts once
    with reading(path) as connection:
        found = hours(connection, NOON + timedelta(minutes=5), NOON + timedelta(hours=2, seconds=1))
    assert [(hour.hour, hour.passed, hour.rejected, hour.forced) for hour in found] == [
        (NOON, 1, 1, 1),
        (NOON + timedelta(hours=1), 0, 0, 0),
        (NOON + timedelta(hours=2), 1, 0, 0),
    ]


def test_the_counts_by_minute_are_those_of_the_parts(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    store(path, many_parts(300))
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("SELECT * FROM part_minute ORDER BY 1").fetchall()
        counted = connection.execute(
            "SELECT substr(triggered_at, 1, 16), sum(verdict = 'pass'), sum(verdict = 'reject'), "
            "sum(verdict = 'forced'), min(part_uid), max(part_uid) FROM part GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert kept == counted
    assert len(kept) > 50


def test_a_download_has_every_record_of_the_time_once_and_oldest_first(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    parts = [a_part(uid, uid) for uid in range(1, EXPORT_CHUNK * 2 + 30)]
    parts.append(a_reject(EXPORT_CHUNK, EXPORT_CHUNK, late=True))
    store(path, parts)
    in_order = sorted(parts, key=lambda part: (part.part_uid, part.late))
    since, until = NOON + timedelta(seconds=100), NOON + timedelta(seconds=900)
    with reading(path) as connection:
        chunks = list(records_between(connection))
        assert [len(chunk) for chunk in chunks] == [EXPORT_CHUNK, EXPORT_CHUNK, 30]
        assert [record for chunk in chunks for record in chunk] == in_order
        found = [record.part_uid for chunk in records_between(connection, since, until) for record in chunk]
        assert found == [part.part_uid for part in in_order if 100 <= part.part_uid < 900]
        assert list(records_between(connection, NOON + timedelta(days=1))) == []


def test_a_download_between_two_chunks_does_not_hold_the_writers_log(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    with closing(open_for_writing(path)):
        store(path, [a_part(uid) for uid in range(1, EXPORT_CHUNK + 10)])
        with reading(path) as connection:
            chunks = records_between(connection)
            next(chunks)
            with closing(sqlite3.connect(path)) as other:
                busy, *_ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            assert busy == 0
            assert len(next(chunks)) == 9


def plans_of(path: Path, query: Callable[[sqlite3.Connection], object]) -> set[str]:
    """How SQLite finds what the query asks, step by step."""
    statements: set[str] = set()
    with closing(open_for_reading(path)) as connection:
        connection.set_trace_callback(statements.add)
        query(connection)
        connection.set_trace_callback(None)
        return {row[3] for one in statements for row in connection.execute(f"EXPLAIN QUERY PLAN {one}")}


@pytest.mark.parametrize("name", queries(100))
def test_no_query_of_the_page_scans_a_table(tmp_path: Path, name: str) -> None:
    path = tmp_path / "parts.sqlite"
    of_bench = [a_part(FIRST_UID + uid, uid) for uid in range(60)] + [
        a_reject(FIRST_UID + 60),
        a_forced(FIRST_UID + 61),
    ]
    store(path, [*of_bench, a_judgement(FIRST_UID + 1)])
    steps = plans_of(path, queries(100)[name])
    assert steps
    scans = {step for step in steps if step.startswith("SCAN")}
    assert scans <= set(SCANNED_ON_PURPOSE)


def test_the_test_for_scans_sees_one(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    store(path, [a_part(1)])
    steps = plans_of(path, lambda connection: connection.execute("SELECT 1 FROM part WHERE score > 0.5").fetchall())
    assert any(step.startswith("SCAN part") for step in steps)


def test_instants_of_older_files_compare_with_those_of_today() -> None:
    local = datetime(2026, 11, 20, 13, 0, 0, 1500, tzinfo=UTC).astimezone()
    assert instant(local) == "2026-11-20T13:00:00.001Z"
    with pytest.raises(ValueError, match="expected a moment with a time zone"):
        instant(datetime(2026, 11, 20))  # noqa: DTZ001 - on purpose
