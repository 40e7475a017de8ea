"""Builds a station from its configuration, runs it until it is told to stop, and takes it down in order.

Resources outlive tasks: everything that must be closed is on the exit stack before the first task starts. The order of
arming is the order of trust: model proved on its golden set, then camera, then the PLC hears that we are online.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib.metadata
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drivers.camera.factory import open_camera
from drivers.camera.interface import Camera, CameraError
from drivers.camera.settings import SIMULATED
from drivers.plc.errors import PlcError
from drivers.plc.messages import PartTriggered
from station.config.load import Loaded
from station.core.ledger import LedgerError
from station.core.line import Line
from station.core.standing import Standing
from station.failsafe.document import identity_of
from station.failsafe.line_side import StationSide
from station.failsafe.plan import plan_of
from station.failsafe.session import FOLDER as FAILSAFE_FOLDER
from station.failsafe.session import MACHINE, PERSON, FailsafeSession
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.inspection import Inspection
from station.ledger import LedgerFile, LedgerFileError
from station.limits import alarms_of, limits_of, parts_in_flight, transport_of
from station.listening import ListenError
from station.metrics import Metrics
from station.metrics_feed import MetricsFeed
from station.metrics_server import MetricsServer
from station.notify import Notifier
from station.page.server import PageServer
from station.plc_side import PlcSide, open_plc_side
from station.records.reading import first_part_uid
from station.records.writer import RecordWriter
from station.reporter import StationReporter
from station.restart import sums_of, tell_restart
from station.result_block import result_block
from station.status import StationStatus
from station.workers.messages import ViewPlan
from station.workers.pool import WorkerError, WorkerPool

_log = logging.getLogger("station.app")

_DRAIN_S = 1.0
_RECORDS_STOP_S = 2.0
_NOTED_LIMIT_S = 2.0
_LAST_PART_SEQ = 65_535
DATABASE = "parts.sqlite"
LEDGER = "ledger.bin"
VERSION = importlib.metadata.version("edge-inspection-station")


class StartError(RuntimeError):
    """The station cannot start; one sentence. `model`: the model is at fault, not this machine."""

    def __init__(self, sentence: str, *, model: bool = False) -> None:
        super().__init__(sentence)
        self.model = model


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run amounted to."""

    values: dict[str, object]
    balanced: bool


async def run_station(loaded: Loaded, stop: asyncio.Event) -> Summary:
    """From nothing to armed to stopped; StartError when it cannot arm."""
    config = loaded.config
    database = loaded.path_of(config.records.folder) / DATABASE
    gate_counts = config.recipe.gate.offset_counts if config.recipe.gate else None
    metrics = Metrics(config.recipe.deadline_ms / 1e3, VERSION, tuple(config.cameras), gate_counts)
    faults = FaultBoard(on_begin=metrics.count_fault)
    standing = Standing(alarms_of(config), stop_on_alarm=config.recipe.alarms.stop_line)
    async with contextlib.AsyncExitStack() as resources:
        ledger = _open_ledger(database.with_name(LEDGER), faults, resources)
        line = Line(
            limits_of(config), first_part_uid(database, int(time.time())),
            transport=transport_of(config), earlier=sums_of(ledger.recovered), fetched=config.plc.role != "remote_io",
        )  # fmt: skip
        records = RecordWriter(
            database,
            faults,
            queue_size=config.records.queue_size,
            on_written=lambda batch: metrics.records_written.inc(len(batch)),
        )
        records.start()
        resources.callback(records.stop, _RECORDS_STOP_S)
        cameras = await _start_cameras(loaded, resources)
        pool = await _start_workers(loaded, cameras, resources)
        plc = _open_plc(loaded, ledger, standing)
        run_id = uuid.uuid4().hex
        reporter = StationReporter(loaded, run_id, line, metrics, faults, records)
        inspection = Inspection(
            line, cameras, plc, pool, reporter,
            journal=ledger, standing=standing,
            block_of=lambda decision: result_block(decision, loaded.class_numbers, gate_counts),
            simulated_allowed=config.peer == "simulated",
        )  # fmt: skip
        tell_restart(ledger.recovered, faults, records, reporter.record_of_restarted)
        if await asyncio.to_thread(records.flush, _NOTED_LIMIT_S):
            ledger.recovery_noted()  # else the next start says it again
        status = StationStatus(
            loaded, line, reporter, faults, records, inspection, plc, pool, version=VERSION, run_id=run_id
        )
        reporter.feed = MetricsFeed(metrics, faults, line, plc, pool, records)
        failsafe = FailsafeSession(
            plan_of(loaded),
            StationSide(loaded, inspection, reporter, records, standing, faults, plc, lambda: line.counts.in_flight),
            identity_of(loaded, VERSION, run_id),
            database.with_name(FAILSAFE_FOLDER),
            MACHINE if config.peer == "simulated" else PERSON,
            on_running=lambda running: plc.set_state(self_test=running),
        )
        await _start_fronts(loaded, plc, metrics, status, failsafe, resources)
        resources.push_async_callback(failsafe.stop)
        notifier = Notifier()
        resources.callback(notifier.close)
        plc.set_state(
            online=True,
            recipe_id=config.recipe.id,
            model_digest=int(loaded.model_digest[:8], 16),
            simulated=reporter.simulated,
        )
        gc.collect()
        gc.freeze()  # what start-up made stays: a later full collection need not walk it (9 to 14 ms otherwise)
        notifier.tell("READY=1")
        recipe, digest = config.recipe, loaded.model_digest[:8]
        _log.info("armed: recipe %d %s, %d workers, model %s", recipe.id, recipe.name, pool.alive, digest)
        await _run_until(stop, inspection, notifier)
    summary = status.summary()
    return Summary(summary, line.counts.balanced)


def _open_ledger(path: Path, faults: FaultBoard, resources: contextlib.AsyncExitStack) -> LedgerFile:
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


def _open_plc(loaded: Loaded, ledger: LedgerFile, standing: Standing) -> PlcSide:
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


async def _run_until(stop: asyncio.Event, inspection: Inspection, notifier: Notifier) -> None:
    """Run the loop beside the watch for `stop`; then drain it."""
    running = asyncio.create_task(inspection.run(notifier.tell), name="inspection")
    stopping = asyncio.create_task(stop.wait(), name="stop request")
    try:
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            notifier.tell("STOPPING=1")
            await inspection.drain(_DRAIN_S)
    finally:
        stopping.cancel()
        running.cancel()
        results = await asyncio.gather(running, stopping, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result


async def _start_cameras(loaded: Loaded, resources: contextlib.AsyncExitStack) -> dict[str, Camera]:
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


async def _start_workers(
    loaded: Loaded, cameras: dict[str, Camera], resources: contextlib.AsyncExitStack
) -> WorkerPool:
    """The workers, proved on their golden sets, or one sentence."""
    config, names = loaded.config, list(cameras)
    paths = list(dict.fromkeys(str(bundle.path) for bundle in loaded.bundles))
    views = [
        ViewPlan(
            ring=names.index(view.camera),
            bundle=paths.index(str(bundle.path)),
            stamped=config.cameras[view.camera].producer == SIMULATED,
            sharpness_min=view.sharpness_min,
        )
        for view, bundle in zip(config.recipe.views, loaded.bundles, strict=True)
    ]
    pool = WorkerPool(
        views, paths, [cameras[name].ring for name in names],
        processes=config.classifier.processes, threads=config.classifier.threads, nice=config.classifier.nice,
        jobs_max=parts_in_flight(config) * len(views), deadline_ns=int(config.recipe.deadline_ms * 1e6),
    )  # fmt: skip
    resources.push_async_callback(pool.stop)
    try:
        await pool.start()
    except WorkerError as error:
        raise StartError(str(error), model=True) from None
    return pool


async def _start_fronts(
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
