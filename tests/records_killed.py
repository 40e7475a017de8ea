"""Kills a writer of records again and again, damages what it left of the log, and says what is missing.

`python -m tests.records_killed FOLDER ROUNDS SEED [--lie]` prints one JSON document a round. Children are forked from
this process, which has everything imported: a round takes some 70 ms. With --lie the log is cut below what was
acknowledged, as by a disk that says "written" before it is: then records must be found missing.
"""

from __future__ import annotations

import json
import logging
import os
import random
import select
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from station.fault_board import FaultBoard
from station.records import PartEvent, PartRecord, RecordWriter
from station.records.audit_line import AuditLine
from station.records.database import Row
from station.records.judgement import Judgement
from station.records.queue_entry import QueueEntry
from station.records.schema import open_for_writing

ROUNDS_A_FILE = 10
LIVES_AT_MOST_S, OPENS_AT_MOST_S = 0.05, 0.01
FIRST_LIMIT_S = 30.0
DIES_WHILE_IT_OPENS = 8
"""Each so-manyth child is killed before it need have written anything."""
WAYS = ("as killed", "torn tail", "cut behind the last acknowledged commit")
_WAL_HEADER, _FRAME_HEADER = 32, 24
_SALT = slice(16, 24)
_QUERIES = {
    "p": "SELECT part_uid FROM part WHERE part_uid > ?",
    "e": "SELECT part_uid FROM part_event WHERE part_uid > ?",
    "j": "SELECT part_uid FROM judgement WHERE part_uid > ?",
    "a": "SELECT CAST(what AS INTEGER) FROM audit_line WHERE CAST(what AS INTEGER) > ?",
}


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A commit that the child was told of: where the log ended then, which log it was, and what it held."""

    frames: int
    salt: bytes
    names: tuple[str, ...]


def a_record(uid: int) -> PartRecord:
    """A rejected part."""
    return PartRecord(
        part_uid=uid, part_seq=uid % 65535 + 1, run_id="run", triggered_at="2026-11-20T12:00:00.000Z",
        trigger_encoder=None, verdict="reject", reason="defect", defect_class=1, label="pits", score=0.9,
        patch_index=None, latency_ms=1.0, exposure_to_verdict_ms=None, frame_id=uid, recipe="r", model_digest="d",
        simulated=True, pictures=({"view": "mantle", "camera": "line", "text": "x" * (uid % 900)},),
    )  # fmt: skip


def write_until_killed(path: Path, after: int, report: int) -> None:
    """The child: rows of four kinds as fast as the disk takes them, and a line of text for each commit."""

    def name_of(row: Row) -> str:
        if isinstance(row, AuditLine):
            return f"a{row.what}"
        return f"{'e' if isinstance(row, PartEvent) else 'j' if isinstance(row, Judgement) else 'p'}{row.part_uid}"

    def acknowledge(rows: Sequence[Row]) -> None:
        with path.with_name(f"{path.name}-shm").open("rb") as index:  # SQLite's index of the log: where it ends now
            head = index.read(40)
        frames = int.from_bytes(head[16:20], sys.byteorder)
        os.write(report, f"{frames} {head[32:40].hex()} {' '.join(map(name_of, rows))}\n".encode())

    writer = RecordWriter(path, FaultBoard(), on_written=acknowledge, queue_size=16)
    writer.start()
    uid, at = after, "2026-11-20T12:00:01.000Z"
    while True:
        uid += 1
        while not writer.put(a_record(uid), (QueueEntry("rejects", "why"),)):
            writer.flush(0.05)
        while not writer.note(PartEvent(uid, uid % 65535 + 1, at, "reject confirmed")):
            writer.flush(0.05)
        writer.judge(Judgement(uid, at, "anna", "pits"))
        writer.audit(AuditLine(at, "anna", "technician", "::1", f"{uid}", "200"))


def killed(path: Path, after: int, lives_s: float, *, early: bool) -> list[Acknowledged]:
    """Forks a writer and kills it so long after its first commit (`early`: after its start); what it was told."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        write_until_killed(path, after, into)
        os._exit(1)
    os.close(into)
    text = b"" if early or not select.select([out], [], [], FIRST_LIMIT_S)[0] else os.read(out, 65_536)
    until = time.monotonic() + lives_s
    while (left := until - time.monotonic()) > 0:
        if select.select([out], [], [], left)[0]:
            text += os.read(out, 65_536)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(out, 65_536):
        text += more
    os.close(out)
    lines = [line.decode().split() for line in text.split(b"\n")[:-1]]
    return [Acknowledged(int(frames), bytes.fromhex(salt), tuple(names)) for frames, salt, *names in lines]


def damage(wal: Path, last: Acknowledged, way: str, choose: random.Random, *, lie: bool) -> None:
    """What a power cut can do to the log behind the last acknowledged commit; `lie`: and before it."""
    content = wal.read_bytes() if wal.exists() else b""
    if way == WAYS[0] and not lie:
        return
    if len(content) < _WAL_HEADER or content[_SALT] != last.salt:
        end = 0  # a new log was begun since: all that was acknowledged is in the database itself
    else:
        end = _WAL_HEADER + last.frames * (_FRAME_HEADER + int.from_bytes(content[8:12], "big"))
    if lie:
        os.truncate(wal, max(0, end - _FRAME_HEADER))
    elif way == WAYS[1]:
        kept = choose.randint(end, max(end, len(content)))
        wal.write_bytes(content[:kept] + choose.randbytes(choose.randrange(5000)))
    else:
        os.truncate(wal, end)


def look(path: Path, after: int, acknowledged: list[Acknowledged]) -> dict[str, object]:
    """What is in the database now, against what was acknowledged."""
    with closing(open_for_writing(path)) as connection:  # as the next run of a station does
        there = {f"{kind}{row[0]}" for kind, query in _QUERIES.items() for row in connection.execute(query, (after,))}
        integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
        parts = connection.execute("SELECT count(*) FROM part").fetchone()[0]
        entries = connection.execute("SELECT count(*) FROM review_entry").fetchone()[0]
        counted = connection.execute("SELECT ifnull(sum(rejected), 0) FROM part_minute").fetchone()[0]
        open_ = connection.execute("SELECT ifnull(sum(open), 0) FROM review_count").fetchone()[0]
        unjudged = connection.execute("SELECT count(*) FROM review_entry WHERE judged = 0").fetchone()[0]
        newest = connection.execute("SELECT ifnull(max(part_uid), 0) FROM part").fetchone()[0]
    names = {name for commit in acknowledged for name in commit.names}
    return {
        "acknowledged": len(names),
        "missing": sorted(names - there),
        "integrity": integrity,
        "sums_fit": (parts, parts, unjudged) == (entries, counted, open_),
        "newest": max(newest, after),
    }


def main() -> None:
    """One JSON document a round."""
    folder, rounds, lie = Path(sys.argv[1]), int(sys.argv[2]), "--lie" in sys.argv
    choose = random.Random(int(sys.argv[3]))
    logging.disable()  # the queue is full on purpose
    after = 0
    for number in range(rounds):
        path = folder / str(number // ROUNDS_A_FILE) / "parts.sqlite"
        way = WAYS[number % len(WAYS)]
        early = number % DIES_WHILE_IT_OPENS == 0
        lives_s = choose.uniform(0.0, OPENS_AT_MOST_S if early else LIVES_AT_MOST_S)
        acknowledged = killed(path, after, lives_s, early=early)
        if acknowledged:
            damage(path.with_name(f"{path.name}-wal"), acknowledged[-1], way, choose, lie=lie)
        found = look(path, after, acknowledged)
        after = int(str(found["newest"]))
        print(json.dumps({"way": way, **found}), flush=True)


if __name__ == "__main__":
    main()
