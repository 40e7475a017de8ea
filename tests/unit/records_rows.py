"""Small builders for tests of the records: one of each row, and a database that has them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from station.records.database import Database, Row, Written
from station.records.instant import instant
from station.records.judgement import Judgement
from station.records.part_event import PartEvent
from station.records.queue_entry import QueueEntry
from station.records.reading import open_for_reading
from station.records.record import PartRecord
from station.records.schema import open_for_writing

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def a_part(uid: int, after_s: float = 0.0, **changes: Any) -> PartRecord:
    """A passed part, triggered so long after noon."""
    record = PartRecord(
        part_uid=uid, part_seq=uid % 65535 + 1, run_id="run", triggered_at=instant(NOON + timedelta(seconds=after_s)),
        trigger_encoder=4_000_000_000, verdict="pass", reason="defect-free", defect_class=0, label="defect-free",
        score=0.97, patch_index=7, latency_ms=61.5, exposure_to_verdict_ms=40.25, frame_id=12, recipe="mantle",
        model_digest="ab12", simulated=True, pictures=(a_picture(),),
    )  # fmt: skip
    return replace(record, **changes)


def a_reject(uid: int, after_s: float = 0.0, **changes: Any) -> PartRecord:
    """A part that was rejected for pits."""
    pits = {"verdict": "reject", "reason": "defect", "defect_class": 2, "label": "pits", "view": "mantle"}
    return a_part(uid, after_s, **{**pits, **changes})


def a_forced(uid: int, after_s: float = 0.0, **changes: Any) -> PartRecord:
    """A part that came too late for a verdict."""
    forced = {"verdict": "forced", "reason": "deadline", "defect_class": None, "label": None, "score": None}
    return a_part(uid, after_s, **{**forced, **changes})


def a_picture(view: str = "mantle", **changes: Any) -> dict[str, Any]:
    """What is known of a sound picture."""
    entry: dict[str, Any] = {"view": view, "camera": "line", "problem": None, "defective": False}
    entry |= {"label": "defect-free", "score": 0.97, "mean": 100.0, "sharpness": 12.0, "sureness": 0.95}
    return {**entry, "nearest_defect": {"label": "pits", "score": 0.01}, **changes}


def a_judgement(uid: int, judgement: str = "good", user: str = "anna", **changes: Any) -> Judgement:
    """What a person says of a part."""
    return replace(Judgement(uid, instant(NOON), user, judgement, ""), **changes)


def an_event(part_seq: int | None, after_s: float, kind: str = "reject confirmed", uid: int | None = None) -> PartEvent:
    """Something that happened so long after noon."""
    return PartEvent(uid, part_seq, instant(NOON + timedelta(seconds=after_s)), kind, "")


def written(rows: Iterable[Row | tuple[PartRecord, tuple[QueueEntry, ...]]]) -> list[Written]:
    """Rows as the writer takes them."""
    return [Written(*row) if isinstance(row, tuple) else Written(row) for row in rows]


def store(path: Path, rows: Iterable[Row | tuple[PartRecord, tuple[QueueEntry, ...]]]) -> None:
    """Write the rows in one commit; the file is made where it is missing."""
    database = Database(path, open_for_writing)
    try:
        database.commit(written(rows))
    finally:
        database.close()


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection."""
    with closing(open_for_reading(path)) as connection:
        yield connection
