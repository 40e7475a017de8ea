"""How long the page's queries take over a million parts: `python -m tests.records_bench [--parts N] [--folder DIR]`.

Fills a database as a station would have (12 parts/s, 1 in 20 rejected, 1 in 200 forced, 16 patches a part), and prints
milliseconds a query. Asked of each: 50 ms.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from station.core.reasons import Outcome, Reason
from station.records.audit_line import AuditLine
from station.records.database import Database, Written
from station.records.fault_span import FaultSpan
from station.records.instant import instant
from station.records.judgement import Judgement
from station.records.log_queries import audit_lines, faults_ended, records_between
from station.records.patches import PatchSeen, packed
from station.records.queries import PartFilter, hours, part_life, parts_page
from station.records.queue_entry import QueueEntry
from station.records.reading import open_for_reading
from station.records.record import PartRecord, Verdict
from station.records.review_queries import ReviewFilter, review_page
from station.records.schema import open_for_writing

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
PARTS_A_S = 12.0
LABELS = ("defect-free", "imprinted", "pits", "roll-marks", "scratches")
FORCED = tuple(reason.text for reason in Reason if reason.outcome is Outcome.FORCED)
FIRST_UID = 1_793_000_000_000_000
_BATCH = 2000


def made_parts(count: int, seed: int = 1) -> Iterator[Written]:
    """Parts as a station writes them, with why a person should look at them."""
    choose = random.Random(seed)
    for n in range(count):
        at, dice = BEGIN + timedelta(seconds=n / PARTS_A_S), choose.random()
        verdict: Verdict = "forced" if dice < 0.005 else "reject" if dice < 0.055 else "pass"
        index = choose.randrange(1, len(LABELS)) if verdict == "reject" else 0
        reason = choose.choice(FORCED) if verdict == "forced" else "defect" if index else "defect-free"
        patches = [
            PatchSeen(y * 256 + 17, x * 256 + 40, index if (y, x) == (3, 1) else 0, LABELS[index], choose.random())
            for y in range(8)
            for x in range(2)
        ]
        record = PartRecord(
            part_uid=FIRST_UID + n, part_seq=n % 65535 + 1, run_id=f"{n // 400_000:032x}", triggered_at=instant(at),
            trigger_encoder=n * 977 % 2**32, verdict=verdict, reason=reason,
            defect_class=None if verdict == "forced" else index,
            label=None if verdict == "forced" else LABELS[index],
            score=None if verdict == "forced" else 0.97, patch_index=7, latency_ms=61.5, exposure_to_verdict_ms=40.25,
            frame_id=n, recipe="mantle", model_digest="ab" * 32, simulated=True,
            stage_us={"crop_resize": 900, "patch_quantise": 70, "engine": 30_000, "vote": 12, "wait": 110, "copy": 300},
            pictures=({
                "view": "mantle", "camera": "line", "frame_id": n, "encoder": n * 977 % 2**32, "lines_valid": 2048,
                "lines": 2048, "lost_before": 0, "stale_rows": 0, "ready_ms": 21.4, "problem": None, "score": 0.97,
                "label": LABELS[index], "sharpness": 12.5, "mean": 101.25, "sureness": 0.91, **packed(patches),
            },),
            decided_at=instant(at + timedelta(milliseconds=61.5)), deadline_ms=150.0, slack_ms=88.5, slack_counts=410,
            handed_off_ms=62.0, gate_encoder=0, is_partial=verdict == "forced", recipe_id=1, recipe_digest="cd" * 32,
            configuration_id="ef" * 32, acquisition_ms=21.4, processing_ms=40.1,
        )  # fmt: skip
        review = {"forced": ("forced",), "reject": ("rejects",), "pass": ("unusual",) if dice > 0.999 else ()}[verdict]
        yield Written(record, tuple(QueueEntry(queue, "Rejected for pits with a score of 0.97.") for queue in review))  # type: ignore[arg-type]


def fill(path: Path, parts: int) -> None:
    """A million parts, some thousand judgements, faults and audit lines."""

    def without_sync(file: Path) -> sqlite3.Connection:
        connection = open_for_writing(file)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    database = Database(path, without_sync)
    try:
        batch: list[Written] = []
        for written in made_parts(parts):
            batch.append(written)
            if len(batch) == _BATCH:
                database.commit(batch)
                batch.clear()
        at = instant(BEGIN)
        batch += [Written(Judgement(FIRST_UID + n * 50, at, "anna", "good")) for n in range(5000)]
        batch += [Written(AuditLine(at, "anna", "engineer", "::1", "POST /api/review", "200")) for _ in range(5000)]
        batch += [Written(FaultSpan(f"{n}", "E421", "", "warning", "Late.", at, at)) for n in range(5000)]
        database.commit(batch)
    finally:
        database.close()


def queries(parts: int) -> dict[str, Callable[[sqlite3.Connection], object]]:
    """What the page asks, by name; `parts` are in the database."""
    end = BEGIN + timedelta(seconds=parts / PARTS_A_S)
    middle = BEGIN + (end - BEGIN) / 2
    half = FIRST_UID + parts // 2

    def page(**wanted: Any) -> Callable[[sqlite3.Connection], object]:
        return lambda connection: parts_page(connection, PartFilter(**wanted))

    def review(**wanted: Any) -> Callable[[sqlite3.Connection], object]:
        return lambda connection: review_page(connection, ReviewFilter(**wanted))

    return {
        "parts, newest 50": page(),
        "parts, 50 from the middle": page(before=half),
        "parts, 200": page(limit=200),
        "parts, forced": page(verdict="forced"),
        "parts, reason": page(reason="deadline"),
        "parts, label": page(label="pits"),
        "parts, verdict and label": page(verdict="reject", label="pits"),
        "parts, verdict that the label never has": page(verdict="pass", label="pits"),
        "parts, a minute": page(since=middle, until=middle + timedelta(minutes=1)),
        "parts, an hour, forced": page(since=middle, until=middle + timedelta(hours=1), verdict="forced"),
        "parts, half of all, label": page(since=BEGIN, until=middle, label="pits"),
        "parts, a time without parts": page(since=end + timedelta(days=1)),
        "parts, number": page(part_seq=77),
        "parts, number and label": page(part_seq=77, label="pits"),
        "a part's life": lambda connection: part_life(connection, half),
        "hours, 24": lambda connection: hours(connection, end - timedelta(hours=24), end),
        "hours, 31 days": lambda connection: hours(connection, end - timedelta(days=31), end),
        "review, rejects": review(queue="rejects"),
        "review, all queues": review(),
        "review, done": review(state="done"),
        "faults ended": faults_ended,
        "audit": audit_lines,
        "download, a chunk": lambda connection: next(records_between(connection, since=middle)),
    }


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description="Times the page's queries over many parts.")
    parser.add_argument("--parts", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="keep the database here; filled where it is missing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        path = (options.folder or Path(temporary)) / f"parts-{options.parts}.sqlite"
        began = time.perf_counter()
        if not path.exists():
            fill(path, options.parts)
        print(f"{options.parts} parts in {time.perf_counter() - began:.0f} s, {path.stat().st_size / 1e6:.0f} MB")
        for name, query in queries(options.parts).items():
            took_ms: list[float] = []
            for _ in range(7):
                with closing(open_for_reading(path)) as connection:  # as a page's request does: its own connection
                    began = time.perf_counter()
                    query(connection)
                    took_ms.append((time.perf_counter() - began) * 1e3)
            first, *rest = took_ms
            print(f"{name:42} first {first:8.2f} ms   then {sorted(rest)[len(rest) // 2]:8.2f} ms")


if __name__ == "__main__":
    main()
