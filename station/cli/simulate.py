"""`station simulate CONFIG`: the cell as a program of its own: jig, camera scene, PLC, gate, robot, bins, truth.

With `--infeed` it shows what is asked for on standard input, one JSON object a line, and writes each part's row to
standard output as a JSON line when it is in its bin; see `drivers/cell/wanted.py` for what can be asked.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import stat
import sys
from collections.abc import AsyncGenerator
from typing import Any

from drivers.cell import causes
from drivers.cell.infeed import DemandSupply
from drivers.cell.main import CellError, run_cell
from drivers.cell.wanted import WantedError
from drivers.plc.registers import VerdictCode
from station.cli.check import loaded_or_exit
from station.cli.demo_config import cell_of
from station.cli.exits import OK, UserError
from station.cli.stopping import PARENT_PIPE, run_async, stop_requests
from station.config.load import Loaded
from station.logs import start_logging
from station.sensors import sensors_of

_LONGEST_LINE_BYTES = 4096


def simulate(options: argparse.Namespace) -> int:
    """Until its parts are in their bins, or it is told to stop."""
    if options.infeed:
        os.environ.pop(PARENT_PIPE, None)  # standard input is the requests', and its end the end of the cell
    loaded = loaded_or_exit(options.config)
    logs = start_logging(loaded.config.log.level)
    try:
        return run_async(lambda: _simulate(loaded, options))
    finally:
        logs.stop()


async def _simulate(loaded: Loaded, options: argparse.Namespace) -> int:
    config, cell = loaded.config, cell_of(loaded, options.wrong_parts)
    sensors = sensors_of(config)
    if not sensors:
        raise UserError(f"{loaded.path}: cameras: none is simulated: the cell has nowhere to show its parts")
    demand = DemandSupply(cell.seed) if options.infeed else None
    if demand is not None:
        cell = cell.model_copy(update={"fault_every": 0, "line_fault_every": 0})

    def on_part(row: dict[str, object]) -> None:
        print(part_line(row, loaded.labels) if demand is None else json.dumps(row), flush=True)

    def progress(done: int, total: int) -> None:
        if sys.stderr.isatty() or done == total:
            print(
                f"\r{done} of {total} parts are drawn", end="\n" if done == total else "", file=sys.stderr, flush=True
            )

    async with stop_requests() as stop, _requests(demand) as ready:
        try:
            score = await run_cell(
                cell, sensors, config.plc.host, config.plc.port, config.plc.unit_id,
                None if options.quiet and demand is None else on_part, stop, progress=progress,
                gate=config.recipe.gate, demand=demand, on_ready=ready.set,
                role="client" if config.plc.role == "client" else "server", coupler=config.remote_io,
            )  # fmt: skip
        except CellError as error:
            raise UserError(str(error)) from None
    if options.json is not None:
        await asyncio.to_thread(options.json.write_text, json.dumps(score, indent=1) + "\n", encoding="utf-8")
    return OK


@contextlib.asynccontextmanager
async def _requests(demand: DemandSupply | None) -> AsyncGenerator[asyncio.Event]:
    """An event to set when the parts are drawn; from then on standard input is read, to its end."""
    ready = asyncio.Event()
    if demand is None:
        yield ready
        return
    reading = asyncio.create_task(_read_requests(demand, ready), name="cell: infeed")
    try:
        yield ready
    finally:
        reading.cancel()
        await asyncio.wait([reading])


async def _read_requests(demand: DemandSupply, ready: asyncio.Event) -> None:
    await ready.wait()
    try:
        if stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode):
            for line in (await asyncio.to_thread(sys.stdin.buffer.read)).splitlines():
                _ask(demand, line)
            return
        reader = asyncio.StreamReader(limit=_LONGEST_LINE_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        with contextlib.closing(transport):
            while line := await _next_line(reader):
                _ask(demand, line)
    finally:
        demand.end_of_requests()


def _ask(demand: DemandSupply, line: bytes) -> None:
    try:
        if line.strip():
            demand.ask(line.decode("utf-8", "replace"))
    except WantedError as error:
        print(error, file=sys.stderr, flush=True)


async def _next_line(reader: asyncio.StreamReader) -> bytes:
    """The next line, empty at the end; one that is too long is told and left out."""
    while True:
        try:
            return await reader.readline()
        except ValueError:
            print(f"infeed: a line of more than {_LONGEST_LINE_BYTES} bytes is left out", file=sys.stderr, flush=True)


def part_line(row: dict[str, Any], labels: tuple[str, ...]) -> str:
    """One part as a line for the terminal: what it was, what the station said, where it went, how long it took."""
    code, index = row["verdict_code"], row["defect_class"]
    if code == VerdictCode.PASS:
        said = "PASS"
    elif code == VerdictCode.DEFECT and index is not None and index < len(labels):
        said = f"REJECT {labels[index]}"
    else:
        said = f"REJECT forced: {_code_name(code)}"
    if row["cause"] in causes.BY_LINE or (code == VerdictCode.PASS and row["cause"] != causes.BY_STATION):
        said += f" ({row['cause']})"
    took_ms = (row["result_ns"] - row["trigger_ns"]) / 1e6
    escaped = row["defective"] and (code == VerdictCode.PASS if row["gate"] is None else row["gate"] == "open")
    mark = "  <-- ESCAPE" if escaped else ""
    return f"part {row['part_seq']:>5}  was {row['label']:<12} {said:<28} -> {row['bin']:<14} {took_ms:6.1f} ms{mark}"


def _code_name(code: int | None) -> str:
    if code is None:
        return "no result came"
    try:
        return VerdictCode(code).name.lower().replace("_", " ")
    except ValueError:
        return f"code {code:#06x}"
