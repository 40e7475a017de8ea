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
from drivers.camera.settings import SIMULATED
from drivers.plc.errors import PlcError
from drivers.plc.messages import PartTriggered
from station.config.load import Loaded
from station.core.ledger import LedgerError
from station.core.standing import Standing
from station.failsafe.session import FailsafeSession
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.ledger import LedgerFile, LedgerFileError
from station.limits import parts_in_flight
from station.listening import ListenError
from station.metrics import Metrics
from station.metrics_server import MetricsServer
from station.page.server import PageServer
from station.plc_side import PlcSide, open_plc_side
from station.status import StationStatus
from station.workers.messages import CheckedBundle, ViewPlan
from station.workers.pool import WorkerError, WorkerPool

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


async def start_workers(loaded: Loaded, cameras: dict[str, Camera], resources: contextlib.AsyncExitStack) -> WorkerPool:
    """The workers, proved on their golden sets, or one sentence."""
    config, names = loaded.config, list(cameras)
    paths = [str(bundle.path) for bundle in loaded.all_bundles]
    asked, identity = config.recipe.identity, loaded.identity
    views = [
        ViewPlan(
            ring=names.index(view.camera),
            bundle=None if view.bundle is None else paths.index(str(bundle.path)),
            stamped=config.cameras[view.camera].producer == SIMULATED,
            sharpness_min=view.sharpness_min,
            identity=paths.index(str(identity.path)) if identity and index == config.recipe.identity_view else None,
            part_type=asked.part_type if asked else "",
        )
        for index, (view, bundle) in enumerate(zip(config.recipe.views, loaded.bundles, strict=True))
    ]
    checked = [CheckedBundle(str(bundle.path), bundle.digest) for bundle in loaded.all_bundles]
    pool = WorkerPool(
        views, checked, [cameras[name].ring for name in names],
        processes=config.classifier.processes, threads=config.classifier.threads, nice=config.classifier.nice,
        jobs_max=parts_in_flight(config) * len(views), deadline_ns=int(config.recipe.deadline_ms * 1e6),
    )  # fmt: skip
    resources.push_async_callback(pool.stop)
    try:
        await pool.start()
    except WorkerError as error:
        raise StartError(str(error), model=True) from None
    return pool


async def start_fronts(
    loaded: Loaded,
    plc: PlcSide,
    metrics: Metrics,
    status: StationStatus,
    failsafe: FailsafeSession,
    resources: contextlib.AsyncExitStack,
) -> None:
    """What others reach us by: PLC, page, metrics. A port in use is one sentence."""
    config = loaded.config
    page = PageServer(
        status, config.page.port, config.page.host,
        on_clients=metrics.page_clients.set, on_dropped=metrics.page_clients_dropped.inc, failsafe=failsafe,
    )  # fmt: skip
    exporter = MetricsServer(metrics.registry, config.metrics.port, config.metrics.host)
    try:
        await plc.start()
        resources.push_async_callback(plc.stop)
        await page.start()
        resources.push_async_callback(page.stop)
        exporter.start()
        resources.callback(exporter.stop)
    except (PlcError, ListenError) as error:
        raise StartError(str(error)) from None
