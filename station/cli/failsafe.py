"""`station failsafe CONFIG`: the guided fail-safe test of a line. `station failsafe verify FILE...`: its reports."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import shutil
import signal
import sys
import time
from collections.abc import Generator
from pathlib import Path
from types import FrameType

from station.cli.check import loaded_or_exit
from station.cli.demo_config import cell_of
from station.cli.exits import CANNOT_START, FAILED, OK, UserError
from station.cli.failsafe_client import FailsafeClient, RefusedByStationError, UnreachableError
from station.cli.failsafe_guide import CellHelper, Helper, Person, guide
from station.cli.failsafe_simulated import SimulatedLine, simulated_line
from station.failsafe.plan import plan_of
from station.failsafe.seal import PUBLIC_KEY
from station.failsafe.state import FailsafeState
from station.failsafe.verify import verify

_UP_LIMIT_S = 60.0
_REPORT_LIMIT_S = 20.0
_POLL_S = 0.1


def failsafe(options: argparse.Namespace) -> int:
    """OK when every step passed and the report is written, or every report verified is as it was written."""
    if options.targets[0] == "verify":
        return _verify([Path(target) for target in options.targets[1:]], options.key)
    if len(options.targets) > 1:
        raise UserError(f"failsafe takes one configuration, or: verify FILE...; found also {options.targets[1]!r}")
    loaded = loaded_or_exit(Path(options.targets[0]))
    if options.out is not None and not options.out.is_dir():
        raise UserError(f"{options.out}: is no folder to copy the report into")
    page = loaded.config.page
    host = f"[{page.host}]" if ":" in page.host else page.host
    certificate = None if page.tls_certificate is None else loaded.path_of(page.tls_certificate)
    client = FailsafeClient(
        options.url or f"{'http' if certificate is None else 'https'}://{host}:{page.port}/", certificate
    )
    operator = options.operator or getpass.getuser()
    if not options.simulated:
        return _test(client, operator, Person(), options.out, witness=options.witness)
    if cell_of(loaded).operator_clears_after_ms == 0:
        raise UserError(
            f"{loaded.path}: cell: operator_clears_after_ms is 0: the test needs somebody who clears the error; "
            "write a time, such as 2000"
        )
    with _interrupted_by_sigterm(), simulated_line(loaded.path, cell_of(loaded).good_bin) as line:
        _wait_until_up(client, line)
        return _test(client, operator, CellHelper(plan_of(loaded), line), options.out, witness=True)


def _test(client: FailsafeClient, operator: str, helper: Helper, out: Path | None, *, witness: bool) -> int:
    try:
        state = client.do("start", operator=operator, witness=witness)
    except RefusedByStationError as refused:
        raise UserError(str(refused), CANNOT_START) from None
    print(f"Fail-safe test by {state['operator']}: {len(state['steps'])} steps. Ctrl-C ends it.", flush=True)
    if state["simulated"]:
        print(f"SIMULATED {' and '.join(state['simulated'])}: this shows nothing about a real line.", flush=True)
    for one in state["omitted"]:
        print(f"Cannot be tried on this line: {one['title']}: {one['reason']}.", flush=True)
    try:
        state = guide(client, helper)
    except UnreachableError:
        raise UserError("the station has gone during the test; nothing is shown by it", FAILED) from None
    except KeyboardInterrupt:
        state = _abort(client)
    except UserError:
        with contextlib.suppress(UserError):
            _abort(client)
        raise
    print(f"\n{state['sentence']}")
    mistakes = helper.mistakes(state)
    for sentence in mistakes:
        print(f"WRONG: {sentence}")
    if state["report"] is None:
        return FAILED
    print(f"Report: {_copied(Path(state['report']), out)}", flush=True)
    return OK if state["result"] == "passed" and not mistakes else FAILED


def _abort(client: FailsafeClient) -> FailsafeState:
    """Ctrl-C: end the session, and wait for its report."""
    print("\nThe test is aborted; nothing stays broken.", flush=True)
    with contextlib.suppress(RefusedByStationError):
        client.do("abort")
    until = time.monotonic() + _REPORT_LIMIT_S
    while (state := client.state())["running"] and time.monotonic() < until:
        time.sleep(_POLL_S)
    return state


def _copied(report: Path, out: Path | None) -> Path:
    """The report's path, of its copy where one was asked for."""
    if out is None:
        return report
    try:
        for file in (report, report.with_suffix(".md"), report.with_name(PUBLIC_KEY)):
            shutil.copy2(file, out)
    except OSError as error:
        print(f"The report cannot be copied into {out}: {error.strerror}.", file=sys.stderr)
        return report
    return out / report.name


@contextlib.contextmanager
def _interrupted_by_sigterm() -> Generator[None]:
    """SIGTERM ends the test as Ctrl-C does, so that no program is left behind."""

    def as_interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, as_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait_until_up(client: FailsafeClient, line: SimulatedLine) -> None:
    """The page answers; whether the line takes parts is asked before each step."""
    until = time.monotonic() + _UP_LIMIT_S
    while True:
        line.check()
        try:
            client.state()
        except UnreachableError:
            if time.monotonic() > until:
                raise
            time.sleep(_POLL_S)
        else:
            return


def _verify(paths: list[Path], key: Path | None) -> int:
    if not paths:
        raise UserError("failsafe verify: name the reports to verify, or their folder")
    good, wrong = verify(paths, key)
    for report in good:
        simulation = f", SIMULATED {' and '.join(report.simulated)}" if report.simulated else ""
        print(f"{report.path}: as it was written: {report.result.upper()}, {report.begin}{simulation}")
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return FAILED if wrong else OK
