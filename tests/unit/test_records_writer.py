"""Records are written once, in order, without ever holding up the one who puts them."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.records import (
    PartEvent,
    PartRecord,
    RecordWriter,
    counts_by_verdict,
    events_of,
    first_part_uid,
    last_parts,
    open_for_reading,
)
from station.records.schema import MIGRATIONS, open_for_writing

LIMIT_S = 20.0


def a_record(uid: int, **changes: Any) -> PartRecord:
    record = PartRecord(
        part_uid=uid,
        part_seq=uid % 65535 + 1,
        run_id="run",
        triggered_at="2026-11-20T12:00:00.000Z",
        trigger_encoder=4_000_000_000,
        verdict="reject",
        reason="defect",
        defect_class=2,
        label="pits",
        score=0.97,
        patch_index=7,
        latency_ms=61.5,
        exposure_to_verdict_ms=40.25,
        frame_id=12,
        recipe="mantle",
        model_digest="ab12",
        simulated=True,
        stage_us={"engine": 30_000, "vote": 12},
        view="mantle",
        pictures=({"view": "mantle", "camera": "line", "frame_id": 12, "stamp": 7},),
    )
    return replace(record, **changes)


def offer(writer: RecordWriter, row: PartRecord | PartEvent) -> bool:
    return writer.note(row) if isinstance(row, PartEvent) else writer.put(row)


def an_event(part_seq: int | None, kind: str = "reject confirmed", **changes: Any) -> PartEvent:
    return replace(PartEvent(7, part_seq, "2026-11-20T12:00:01.000Z", kind, "sensor in the chute"), **changes)


@contextmanager
def a_writer(path: Path, board: FaultBoard | None = None, **more: Any) -> Iterator[RecordWriter]:
    writer = RecordWriter(path, board or FaultBoard(), **more)
    writer.start()
    try:
        yield writer
    finally:
        assert writer.stop(LIMIT_S)


def codes(board: FaultBoard) -> list[FaultCode]:
    return [fault.code for fault in board.active()]


class Gate:
    """An opener whose connections wait, once, until they may go on."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.reached = threading.Event()

    def __call__(self, path: Path) -> sqlite3.Connection:
        self.reached.set()
        assert self.open.wait(LIMIT_S)
        return open_for_writing(path)


def test_a_record_comes_back_as_it_was_put(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "parts.sqlite"
    records = [
        a_record(1),
        a_record(2, verdict="forced", reason="deadline", defect_class=None, label=None, score=None, frame_id=None),
        a_record(2, late=True, verdict="pass"),
    ]
    with a_writer(path) as writer:
        assert [writer.put(record) for record in records] == [True] * 3
        assert writer.flush(LIMIT_S)
        with closing(open_for_reading(path)) as connection:
            assert last_parts(connection, 10) == [records[2], records[1], records[0]]
            assert counts_by_verdict(connection) == {"pass": 0, "reject": 1, "forced": 1}
            assert counts_by_verdict(connection, "other run") == {"pass": 0, "reject": 0, "forced": 0}


def test_the_reading_connection_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    with a_writer(path) as writer:
        writer.put(a_record(1))
        assert writer.flush(LIMIT_S)
    with closing(open_for_reading(path)) as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM part")


def test_commits_are_synchronous_and_write_ahead(tmp_path: Path) -> None:
    with closing(open_for_writing(tmp_path / "parts.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_file_of_the_first_layout_keeps_its_parts_and_takes_new_ones(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    with closing(sqlite3.connect(path)) as old:
        for statement in MIGRATIONS[0]:
            old.execute(statement)
        old.execute(
            "INSERT INTO part VALUES (1, 2, 'run', 'then', NULL, 'pass', 'defect-free', 0, 'defect-free', 0.9, 3, "
            "60.0, 40.0, 5, 'mantle', 'ab12', 1, 0, '{}')"
        )
        old.execute("PRAGMA user_version=1")
        old.commit()
    with a_writer(path) as writer:
        writer.put(a_record(2))
    with closing(open_for_reading(path)) as connection:
        newer, older = last_parts(connection, 9)
    assert (older.part_uid, older.view, older.pictures) == (1, None, ())
    assert newer == a_record(2)


@pytest.mark.parametrize("layout", range(1, len(MIGRATIONS)))
def test_a_file_of_each_older_layout_takes_part_events(tmp_path: Path, layout: int) -> None:
    path = tmp_path / "parts.sqlite"
    with closing(sqlite3.connect(path)) as old:
        for statements in MIGRATIONS[:layout]:
            for statement in statements:
                old.execute(statement)
        old.execute(f"PRAGMA user_version={layout}")
        old.commit()
    event = an_event(3)
    with a_writer(path) as writer:
        writer.put(a_record(1))
        writer.note(event)
    with closing(open_for_reading(path)) as connection:
        assert events_of(connection, 9) == [event]
        assert last_parts(connection, 9) == [a_record(1)]


def test_part_events_come_back_newest_first_of_one_number_or_of_all(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    events = [
        an_event(3, "verdict withdrawn"),
        an_event(None, "station restarted", part_uid=None, detail=""),
        an_event(4, "reject not confirmed"),
        an_event(3, "reject confirmed", at="2026-11-20T11:00:00.000Z"),  # the clock went back
    ]
    with a_writer(path) as writer:
        assert [writer.note(event) for event in events] == [True] * 4
        assert writer.flush(LIMIT_S)
        with closing(open_for_reading(path)) as connection:
            assert events_of(connection, 9) == events[::-1]
            assert events_of(connection, 2) == events[:1:-1]
            assert events_of(connection, 9, part_seq=3) == [events[3], events[0]]
            assert events_of(connection, 1, part_seq=3) == [events[3]]
            assert events_of(connection, 9, part_seq=5) == []
            assert last_parts(connection, 9) == []


def test_records_and_events_share_queue_commit_and_counts(tmp_path: Path) -> None:
    gate, batches = Gate(), []
    put = [a_record(1), an_event(2), a_record(2), an_event(3)]
    with a_writer(tmp_path / "parts.sqlite", open_database=gate, on_written=batches.append, queue_size=4) as writer:
        assert all(offer(writer, row) for row in put)
        assert not writer.note(an_event(5))
        gate.open.set()
        assert writer.flush(LIMIT_S)
        counts = writer.counts()
    assert batches == [put]
    assert (counts.offered, counts.written, counts.dropped, counts.duplicates) == (5, 4, 1, 0)


def test_an_event_put_twice_is_one_row_and_two_equal_events_are_two(tmp_path: Path) -> None:
    path, event = tmp_path / "parts.sqlite", an_event(2)
    with a_writer(path) as writer:
        for put in (event, event, an_event(2)):
            writer.note(put)
        assert writer.flush(LIMIT_S)
        counts = writer.counts()
    assert (counts.written, counts.duplicates) == (2, 1)
    with closing(open_for_reading(path)) as connection:
        assert len(events_of(connection, 9)) == 2


def test_an_event_that_no_table_can_hold_is_reported_and_harms_no_other(tmp_path: Path) -> None:
    gate, board = Gate(), FaultBoard()
    with a_writer(tmp_path / "parts.sqlite", board, open_database=gate) as writer:
        for put in (a_record(1), an_event(2, part_uid="seven"), an_event(3)):
            offer(writer, put)
        gate.open.set()
        assert writer.flush(LIMIT_S)
        counts = writer.counts()
    assert (counts.written, counts.dropped) == (2, 1)
    assert codes(board) == [FaultCode.RECORD_REFUSED]


def test_an_event_of_this_moment_has_the_time_as_the_parts_have_it() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    event = PartEvent.now(5, "verdict withdrawn", "the gate was nearer than the PLC's answer")
    assert before <= datetime.fromisoformat(event.at) <= datetime.now(UTC)
    assert (event.part_uid, event.part_seq, event.kind) == (None, 5, "verdict withdrawn")
    assert event.at.endswith("Z")


def test_an_event_refuses_no_kind_and_a_number_that_is_none() -> None:
    with pytest.raises(ValueError, match="an event has a kind"):
        an_event(1, kind="")
    for part_seq in (0, 65536):
        with pytest.raises(ValueError, match=f"got {part_seq}"):
            an_event(part_seq)


def test_what_waits_goes_into_one_commit(tmp_path: Path) -> None:
    gate, batches = Gate(), []
    with a_writer(tmp_path / "parts.sqlite", open_database=gate, on_written=batches.append) as writer:
        for uid in range(1, 701):
            writer.put(a_record(uid))
        gate.open.set()
        assert writer.flush(LIMIT_S)
    assert [len(batch) for batch in batches] == [500, 200]


def test_a_full_queue_refuses_at_once_counts_and_is_a_fault(tmp_path: Path) -> None:
    gate, board = Gate(), FaultBoard()
    with a_writer(tmp_path / "parts.sqlite", board, queue_size=10, open_database=gate) as writer:
        assert [writer.put(a_record(uid)) for uid in range(1, 13)] == [True] * 10 + [False] * 2
        assert codes(board) == [FaultCode.RECORDS_QUEUE_FULL]
        counts = writer.counts()
        assert (counts.offered, counts.waiting, counts.dropped, counts.written) == (12, 10, 2, 0)
        assert not writer.flush(0)
        gate.open.set()
        assert writer.flush(LIMIT_S)
        counts = writer.counts()
        assert (counts.offered, counts.waiting, counts.dropped, counts.written) == (12, 0, 2, 10)


def test_stopping_writes_what_still_waits_and_takes_nothing_more(tmp_path: Path) -> None:
    path, gate, board = tmp_path / "parts.sqlite", Gate(), FaultBoard()
    with a_writer(path, board, open_database=gate) as writer:
        for uid in range(1, 21):
            writer.put(a_record(uid))
        gate.open.set()
        assert writer.stop(LIMIT_S)
        assert not writer.put(a_record(99))
    assert writer.counts().written == 20
    assert board.active() == ()
    with closing(open_for_reading(path)) as connection:
        assert len(last_parts(connection, 100)) == 20


def test_a_writer_that_never_started_stops(tmp_path: Path) -> None:
    assert RecordWriter(tmp_path / "parts.sqlite", FaultBoard()).stop(LIMIT_S)


def test_a_part_put_twice_is_stored_once_and_counted(tmp_path: Path) -> None:
    with a_writer(tmp_path / "parts.sqlite") as writer:
        for uid in (1, 1, 2):
            writer.put(a_record(uid))
        assert writer.flush(LIMIT_S)
        counts = writer.counts()
    assert (counts.written, counts.duplicates, counts.dropped) == (2, 1, 0)


@pytest.mark.parametrize("bad", [{"score": "high"}, {"frame_id": np.int64(3)}, {"stage_us": {"vote": object()}}])
def test_a_record_that_no_table_can_hold_is_reported_and_harms_no_other(tmp_path: Path, bad: dict[str, Any]) -> None:
    path, gate, board, written = tmp_path / "parts.sqlite", Gate(), FaultBoard(), []
    with a_writer(path, board, open_database=gate, on_written=written.extend) as writer:
        for record in (a_record(1), a_record(2, **bad), a_record(3)):
            writer.put(record)
        gate.open.set()
        assert writer.flush(LIMIT_S)
        counts = writer.counts()
    assert (counts.written, counts.dropped) == (2, 1)
    assert [record.part_uid for record in written] == [1, 3]
    assert codes(board) == [FaultCode.RECORD_REFUSED]


class SmallDisk:
    """Connections with room for a few pages, until the disk is made larger."""

    def __init__(self) -> None:
        self.large = threading.Event()
        self.refused = threading.Event()

    def __call__(self, path: Path) -> sqlite3.Connection:
        connection = open_for_writing(path)
        if not self.large.is_set():
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={pages}")
        return connection


def test_a_full_disk_is_one_fault_and_its_records_are_written_once_there_is_room(tmp_path: Path) -> None:
    path, disk = tmp_path / "parts.sqlite", SmallDisk()
    begun: list[FaultCode] = []
    seen = threading.Event()

    def on_begin(code: FaultCode) -> None:
        begun.append(code)
        seen.set()

    board = FaultBoard(on_begin=on_begin)
    with a_writer(path, board, open_database=disk, retry_s=0.01) as writer:
        for uid in range(1, 301):
            assert writer.put(a_record(uid))
        assert seen.wait(LIMIT_S)
        assert codes(board) == [FaultCode.DISK_FULL]
        (fault,) = board.active()
        assert fault.sentence == f"The disk of {path} is full: parts are inspected but not recorded."
        disk.large.set()
        assert writer.flush(LIMIT_S)
        assert writer.counts().written == 300
    assert board.active() == ()
    assert begun == [FaultCode.DISK_FULL]


@pytest.mark.parametrize("obstacle", ["file for a folder", "folder for a file", "no database", "newer layout"])
def test_a_database_that_cannot_be_opened_is_one_fault_and_the_station_goes_on(tmp_path: Path, obstacle: str) -> None:
    path = tmp_path / "folder" / "parts.sqlite"
    if obstacle == "file for a folder":
        path.parent.write_text("")
    elif obstacle == "folder for a file":
        path.mkdir(parents=True)
    elif obstacle == "no database":
        path.parent.mkdir()
        path.write_bytes(b"this is a text and not a database " * 100)
    else:
        with closing(open_for_writing(path)) as connection:
            connection.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    seen = threading.Event()
    board = FaultBoard(on_begin=lambda code: seen.set())
    with a_writer(path, board, retry_s=0.01) as writer:
        assert writer.put(a_record(1))
        assert seen.wait(LIMIT_S)
        assert codes(board) == [FaultCode.DATABASE_FAULT]
        assert board.active()[0].sentence.startswith(f"Records cannot be written to {path}: ")
    assert writer.counts().dropped == 1
    assert not writer.flush(0) or writer.counts().waiting == 0


def test_an_unwritable_folder_that_is_mended_ends_the_fault_without_a_part(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.write_text("")
    seen = threading.Event()
    board = FaultBoard(on_begin=lambda code: seen.set())
    with a_writer(folder / "parts.sqlite", board, retry_s=0.01):
        assert seen.wait(LIMIT_S)
        folder.unlink()
        limit_s = time.monotonic() + LIMIT_S
        while board.active() and time.monotonic() < limit_s:
            time.sleep(0.005)
    assert board.active() == ()


def test_a_database_deleted_under_the_writer_is_a_fault_and_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    begun: list[FaultCode] = []
    with a_writer(path, FaultBoard(on_begin=begun.append), retry_s=0.01) as writer:
        writer.put(a_record(1))
        assert writer.flush(LIMIT_S)
        for file in tmp_path.iterdir():
            file.unlink()
        writer.put(a_record(2))
        assert writer.flush(LIMIT_S)
        with closing(open_for_reading(path)) as connection:
            assert [record.part_uid for record in last_parts(connection, 9)] == [2]
    assert begun == [FaultCode.DATABASE_FAULT]


def test_part_numbers_grow_over_restarts_even_when_the_clock_goes_back(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    first = first_part_uid(path, unix_s=1_800_000_000)
    assert first == 1_800_000_000_000_000
    with a_writer(path) as writer:
        writer.put(a_record(first + 5))
        assert writer.flush(LIMIT_S)
    assert first_part_uid(path, unix_s=1_800_000_001) == 1_800_000_001_000_000
    assert first_part_uid(path, unix_s=0) == first + 6
    assert first + 6 < 2**53


def test_a_record_refuses_an_unknown_verdict_and_a_number_that_is_none() -> None:
    with pytest.raises(ValueError, match="'maybe'"):
        a_record(1, verdict="maybe")
    with pytest.raises(ValueError, match="got 0"):
        a_record(0)
