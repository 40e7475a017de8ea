"""`station run CONFIG`: the station until it is told to stop."""

from __future__ import annotations

import argparse
import json

from station.app import StartError, run_station
from station.cli.check import loaded_or_exit
from station.cli.exits import BAD_INPUT, CANNOT_START, FAILED, OK, UserError
from station.cli.stopping import run_async, stop_requests
from station.config.load import Loaded
from station.logs import LogFileError, start_logging


def run(options: argparse.Namespace) -> int:
    """Exit 0 when the ledger balances at the end."""
    loaded = loaded_or_exit(options.config)
    log = loaded.config.log
    try:
        logs = start_logging(log.level, loaded.path_of(log.file) if log.file else None)
    except LogFileError as error:
        raise UserError(str(error), CANNOT_START) from None
    try:
        return run_async(lambda: _run(loaded, options))
    finally:
        logs.stop()


async def _run(loaded: Loaded, options: argparse.Namespace) -> int:
    async with stop_requests() as stop:
        try:
            summary = await run_station(loaded, stop)
        except StartError as error:
            raise UserError(str(error), BAD_INPUT if error.model else CANNOT_START) from None
    if options.json is not None:
        options.json.write_text(json.dumps(summary.values, indent=1) + "\n", encoding="utf-8")
    return OK if summary.balanced else FAILED
