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
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drivers.camera.interface import Camera
from station.api.recipe_book import StationRecipes
from station.changeover.changeover import Changeover
from station.changeover.choice import Choice
from station.changeover.preparing import prepare
from station.changeover.recipe_run import ActiveRecipe, RecipeRun, recipe_runs
from station.changeover.takeover import Takeover
from station.config.load import Loaded
from station.core.line import Line
from station.core.reasons import Outcome
from station.core.standing import Standing
from station.failsafe.document import identity_of
from station.failsafe.line_side import StationSide
from station.failsafe.plan import plan_of
from station.failsafe.session import FOLDER as FAILSAFE_FOLDER
from station.failsafe.session import MACHINE, PERSON, FailsafeSession
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.fault_followers import keep_faults
from station.fronts import Running, open_fronts
from station.inspection import Inspection
from station.limits import slots_for_pictures
from station.logs import messages_dropped
from station.metrics import Metrics
from station.metrics.active import shown_recipe
from station.metrics.feed import MetricsFeed, PictureTotals
from station.notify import Notifier
from station.pictures.archive import PictureArchive
from station.records.part_event import PartEvent
from station.records.reading import first_part_uid
from station.records.writer import RecordWriter
from station.reporter import StationReporter
from station.restart import LeftBehind, left_behind, sums_of, tell_restart
from station.starting import StartError, open_ledger, open_plc, start_cameras, start_workers
from station.status import StationStatus

_log = logging.getLogger("station.app")

_SWITCH_S = 0.0005
"""The threads that read and write for people give way to the loop ten times as often as Python's own 5 ms."""
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
    sys.setswitchinterval(_SWITCH_S)
    database = loaded.path_of(loaded.config.records.folder) / DATABASE
    choice, run_id = Choice(database.parent), uuid.uuid4().hex
    runs = recipe_runs(loaded, run_id)
    active = ActiveRecipe(runs[await asyncio.to_thread(choice.among, runs, loaded.config.recipe.id)])
    loaded, config = active.loaded, active.loaded.config
    gate_counts = config.recipe.gate.offset_counts if config.recipe.gate else None
    metrics = Metrics(config.recipe.deadline_ms / 1e3, VERSION, tuple(config.cameras), gate_counts, station=config.name)
    metrics.show_active(shown_recipe(loaded))
    metrics.follow_disk(database.parent)
    faults = FaultBoard(on_begin=metrics.count_fault)
    for product in loaded.unsigned:
        faults.raise_(FaultCode.MODEL_UNSIGNED, about=product, product=product)
    standing = Standing(active.run.alarms, stop_on_alarm=active.run.stop_on_alarm)
    async with contextlib.AsyncExitStack() as resources:
        ledger = open_ledger(database.with_name(LEDGER), faults, resources)
        line = Line(
            active.run.limits, first_part_uid(database, int(time.time())),
            transport=active.run.transport(), earlier=sums_of(ledger.recovered), fetched=config.plc.role != "remote_io",
        )  # fmt: skip
        left = await asyncio.to_thread(left_behind, database)
        records = _open_records(database, config.records.queue_size, left, metrics, faults, resources)
        cameras = await start_cameras(loaded, resources)
        pool = await start_workers(loaded, cameras, resources)
        plc = open_plc(loaded, ledger, standing)
        reporter = StationReporter(loaded, run_id, line, metrics, faults, records, active.run.identity)
        for record in left.passed:
            reporter.usual.learn(record)
        pictures = _open_pictures(database.parent, active, cameras, reporter, faults, resources)
        inspection = Inspection(
            line, cameras, plc, pool, reporter,
            journal=ledger, standing=standing,
            block_of=active.block_of,
            simulated_allowed=config.peer == "simulated",
            keeper=pictures.keeper,
        )  # fmt: skip
        tell_restart(ledger.recovered, faults, records, reporter.record_of_restarted)
        if await asyncio.to_thread(records.flush, _NOTED_LIMIT_S):
            ledger.recovery_noted()  # else the next start says it again
        status = StationStatus(
            active, line, reporter, faults, records, inspection, plc, pool, version=VERSION, run_id=run_id
        )
        reporter.feed = MetricsFeed(
            metrics, faults, line, plc, pool, records,
            ready=lambda: inspection.readiness.ready, records_size=config.records.queue_size,
            pictures=lambda: _picture_totals(pictures), logs_dropped=messages_dropped,
        )  # fmt: skip
        failsafe = FailsafeSession(
            plan_of(loaded),
            StationSide(active, inspection, reporter, records, standing, faults, plc, lambda: line.counts.in_flight),
            identity_of(loaded, VERSION, run_id),
            database.with_name(FAILSAFE_FOLDER),
            MACHINE if config.peer == "simulated" else PERSON,
            on_running=lambda running: plc.set_state(self_test=running),
        )
        side = Takeover(
            active, inspection, line, pool, standing, plc,
            on_taken=lambda run: _take_over(run, reporter, failsafe, records, metrics),
        )  # fmt: skip
        changeover = Changeover(
            runs, active, side, lambda run: prepare(run, cameras), choice, faults,
            blocked=lambda: "a fail-safe test is running" if failsafe.running else None,
        )  # fmt: skip
        inspection.on_recipe = changeover.requested
        resources.push_async_callback(changeover.stop)
        running = Running(
            VERSION, active, database, database.parent / config.pictures.folder, pictures.previews, metrics, faults,
            records, reporter, inspection, plc, pool, status, failsafe, StationRecipes(runs, changeover),
        )  # fmt: skip
        await open_fronts(running, resources)
        resources.push_async_callback(failsafe.stop)
        notifier = Notifier()
        resources.callback(notifier.close)
        plc.set_state(
            online=True,
            recipe_id=active.run.recipe_id,
            model_digest=active.run.digest_bits,
            simulated=reporter.simulated,
        )
        gc.collect()
        gc.freeze()  # what start-up made stays: a later full collection need not walk it (9 to 14 ms otherwise)
        metrics.gc_pauses.start()
        resources.callback(metrics.gc_pauses.stop)
        notifier.tell("READY=1")
        recipe, digest = config.recipe, loaded.model_digest[:8]
        _log.info("armed: recipe %d %s, %d workers, model %s", recipe.id, recipe.name, pool.alive, digest)
        await _run_until(stop, inspection, changeover, notifier)
    summary = status.summary()
    return Summary(summary, line.counts.balanced)


def _open_records(
    database: Path,
    queue_size: int,
    left: LeftBehind,
    metrics: Metrics,
    faults: FaultBoard,
    resources: contextlib.AsyncExitStack,
) -> RecordWriter:
    """The records' writer, which is told of every fault, and of the end of those that an earlier run left open."""
    records = RecordWriter(
        database,
        faults,
        queue_size=queue_size,
        on_written=lambda batch: metrics.records_written.inc(len(batch)),
        on_commit=metrics.records_commit.observe,
    )
    records.start()
    resources.callback(records.stop, _RECORDS_STOP_S)
    for span in left.faults:
        records.fault(span)
    keep_faults(faults, records)
    return records


def _open_pictures(
    records_folder: Path,
    active: ActiveRecipe,
    cameras: Mapping[str, Camera],
    reporter: StationReporter,
    faults: FaultBoard,
    resources: contextlib.AsyncExitStack,
) -> PictureArchive:
    """Whoever keeps pictures; stopped before the cameras lose their rings."""
    config = active.loaded.config
    pictures = PictureArchive(
        records_folder / config.pictures.folder,
        config.pictures,
        faults,
        {name: camera.ring for name, camera in cameras.items()},
        lambda name, frame: cameras[name].release(frame),
        views=lambda: [view.name for view in active.run.limits.views],
        held_max=slots_for_pictures(config),
        review=lambda decision: decision.outcome is not Outcome.PASSED,
        context=lambda: {
            "recipe": active.run.title,
            "model_digest": active.loaded.model_digest,
            "simulated": reporter.simulated,
        },
    )
    pictures.start()
    resources.push_async_callback(pictures.stop)
    return pictures


def _picture_totals(pictures: PictureArchive) -> PictureTotals:
    return PictureTotals(
        waiting=pictures.waiting,
        capacity=pictures.capacity,
        dropped=pictures.dropped,
        written=sum(pictures.written.values()),
        stored_bytes=pictures.stored_bytes,
        budget_bytes=pictures.budget_bytes,
    )


def _take_over(
    run: RecipeRun, reporter: StationReporter, failsafe: FailsafeSession, records: RecordWriter, metrics: Metrics
) -> None:
    """What follows a recipe that took over, in the same step."""
    metrics.show_active(shown_recipe(run.loaded))
    reporter.change_over(run.loaded, run.identity)
    failsafe.change_over(plan_of(run.loaded), run.title, run.loaded.model_digest)
    records.note(PartEvent.now(None, "recipe", f"recipe {run.title} took over"))


async def _run_until(stop: asyncio.Event, inspection: Inspection, changeover: Changeover, notifier: Notifier) -> None:
    """Run the loop beside the watch for `stop`; then drain it."""
    running = asyncio.create_task(inspection.run(notifier.tell), name="inspection")
    stopping = asyncio.create_task(stop.wait(), name="stop request")
    try:
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            notifier.tell("STOPPING=1")
            await changeover.stop()
            await inspection.drain(_DRAIN_S)
    finally:
        stopping.cancel()
        running.cancel()
        results = await asyncio.gather(running, stopping, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result
