"""`station run CONFIG`: the station until it is told to stop; where it cannot be armed, its page with the reasons."""

from __future__ import annotations

import argparse
import json
import logging
import sys

from station.app import VERSION, StartError, run_station
from station.cli.check import faults_text
from station.cli.exits import BAD_INPUT, CANNOT_START, FAILED, OK, UserError
from station.cli.stopping import run_async, stop_requests
from station.config.faults import ConfigError
from station.config.load import Loaded, load_config
from station.listening import ListenError
from station.logs import LogFileError, start_logging


def run(options: argparse.Namespace) -> int:
    """Exit 0 when the ledger balances at the end; not armed, the code of the reason."""
    try:
        loaded = load_config(options.config)
    except ConfigError as error:
        # Every fault stands on the terminal already: the log would only say it again.
        logging.getLogger("station").addHandler(logging.NullHandler())
        return _not_armed(options, error, UserError(faults_text(options.config, error), BAD_INPUT))
    log = loaded.config.log
    try:
        logs = start_logging(log.level, loaded.path_of(log.file) if log.file else None)
    except LogFileError as error:
        raise UserError(str(error), CANNOT_START) from None
    try:
        return run_async(lambda: _run(loaded, options))
    except StartError as error:
        return _not_armed(options, error, UserError(str(error), BAD_INPUT if error.model else CANNOT_START))
    finally:
        logs.stop()


async def _run(loaded: Loaded, options: argparse.Namespace) -> int:
    async with stop_requests() as stop:
        summary = await run_station(loaded, stop)
    if options.json is not None:
        options.json.write_text(json.dumps(summary.values, indent=1) + "\n", encoding="utf-8")
    return OK if summary.balanced else FAILED


def _not_armed(options: argparse.Namespace, error: Exception, said: UserError) -> int:
    """Say why, and show it on the page until somebody has seen to it; the exit code is the reason's all the same."""
    if options.no_safe_mode:
        raise said
    print(f"station: {said}", file=sys.stderr)
    run_async(lambda: _show(options, error))
    return said.exit_code


async def _show(options: argparse.Namespace, error: Exception) -> None:
    from station.safe_config import safe_config
    from station.safe_mode import stay_up

    def on_up(url: str) -> None:
        print(f"station: not armed; the page with these faults is up at {url} (Ctrl-C ends it).", file=sys.stderr)

    async with stop_requests() as stop:
        try:
            await stay_up(safe_config(options.config), error, stop, version=VERSION, on_up=on_up)
        except ListenError as refused:
            print(f"station: {refused}", file=sys.stderr)
