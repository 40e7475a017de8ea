"""`station simulate CONFIG`: the cell as a program of its own: jig, scene for the camera, PLC, robot, bins, truth."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

from drivers.cell.main import CellError, run_cell
from drivers.plc.registers import VerdictCode
from station.cli.check import loaded_or_exit
from station.cli.demo_config import cell_of
from station.cli.exits import OK, UserError
from station.cli.stopping import run_async, stop_requests
from station.config.load import Loaded
from station.logs import start_logging
from station.sensors import sensors_of


def simulate(options: argparse.Namespace) -> int:
    """Until its parts are in their bins, or it is told to stop."""
    loaded = loaded_or_exit(options.config)
    logs = start_logging(loaded.config.log.level)
    try:
        return run_async(lambda: _simulate(loaded, options))
    finally:
        logs.stop()


async def _simulate(loaded: Loaded, options: argparse.Namespace) -> int:
    config, cell = loaded.config, cell_of(loaded)
    sensors = sensors_of(config)
    if not sensors:
        raise UserError(f"{loaded.path}: cameras: none is simulated: the cell has nowhere to show its parts")

    def on_part(row: dict[str, object]) -> None:
        print(part_line(row, loaded.labels), flush=True)

    def progress(done: int, total: int) -> None:
        if sys.stderr.isatty() or done == total:
            print(
                f"\r{done} of {total} parts are drawn", end="\n" if done == total else "", file=sys.stderr, flush=True
            )

    async with stop_requests() as stop:
        try:
            score = await run_cell(
                cell, sensors, config.plc.host, config.plc.port, config.plc.unit_id,
                None if options.quiet else on_part, stop, progress=progress,
            )  # fmt: skip
        except CellError as error:
            raise UserError(str(error)) from None
    if options.json is not None:
        await asyncio.to_thread(options.json.write_text, json.dumps(score, indent=1) + "\n", encoding="utf-8")
    return OK


def part_line(row: dict[str, Any], labels: tuple[str, ...]) -> str:
    """One part as a line for the terminal: what it was, what the station said, where it went, how long it took."""
    code, index = row["verdict_code"], row["defect_class"]
    if code == VerdictCode.PASS:
        said = "PASS"
    elif code == VerdictCode.DEFECT and index is not None and index < len(labels):
        said = f"REJECT {labels[index]}"
    else:
        said = f"REJECT forced: {_code_name(code)}"
    took_ms = (row["result_ns"] - row["trigger_ns"]) / 1e6
    mark = "  <-- ESCAPE" if row["defective"] and code == VerdictCode.PASS else ""
    return f"part {row['part_seq']:>5}  was {row['label']:<12} {said:<28} -> {row['bin']:<14} {took_ms:6.1f} ms{mark}"


def _code_name(code: int | None) -> str:
    if code is None:
        return "no result came"
    try:
        return VerdictCode(code).name.lower().replace("_", " ")
    except ValueError:
        return f"code {code:#06x}"
