"""What the writer has acknowledged, records and part events, is there after `kill -9` (P9)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from station.records import events_of, last_parts, open_for_reading

WRITES_UNTIL_KILLED = """
import os, sys
from pathlib import Path
from station.fault_board import FaultBoard
from station.records import PartEvent, PartRecord, RecordWriter

def acknowledge(batch):
    os.write(1, "".join(f"{'e' if isinstance(row, PartEvent) else 'p'}{row.part_uid}\\n" for row in batch).encode())

writer = RecordWriter(Path(sys.argv[1]), FaultBoard(), on_written=acknowledge)
writer.start()
uid = 0
while True:
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


def test_all_acknowledged_records_are_there_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    for round_number in range(3):
        folder = tmp_path / str(round_number)
        path = folder / "parts.sqlite"
        child = subprocess.Popen(
            [sys.executable, "-c", WRITES_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, cwd=Path.cwd()
        )
        assert child.stdout is not None
        with child.stdout as stdout:
            acknowledged = [stdout.readline().decode().strip() for _ in range(300 * (round_number + 1))]
            os.kill(child.pid, signal.SIGKILL)
            rest = stdout.read().decode()
        assert child.wait(20) == -signal.SIGKILL
        acknowledged += rest.split("\n")[:-1]
        with closing(open_for_reading(path)) as connection:
            parts = {record.part_uid for record in last_parts(connection, 10**9)}
            events = {event.part_uid for event in events_of(connection, 10**9)}
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert set(acknowledged) <= {f"p{uid}" for uid in parts} | {f"e{uid}" for uid in events}
        assert parts == set(range(1, len(parts) + 1))
        assert events == set(range(1, len(events) + 1))
        assert len(parts) - len(events) in (0, 1)


def test_a_second_station_on_the_same_file_waits_and_neither_loses_a_record(tmp_path: Path) -> None:
    path = tmp_path / "parts.sqlite"
    script = WRITES_UNTIL_KILLED.replace("while True:", "for _ in range(400):").replace(
        "uid = 0", "uid = int(sys.argv[2])"
    )
    script += "\nassert writer.flush(30) and writer.stop(30) and writer.counts().dropped == 0, writer.counts()\n"
    children = [
        subprocess.Popen([sys.executable, "-c", script, str(path), str(base)], stdout=subprocess.DEVNULL)
        for base in (0, 10_000)
    ]
    assert [child.wait(50) for child in children] == [0, 0]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM part").fetchone() == (800,)
        assert connection.execute("SELECT count(*) FROM part_event").fetchone() == (800,)
