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
from dataclasses import dataclass

from station.config.load import Loaded
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
from station.limits import alarms_of, limits_of, transport_of
from station.metrics import Metrics
from station.metrics_feed import MetricsFeed
from station.notify import Notifier
from station.records.reading import first_part_uid
from station.records.writer import RecordWriter
from station.reporter import StationReporter
from station.restart import sums_of, tell_restart
from station.result_block import result_block
from station.starting import StartError, open_ledger, open_plc, start_cameras, start_fronts, start_workers
from station.status import StationStatus

_log = logging.getLogger("station.app")

_DRAIN_S = 1.0
_RECORDS_STOP_S = 2.0
_NOTED_LIMIT_S = 2.0
__all__ = ["DATABASE", "LEDGER", "VERSION", "StartError", "Summary", "run_station"]

DATABASE = "parts.sqlite"
LEDGER = "ledger.bin"
VERSION = importlib.metadata.version("edge-inspection-station")


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
    for product in loaded.unsigned:
        faults.raise_(FaultCode.MODEL_UNSIGNED, about=product, product=product)
    standing = Standing(alarms_of(config), stop_on_alarm=config.recipe.alarms.stop_line)
    async with contextlib.AsyncExitStack() as resources:
        ledger = open_ledger(database.with_name(LEDGER), faults, resources)
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
        cameras = await start_cameras(loaded, resources)
        pool = await start_workers(loaded, cameras, resources)
        plc = open_plc(loaded, ledger, standing)
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
        await start_fronts(loaded, plc, metrics, status, failsafe, resources)
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
