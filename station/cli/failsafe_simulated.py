"""Station and simulated cell for one fail-safe test: the cell gets the parts that a person would lay on.

The cell knows where each part really went; it stands in for the person who looks, so that the station's belief and the
truth are compared for every part.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from station.cli.exits import FAILED, UserError
from station.cli.stopping import PARENT_PIPE
from station.failsafe.step import Where

_STOP_LIMIT_S = 8.0


class SimulatedLine:
    """The two programs while they run."""

    def __init__(self, station: subprocess.Popen[bytes], cell: subprocess.Popen[bytes], good_bin: str) -> None:
        self._station, self._cell, self._good_bin = station, cell, good_bin
        self._went: dict[int, Where] = {}
        self._reader = threading.Thread(target=self._read_rows, name="rows of the cell", daemon=True)
        self._reader.start()

    def ask(self, request: Mapping[str, object]) -> None:
        """One request to the infeed."""
        stdin = self._cell.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
        except OSError:
            self.check()

    def went(self, part_seq: int) -> Where | None:
        """Where the part really went; None while it is under way."""
        return self._went.get(part_seq)

    def check(self) -> None:
        """UserError where one of the programs has ended; it has said why."""
        for name, process in (("run", self._station), ("simulate", self._cell)):
            if process.poll() is not None:
                raise UserError(f"station {name} ended early; the reason stands above", FAILED)

    def join(self) -> None:
        """After the programs have ended."""
        self._reader.join(_STOP_LIMIT_S)

    def _read_rows(self) -> None:
        assert self._cell.stdout is not None
        for line in self._cell.stdout:
            row: dict[str, Any] = json.loads(line)
            self._went[int(row["part_seq"])] = Where.GOOD if row["bin"] == self._good_bin else Where.CHUTE


@contextlib.contextmanager
def simulated_line(config: Path, good_bin: str) -> Generator[SimulatedLine]:
    """Station and cell of this configuration; both end with the block, the cell first."""
    with contextlib.ExitStack() as programs:
        station = programs.enter_context(_program("run", config, "--no-safe-mode", stdout=None))
        cell = programs.enter_context(_program("simulate", config, "--infeed", stdout=subprocess.PIPE))
        line = SimulatedLine(station, cell, good_bin)
        try:
            yield line
        finally:
            with contextlib.suppress(OSError):
                if cell.stdin is not None:
                    cell.stdin.close()
            _await(cell, "simulate")
            line.join()


@contextlib.contextmanager
def _program(command: str, config: Path, *more: str, stdout: int | None) -> Generator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "station", command, str(config), *more],
        stdin=subprocess.PIPE, stdout=stdout, env={**os.environ, PARENT_PIPE: "1"},
        start_new_session=True,  # Ctrl-C reaches only us: the test is aborted before its programs end
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        _await(process, command)
        if process.stdout is not None:
            process.stdout.close()


def _await(process: subprocess.Popen[bytes], command: str) -> None:
    try:
        process.wait(_STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        print(f"station {command} did not stop within {_STOP_LIMIT_S:.0f} s and was killed", file=sys.stderr)
        process.kill()
        process.wait()
