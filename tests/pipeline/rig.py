"""A whole station and cell for a test: the tiny network, pictures of 256x128, real programs and sockets."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from station.cli.stopping import PARENT_PIPE
from tests.unit.models_bundle import TINY_BUNDLE, TINY_KEY

LIMIT_S = 30.0
CLASSES = ("defect-free", "spot", "hole")
# One turn is one part's pitch, 1792 counts: five parts are between trigger and gate, half a second at 10 a second.
GATE = {
    "offset_counts": 9000, "part_sensor_offset_counts": 8200, "confirm_offset_counts": 9600,
    "sensor_tolerance_counts": 400, "min_pitch_counts": 1000,
}  # fmt: skip
# The jig turns at 22,400 counts a second; a slip of the cell's encoder (18,816) must be more than a line can do.
ENCODER = {"max_counts_per_s": 50_000}


def until(what: str, holds: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """Wait until `holds()` is true, and give back what it gave; fails by name at the limit."""
    end = time.monotonic() + limit_s
    while True:
        with contextlib.suppress(OSError, ValueError, KeyError):
            if found := holds():
                return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit_s:.0f} s: {what}")
        time.sleep(0.02)


def part(label: str, number: int) -> np.ndarray:
    """A grey part (256, 128); the tiny network calls white a spot and black a hole."""
    picture = np.random.default_rng(number).integers(100, 140, (256, 128), np.uint8)
    if label == "spot":
        picture[100:116, 40:56] = 255
    if label == "hole":
        picture[180:196, 80:96] = 0
    return picture


def write_pictures(folder: Path, each: int = 4) -> Path:
    """A folder with a subfolder a class."""
    for index, label in enumerate(CLASSES):
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            cv2.imwrite(str(folder / label / f"{label}-{number}.png"), part(label, 100 * index + number))
    return folder


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def write_config(folder: Path, images: Path, *, gate: bool = False, **changes: Any) -> Path:
    """A configuration of the small station; `changes` are `section__key=value`.

    `gate`: parts ride on to `GATE` by the encoder's counts, and sensors see where they went.
    """
    plc, page, metrics = free_ports(3)
    values: dict[str, Any] = {
        "name": "rig",
        "cameras": {"line": {"scene": str(folder / "edge.scene"), "width_px": 320, "lines_per_frame": 448}},
        "plc": {"port": plc, "peer": "simulated", "heartbeat_timeout_ms": 600},
        "recipe": {
            "name": "tiny", "deadline_ms": 1500,
            "views": [{"name": "mantle", "camera": "line", "bundle": str(TINY_BUNDLE)}],
        },
        "models": {"trusted_keys": [str(TINY_KEY)]},
        "classifier": {"processes": 1, "nice": 0},
        "page": {"port": page},
        "metrics": {"port": metrics},
        "records": {"folder": "records"},
        "log": {"file": "station.log"},
        "cell": {
            "images": str(images), "rate_parts_per_s": 10, "counts_per_turn": 1792, "defect_bins": ["spot", "hole"],
            "result_timeout_ms": 3000,
        },
    }  # fmt: skip
    if gate:
        values["recipe"]["gate"], values["encoder"] = dict(GATE), dict(ENCODER)
    for name, value in changes.items():
        section, key = name.split("__")
        values[section][key] = value
    path = folder / "station.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


class Program:
    """`station COMMAND CONFIG` as a process; `text()` is everything it said.

    A station that cannot be armed ends at once, unless `safe_mode` is wanted.
    """

    def __init__(
        self, command: str, config: Path, *more: str, within: Sequence[str] = (), safe_mode: bool = False
    ) -> None:
        if command == "run" and not safe_mode:
            more = (*more, "--no-safe-mode")
        self.out = config.parent / f"{command}.json"
        self._said = config.parent / f"{command}-{time.monotonic_ns()}.out"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [*within, sys.executable, "-m", "station", command, str(config), "--json", str(self.out), *more],
                stdin=subprocess.PIPE, stdout=said, stderr=subprocess.STDOUT,
                env={**os.environ, PARENT_PIPE: "1"}, start_new_session=True,
            )  # fmt: skip

    def text(self) -> str:
        return self._said.read_text(encoding="utf-8", errors="replace")

    def result(self) -> dict[str, Any]:
        return json.loads(self.out.read_text(encoding="utf-8"))

    def stop(self, limit_s: float = 8.0) -> int:
        """Ask it to stop as the demo does, and give its exit code."""
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        try:
            return self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop within {limit_s} s; it said:\n{self.text()}") from None

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def ended(self, limit_s: float = LIMIT_S) -> int:
        return self.process.wait(limit_s)


@contextlib.contextmanager
def program(
    command: str, config: Path, *more: str, within: Sequence[str] = (), safe_mode: bool = False
) -> Iterator[Program]:
    """A program that does not outlive the block. `within`: words before its command, as of `nsenter`."""
    running = Program(command, config, *more, within=within, safe_mode=safe_mode)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            with contextlib.suppress(AssertionError):
                running.stop()
        if running.process.stdin is not None and not running.process.stdin.closed:
            running.process.stdin.close()


def status(config: Path) -> dict[str, Any]:
    """What the page reads."""
    port = yaml.safe_load(config.read_text(encoding="utf-8"))["page"]["port"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status", timeout=2) as answer:
        return json.loads(answer.read())


def metrics(config: Path) -> dict[str, float]:
    """What Prometheus reads, by series."""
    port = yaml.safe_load(config.read_text(encoding="utf-8"))["metrics"]["port"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


def decided(config: Path) -> int:
    """Parts that have an outcome."""
    ledger = status(config)["ledger"]
    return int(ledger["passed"] + ledger["rejected"] + ledger["forced"])


def records(config: Path) -> list[dict[str, Any]]:
    """Every record, oldest first."""
    database = sqlite3.connect(f"file:{config.parent / 'records' / 'parts.sqlite'}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    with contextlib.closing(database):
        return [dict(row) for row in database.execute("SELECT * FROM part_record ORDER BY part_uid, late")]


def balanced(ledger: dict[str, int]) -> bool:
    return ledger["triggers"] == sum(ledger[key] for key in ("passed", "rejected", "forced", "in_flight"))


def descendants(pid: int, word: str) -> list[int]:
    """Processes below `pid` whose command line has `word`."""
    from station.process_usage import command_of, tree_of

    return [child for child in tree_of(pid) if word in command_of(child)]
