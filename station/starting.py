"""What a station is made of, opened one after the other: ledger, cameras, workers, the PLC's side, page and metrics.

Each either stands afterwards, and is closed by the exit stack, or StartError says why not in one sentence. Must not
know the inspection loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from drivers.camera.factory import open_camera
from drivers.camera.interface import Camera, CameraError
from drivers.plc.errors import PlcError
from drivers.plc.messages import PartTriggered
from station.changeover.preparing import worker_pool
from station.config.load import Loaded
from station.core.ledger import LedgerError
from station.core.standing import Standing
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.ledger import LedgerFile, LedgerFileError
from station.plc_side import PlcSide, open_plc_side
from station.workers.active_pool import ActivePool
from station.workers.pool import WorkerError

_log = logging.getLogger("station.starting")

_LAST_PART_SEQ = 65_535


class StartError(RuntimeError):
    """The station cannot start; one sentence. `model`: the model is at fault, not this machine."""

    def __init__(self, sentence: str, *, model: bool = False) -> None:
        super().__init__(sentence)
        self.model = model


def open_ledger(path: Path, faults: FaultBoard, resources: contextlib.AsyncExitStack) -> LedgerFile:
    """The ledger goes on from the file; without one the station does not start, because it would lose parts."""

    def on_disk(sentence: str | None) -> None:
        if sentence is None:
            faults.clear(FaultCode.LEDGER_FILE)
        else:
            faults.raise_(FaultCode.LEDGER_FILE, file=path, reason=sentence)

    try:
        ledger = LedgerFile(path, on_disk=on_disk)
    except LedgerFileError as error:
        raise StartError(str(error)) from None
    resources.callback(ledger.close)
    return ledger


def open_plc(loaded: Loaded, ledger: LedgerFile, standing: Standing) -> PlcSide:
    """The link to PLC or remote I/O; where the station numbers the parts itself, it goes on where it was."""
    first = ledger.counts.triggers % _LAST_PART_SEQ + 1
    try:
        return open_plc_side(loaded, first_part_seq=first, on_trigger=_written_to(ledger, standing))
    except PlcError as error:
        raise StartError(str(error)) from None


def _written_to(ledger: LedgerFile, standing: Standing) -> Callable[[PartTriggered], None]:
    """A part is in the ledger file before the PLC sees that it was taken."""

    def announced(part: PartTriggered) -> None:
        try:
            ledger.triggered(part.part_seq)
        except LedgerError as error:
            _log.critical("the ledger file contradicts the PLC link: %s", error)
            standing.stop("the part ledger does not balance")

    return announced


async def start_cameras(loaded: Loaded, resources: contextlib.AsyncExitStack) -> dict[str, Camera]:
    """All cameras at once; every one that cannot work is named, each with its own sentence."""
    cameras = {name: open_camera(settings) for name, settings in loaded.cameras.items()}
    for camera in cameras.values():
        resources.push_async_callback(camera.stop)
    results = await asyncio.gather(*(camera.start() for camera in cameras.values()), return_exceptions=True)
    sentences: list[str] = []
    for name, result in zip(cameras, results, strict=True):
        if isinstance(result, CameraError):
            sentences.append(f"camera {name}: {result}")
        elif isinstance(result, BaseException):
            raise result
    if sentences:
        raise StartError("\n".join(sentences))
    return cameras


async def start_workers(loaded: Loaded, cameras: dict[str, Camera], resources: contextlib.AsyncExitStack) -> ActivePool:
    """The workers, proved on their golden sets, or one sentence."""
    pool = worker_pool(loaded, cameras)
    active = ActivePool(pool)
    resources.push_async_callback(active.stop)
    try:
        await pool.start()
    except WorkerError as error:
        raise StartError(str(error), model=True) from None
    return active
