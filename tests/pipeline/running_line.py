"""A line in motion for a test: station and cell as two programs, what both say of it, and what must hold at its end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from drivers.cell import causes
from tests.pipeline.rig import Program, balanced, descendants, metrics, records, status, until

MORE_PARTS = 6
"""So many parts, two of them passed, and a line is said to go on; then some are between camera and gate, too."""

PATIENT = {"cell__trigger_ack_timeout_ms": 2_000, "cell__exposure_timeout_ms": 2_000}
"""On a busy machine the PLC waits for the handshake; what tells it that the station is gone are link and heartbeat."""

OF_SILENCE = frozenset({"tracking lost", "PLC silent", "deadline"})
"""Why a part is rejected that was in flight when the PLC fell silent: whichever limit is over first."""


def fault_codes(config: Path) -> set[str]:
    """What the page shows as wrong."""
    return {fault["code"] for fault in status(config)["faults"]}


def in_log(config: Path, code: str) -> bool:
    """Whether this fault was said since the file began; the page forgets it when it is over."""
    return f'"{code} ' in (config.parent / "station.log").read_text(encoding="utf-8")


def reasons(config: Path) -> Counter[str]:
    """Records by reason."""
    return Counter(row["reason"] for row in records(config) if not row["late"])


def line_events(config: Path, kind: str) -> float:
    """How often the station found this on the line, since it runs."""
    return metrics(config)[f'station_line_events_total{{kind="{kind}"}}']


def event_rows(config: Path, kind: str) -> list[dict[str, Any]]:
    """What was written down beside the records, oldest first."""
    database = sqlite3.connect(f"file:{config.parent / 'records' / 'parts.sqlite'}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    with contextlib.closing(database):
        found = database.execute("SELECT * FROM part_event WHERE kind = ? ORDER BY event_id", (kind,))
        return [dict(row) for row in found]


@contextlib.contextmanager
def says_once_more(program: Program, words: str) -> Iterator[None]:
    """What happens in the block makes it say this once more than before; it is waited for."""
    said = program.text().count(words)
    yield
    until(f'it says "{words}"', lambda: program.text().count(words) > said)


def comes_up(config: Path, station: Program) -> None:
    """Wait until its page is there."""
    until("the station is up or has ended", lambda: station.process.poll() is not None or status(config))
    assert station.process.poll() is None, station.text()


def parts_pass(config: Path, more: int = MORE_PARTS) -> None:
    """Parts are inspected and pass, from now on."""
    before = status(config)["ledger"]
    until(
        "parts are triggered and pass again",
        lambda: (
            (now := status(config)["ledger"])["triggers"] >= before["triggers"] + more
            and now["passed"] >= before["passed"] + 2
        ),
    )


@contextlib.contextmanager
def stopped(pid: int, *, family: bool = False) -> Iterator[None]:
    """SIGSTOP, and SIGCONT at the end of the block. `family`: with everything that it started."""
    send = os.killpg if family else os.kill
    send(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):  # it may have been killed meanwhile
            send(pid, signal.SIGCONT)


@contextlib.contextmanager
def undecided(config: Path, station: Program) -> Iterator[int]:
    """A part is triggered and cannot be decided, because the only worker is stopped; yields how many there are."""
    (worker,) = descendants(station.process.pid, "station.workers.worker")
    with stopped(worker):
        yield until("a part is in flight", lambda: status(config)["ledger"]["in_flight"])


def changed(config: Path, name: str, **changes: Any) -> Path:
    """Another configuration file beside this one; `changes` are `section__key=value`."""
    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    for key, value in changes.items():
        section, key_there = key.split("__")
        values[section][key_there] = value
    path = config.with_name(name)
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def ends_well(
    config: Path, station: Program, cell: Program, *, kills: int = 0
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Stop both: the summary and the truth, after what must always hold.

    No part is lost, no defective part is among the good ones, and each part among the good ones was passed by name. A
    verdict goes to the PLC before its record goes to the disk, so each of `kills` can cost a record or two.
    """
    assert cell.stop() == 0, cell.text()
    until("nothing is in flight", lambda: status(config)["ledger"]["in_flight"] == 0)
    assert station.stop() == 0, station.text()
    summary, truth = station.result(), cell.result()
    assert balanced(summary["ledger"])
    assert summary["ledger"]["in_flight"] == 0
    assert (truth["escapes"], truth["unaccounted"], truth["in_hand"]) == (0, 0, 0)
    assert truth["triggered"] == truth["binned"]
    assert "Traceback" not in station.text() + cell.text()
    verdicts = {row["part_seq"]: row["verdict"] for row in records(config) if not row["late"]}
    taken_back = {row["part_seq"] for row in event_rows(config, "verdict withdrawn")}
    good = [row["part_seq"] for row in truth["parts"] if row["bin"] == "next-station"]
    assert all(verdicts.get(part_seq, "pass") == "pass" for part_seq in good)
    assert not taken_back.intersection(good)
    assert len([part_seq for part_seq in good if part_seq not in verdicts]) <= 2 * kills
    return summary, truth


def lost(truth: dict[str, Any]) -> set[int]:
    """Numbers of the parts that the PLC rejected because the station was gone or silent; all lie in the reject bin."""
    rows = [row for row in truth["parts"] if row["cause"] in (causes.LINK_LOST, causes.STATION_SILENT)]
    assert all(row["bin"] == "reject" for row in rows), rows
    return {row["part_seq"] for row in rows}


def parts_asked_for(cell: Program) -> list[dict[str, Any]]:
    """The rows that a cell with `--infeed` has told by now, by their number on the line."""
    lines = [line for line in cell.text().splitlines() if line.startswith('{"n"') and line.endswith("}")]
    return sorted((json.loads(line) for line in lines), key=lambda row: row["n"])
