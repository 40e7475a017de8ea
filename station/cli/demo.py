"""`station demo`: the cell and the station as two programs, one line a part, and one verdict over the whole run.

The two programs are exactly `station simulate` and `station run`; they meet in the camera interface and Modbus TCP.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from drivers.cell.pictures import scene_parts
from station.app import DATABASE
from station.cli.check import loaded_or_exit
from station.cli.demo_config import DEMO_CONFIG, FASTENER_CONFIG, SERIAL_CONFIG, cell_of, write_demo_config
from station.cli.exits import FAILED, OK, UserError
from station.cli.stopping import PARENT_PIPE
from station.config.load import Loaded
from station.judge import judge, judged_views, references
from station.picture_judge import judge_pictures, read_pictures
from station.sensors import sensors_of

_STOP_LIMIT_S = 4.0
_POLL_S = 0.05
_CONFIG_OF = {"mantle": DEMO_CONFIG, "fastener": FASTENER_CONFIG, "serial": SERIAL_CONFIG}
_TRUTH = ("wrong_parts", "wrong_parts_passed", "escapes", "overkill", "unaccounted", "escapes_by_gate", "gate_wrong")


def demo(options: argparse.Namespace) -> int:
    """Run both programs to the end and judge the run."""
    base = options.config or _CONFIG_OF[options.product]
    folder = Path(tempfile.mkdtemp(prefix="station-demo-"))
    try:
        config = write_demo_config(base, options, folder)
        loaded = loaded_or_exit(config)
        host, port = loaded.config.page.host, loaded.config.page.port
        print(f"Status page: http://{host}:{port}/   Ctrl-C stops.", flush=True)
        if not run_both(config, folder, quiet=options.quiet):
            raise UserError("the run ended early; the reason stands above", FAILED)
        result = result_of(loaded, folder, finite=options.parts > 0 or options.images is not None)
        if options.json is not None:
            options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        return _say(result)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_both(config: Path, folder: Path, *, quiet: bool, watch: Callable[[int], None] | None = None) -> bool:
    """Start station and cell, wait for the cell's end or Ctrl-C; False if one of them could not work.

    `watch` is called twenty times a second with the station's process id.
    """
    stopped: list[int] = []
    previous = {
        number: signal.signal(number, lambda n, _: stopped.append(n)) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with _program("run", config, folder / "run.json", "--no-safe-mode") as station:
            with _program("simulate", config, folder / "cell.json", *(["--quiet"] if quiet else [])) as cell:
                while cell.poll() is None and station.poll() is None and not stopped:
                    time.sleep(_POLL_S)
                    if watch is not None:
                        watch(station.pid)
            failed = station.poll() is not None or cell.returncode != 0
        return not failed and station.returncode in {OK, FAILED}
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _program(command: str, config: Path, out: Path, *more: str) -> Generator[subprocess.Popen[bytes]]:
    """`station COMMAND CONFIG --json OUT`; ended in order when the block ends, and in any case when we end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "station", command, str(config), "--json", str(out), *more],
        stdin=subprocess.PIPE,
        env={**os.environ, PARENT_PIPE: "1"},
        start_new_session=True,  # Ctrl-C reaches only us: the cell must end before the station
    )
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            print(f"station {command} did not stop within {_STOP_LIMIT_S:.0f} s and was killed", file=sys.stderr)
            process.kill()
            process.wait()


def result_of(loaded: Loaded, folder: Path, *, finite: bool) -> dict[str, Any]:
    """The run as one JSON document."""
    station: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    cell: dict[str, Any] = json.loads((folder / "cell.json").read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = cell.pop("parts")
    settings, sensors = cell_of(loaded), sensors_of(loaded.config)
    database = loaded.path_of(loaded.config.records.folder) / DATABASE
    try:
        picked = judge_pictures(rows, read_pictures(database), sensors)
    except sqlite3.Error as error:
        raise UserError(f"the records of the run in {database} cannot be read: {error}", FAILED) from error
    result: dict[str, Any] = {
        "parts": cell["triggered"],
        "ledger": station["ledger"],
        "truth": {key: cell[key] for key in _TRUTH},
        "latency_ms": station["latency_ms"],
        "parts_per_s": station["parts_per_s"],
        "seed": settings.seed,
        "simulated": station["simulated"],
        "parts_list": rows,
        "bundle": {"digest": station["model_digest"], "labels": list(loaded.labels)},
        "pictures": picked.as_dict(),
        "station": station,
        "cell": cell,
    }
    if finite:
        parts, _ = scene_parts(settings, sensors)
        seen, unreadable = references(parts, judged_views(loaded))
        judgement = judge(rows, seen, loaded.labels, settings.good_bin)
        result["judgement"] = judgement.as_dict()
        result["truth"]["escapes_by_runtime"] = judgement.escapes_by_runtime
        result["truth"]["wrong_verdicts"] = judgement.wrong_verdicts
        result["unreadable"] = unreadable
    result["good"] = _is_good(result)
    return result


def _is_good(result: dict[str, Any]) -> bool:
    ledger, truth = result["ledger"], result["truth"]
    decided = ledger["passed"] + ledger["rejected"] + ledger["forced"] + ledger["in_flight"]
    return (
        ledger["triggers"] == decided
        and ledger["in_flight"] == 0
        and truth["unaccounted"] == 0
        and truth.get("escapes_by_runtime", 0) == 0
        and truth.get("wrong_verdicts", 0) == 0
        and result["pictures"]["good"]
    )


def _say(result: dict[str, Any]) -> int:
    ledger, truth, latency = result["ledger"], result["truth"], result["latency_ms"]
    if ledger["triggers"] == 0:
        print("Stopped before the first part.")
        return OK if result["good"] else FAILED
    print(
        f"{ledger['triggers']} parts: {ledger['passed']} passed, {ledger['rejected']} rejected, "
        f"{ledger['forced']} forced rejects; escapes {truth['escapes']}, overkill {truth['overkill']}, "
        f"unaccounted {truth['unaccounted']}; trigger to verdict p50 {latency['p50']} ms, "
        f"p99 {latency['p99']} ms, max {latency['max']} ms."
    )
    if truth["wrong_parts"]:
        print(f"Parts of another type: {truth['wrong_parts']}, of which {truth['wrong_parts_passed']} passed.")
    judgement = result.get("judgement")
    if judgement:
        print(
            f"Escapes by the model {judgement['escapes_by_model']}, by the runtime {judgement['escapes_by_runtime']}; "
            f"verdicts that differ from the same model on the same picture: {judgement['wrong_verdicts']}."
        )
    pictures = result["pictures"]
    if pictures["faulted"]:
        print(
            f"Faults set on {pictures['faulted']} parts: {pictures['faulted_as_expected']} forced to reject with the "
            f"right reason; {pictures['forced_without_fault']} parts forced that had none."
        )
    line_faults = result["cell"]["line_faults"]
    if line_faults:
        hit = sum(sum(row.values()) for row in line_faults.values())
        print(
            f"Faults of the line on {hit} parts: the gate did not do what it was told for {truth['gate_wrong']}, "
            f"and let {truth['escapes_by_gate']} bad parts through."
        )
    if pictures["mixed_up"]:
        print(f"MIXED UP: {pictures['mixed_up']} parts were judged by another part's picture.")
    print("The ledger balances and every part is accounted for." if result["good"] else "NOT GOOD: see the JSON.")
    return OK if result["good"] else FAILED
