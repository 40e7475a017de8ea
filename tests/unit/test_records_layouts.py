"""A file that any older station wrote goes on: its parts are there, counted and found, and new ones are taken."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from station.records.log_queries import audit_lines, faults_ended, records_between
from station.records.migrations import MIGRATIONS
from station.records.queries import PartFilter, hours, kinds, part_life, parts_page
from station.records.review_queries import ReviewFilter, review_page
from tests.unit.records_rows import NOON, a_part, a_reject, reading, store

SHIPPED = (
    "7774af1ba7eec7b12d38349465f6eb9b9045f21bec04a5dfec4caa905b677f60",
    "27bad8f857e917a7773a7c444746b8519741853143f91cc34a09a39d80156feb",
    "619cd9243f6dc79eda5e10963c67992a085e11d9a1116eba9ac4c46765b46f6e",
    "c8bdd098b836b6d1ae12660404a83865a3ea6f60599aa147c2f7c694b8fba4f5",
)
"""Of each layout that stations have files of. A new layout is a new entry; none of these ever changes."""
OLD_PART = (
    "part_uid, part_seq, run_id, triggered_at, trigger_encoder, verdict, reason, defect_class, label, score, "
    "patch_index, latency_ms, exposure_to_verdict_ms, frame_id, recipe, model_digest, simulated, late, stage_us"
)
OLD_PARTS = (
    (1, 2, "run", "2026-11-20T12:00:00.000+00:00", None, "pass", "defect-free", 0, "defect-free", 0.9, 3,
     60.0, 40.0, 5, "mantle", "ab12", 1, 0, "{}"),
    (2, 3, "run", "2026-11-20T12:00:01.000+00:00", 9, "forced", "deadline", None, None, None, None,
     300.0, None, 6, "mantle", "ab12", 1, 0, '{"engine": 9}'),
    (2, 3, "run", "2026-11-20T12:00:01.000+00:00", 9, "reject", "defect", 2, "pits", 0.8, 1,
     310.0, None, 6, "mantle", "ab12", 1, 1, "{}"),
)  # fmt: skip
PICTURES = '[{"view": "mantle", "camera": "line", "stamp": 7}]'


def old_file(path: Path, layout: int) -> None:
    """A file as the station of that layout left it: two parts, one with a late verdict, and an event."""
    with closing(sqlite3.connect(path)) as old:
        for statements in MIGRATIONS[:layout]:
            for statement in statements:
                old.execute(statement)
        places = ", ".join("?" * len(OLD_PARTS[0]))
        old.executemany(f"INSERT INTO part ({OLD_PART}) VALUES ({places})", OLD_PARTS)
        if layout >= 2:
            old.execute("UPDATE part SET view = 'mantle', pictures = ? WHERE late = 1", (PICTURES,))
        if layout >= 3:
            old.execute(
                "INSERT INTO part_event (part_uid, part_seq, at, kind, detail, event_uid) "
                "VALUES (NULL, 3, '2026-11-20T12:00:02.000+00:00', 'reject confirmed', '', 'e')"
            )
        old.execute(f"PRAGMA user_version={layout}")
        old.commit()


def test_a_layout_that_was_shipped_is_never_changed() -> None:
    for statements, digest in zip(MIGRATIONS, SHIPPED, strict=False):
        text = "\n".join(" ".join(statement.split()) for statement in statements)
        assert hashlib.sha256(text.encode()).hexdigest() == digest
    assert len(MIGRATIONS) == len(SHIPPED) + 1


@pytest.mark.parametrize("layout", range(1, len(MIGRATIONS)))
def test_the_parts_of_each_older_layout_are_listed_counted_and_told(tmp_path: Path, layout: int) -> None:
    path = tmp_path / "parts.sqlite"
    old_file(path, layout)
    store(path, [a_part(3, 3600.0)])
    with reading(path) as connection:
        page = parts_page(connection, PartFilter())
        assert [(part.record.part_uid, part.late) for part in page.parts] == [(3, False), (2, True), (1, False)]
        assert parts_page(connection, PartFilter(reason="deadline")).parts[0].record.part_uid == 2
        assert parts_page(connection, PartFilter(until=NOON.replace(second=1))).parts[0].record.part_uid == 1
        counts = [(hour.passed, hour.rejected, hour.forced) for hour in hours(connection, NOON, NOON.replace(hour=14))]
        assert counts == [(1, 0, 1), (1, 0, 0)]
        assert set(kinds(connection)) == {("pass", "defect-free", "defect-free"), ("forced", "deadline", None)}
        life = part_life(connection, 2)
        assert life is not None
        assert life.late is not None
        assert [picture["stamp"] for picture in life.late.pictures] == ([7] if layout >= 2 else [])
        assert [event.kind for event in life.events] == (["reject confirmed"] if layout >= 3 else [])
        assert [record.part_uid for chunk in records_between(connection) for record in chunk] == [1, 2, 2, 3]
        assert review_page(connection, ReviewFilter()).items == ()
        assert (faults_ended(connection), audit_lines(connection)) == ([], [])


def test_what_an_older_station_did_not_keep_is_said_to_be_unknown(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    old_file(path, 4)
    store(path, [])
    with reading(path) as connection:
        life = part_life(connection, 1)
    assert life is not None
    told = life.record.as_json()
    assert (told["isPartial"], told["slack_ms"], told["recipeId"]) == (None, None, {"id": None, "hash": None})
    assert told["triggered_at"] == "2026-11-20T12:00:00.000Z"
    assert told["processingTimes"]["endTime"] is None


def test_a_migration_that_is_cut_short_leaves_the_older_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    old_file(path, 4)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE audit_line (something TEXT)")  # the migration meets it when nearly done
    with pytest.raises(sqlite3.OperationalError, match="audit_line"):
        store(path, [a_reject(3)])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (4,)
        assert connection.execute("SELECT count(*) FROM part").fetchone() == (3,)
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert "judgement" not in tables
