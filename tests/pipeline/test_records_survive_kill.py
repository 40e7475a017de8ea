"""What the writer has acknowledged is there after `kill -9` and with a torn log (P9), whatever kind of row it is."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.records_killed import WAYS

ROUNDS = 200
LIMIT_S = 300.0
WRITES_400 = """
import sys
from pathlib import Path
from station.fault_board import FaultBoard
from station.records import PartEvent, PartRecord, RecordWriter

writer = RecordWriter(Path(sys.argv[1]), FaultBoard())
writer.start()
uid = int(sys.argv[2])
for _ in range(400):
    uid += 1
    record = PartRecord(
        part_uid=uid, part_seq=uid % 65535 + 1, run_id="run", triggered_at="2026-11-20T12:00:00Z",
        trigger_encoder=None, verdict="pass", reason="", defect_class=0, label="defect-free", score=0.9,
        patch_index=None, latency_ms=1.0, exposure_to_verdict_ms=None, frame_id=uid, recipe="r", model_digest="d",
        simulated=True,
    )
    event = PartEvent(uid, uid % 65535 + 1, "2026-11-20T12:00:01Z", "reject confirmed")
    while not writer.put(record):
        writer.flush(0.05)
    while not writer.note(event):
        writer.flush(0.05)
"""


def killed_rounds(folder: Path, rounds: int, *options: str) -> list[dict[str, Any]]:
    """What `tests.records_killed` found, a round each."""
    order = [sys.executable, "-m", "tests.records_killed", str(folder), str(rounds), str(random.randrange(2**32))]
    run = subprocess.run([*order, *options], stdout=subprocess.PIPE, timeout=LIMIT_S, check=True, cwd=Path.cwd())
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_after_200_kills_and_torn_logs_not_one_acknowledged_row_is_missing(tmp_path: Path) -> None:
    found = killed_rounds(tmp_path, ROUNDS)
    assert len(found) == ROUNDS
    assert [one["missing"] for one in found if one["missing"]] == []
    assert {one["integrity"] for one in found} == {"ok"}
    assert all(one["sums_fit"] for one in found)
    for way in WAYS:  # each way of dying met a log that held something
        assert sum(one["way"] == way and one["acknowledged"] > 0 for one in found) > ROUNDS // 5
    assert any(one["acknowledged"] == 0 for one in found)  # and some died while they opened the file


def test_a_log_that_lost_what_was_acknowledged_is_seen(tmp_path: Path) -> None:
    found = killed_rounds(tmp_path, 6, "--lie")
    assert any(one["missing"] for one in found)


def test_a_second_station_on_the_same_file_waits_and_neither_loses_a_record(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    script = (
        WRITES_400 + "\nassert writer.flush(30) and writer.stop(30) and writer.counts().dropped == 0, writer.counts()\n"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", script, str(path), str(base)], stdout=subprocess.DEVNULL)
        for base in (0, 10_000)
    ]
    assert [child.wait(50) for child in children] == [0, 0]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM part").fetchone() == (800,)
        assert connection.execute("SELECT count(*) FROM part_event").fetchone() == (800,)
