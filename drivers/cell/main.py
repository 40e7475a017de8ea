"""The simulated cell as one call: pictures, scenes, PLC, line, score.

Meets the station through the scene files and Modbus TCP alone. Must not import the station.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from drivers.camera.producer.scene import SceneError, SceneWriter
from drivers.cell.fault_script import FaultScript
from drivers.cell.line import run_line
from drivers.cell.pictures import CellError, Progress, check_room, fill_banks
from drivers.cell.plc_program import PlcProgram, PlcRules
from drivers.cell.plc_trigger import TriggerRules
from drivers.cell.sensor import Sensor, line_sensors
from drivers.cell.settings import CellSettings
from drivers.cell.world import Piece, World
from drivers.plc.client import CarefulClient

__all__ = ["CellError", "run_cell"]

_log = logging.getLogger(__name__)

_MS = 1_000_000
_RESULTS_ACK_LIMIT_NS = 1_000 * _MS
_DARK_LEVEL = 3  # a covered sensor reads 0 to 6 of 255

OnPart = Callable[[dict[str, object]], None]


def plc_rules(settings: CellSettings) -> PlcRules:
    """The limits of the PLC's program that follow from the settings."""
    return PlcRules(
        trigger=TriggerRules(
            period_ns=settings.period_ns,
            ack_limit_ns=settings.trigger_ack_timeout_ms * _MS,
            exposure_limit_ns=settings.exposure_timeout_ms * _MS,
            first_part_seq=settings.first_part_seq,
            trigger_anyway=settings.trigger_anyway,
        ),
        recipe_id=settings.recipe_id,
        result_limit_ns=settings.result_limit_ns,
        results_ack_limit_ns=_RESULTS_ACK_LIMIT_NS,
        station_heartbeat_ns=settings.station_heartbeat_ms * _MS,
        operator_clears_after_ns=settings.operator_clears_after_ms * _MS,
    )


async def run_cell(
    settings: CellSettings,
    sensors: Sequence[Sensor],
    plc_host: str,
    plc_port: int,
    unit_id: int = 1,
    on_part: OnPart | None = None,
    stop: asyncio.Event | None = None,
    *,
    progress: Progress | None = None,
) -> dict[str, object]:
    """Run the cell until its parts are in their bins or `stop` is set; returns the score (see `GroundTruth.score`).

    Each sensor gets a scene file of its own, removed at the end, however it ends. `on_part` gets each part's row when
    it has reached its bin, `progress(done, total)` comes from a thread while parts are drawn. The station may come and
    go; while it is away the line waits. CellError: one sentence.
    """
    stop = stop or asyncio.Event()
    _check_sensors(settings, sensors)
    check_room(settings, sensors)
    with ExitStack() as open_scenes:
        scenes = [_open_scene(settings, sensor, open_scenes) for sensor in sensors]
        pieces = await _fill(settings, sensors, scenes, progress, stop)
        faults = _fault_script(settings, sensors, scenes)
        world = World(
            settings,
            pieces,
            list(zip(sensors, scenes, strict=True)),
            shuffled=settings.images is None or settings.parts > 0,
            last_part=settings.parts or (len(pieces) if settings.images is not None else 0),
            now_ns=time.monotonic_ns(),
            faults=faults,
            on_part=on_part,
        )
        program = PlcProgram(plc_rules(settings))
        if not stop.is_set():
            async with CarefulClient(
                plc_host, plc_port, unit_id=unit_id, timeout_ms=settings.reply_timeout_ms
            ) as client:
                await run_line(settings, program, world, client, stop)
        return {
            "simulated": True,
            "seed": settings.seed,
            **world.finish(),
            "faults_not_taken": faults.not_taken,
            "plc": dict(program.counters()),
            "cameras": {sensor.name: scene.counters() for sensor, scene in zip(sensors, scenes, strict=True)},
        }


def _check_sensors(settings: CellSettings, sensors: Sequence[Sensor]) -> None:
    for what, found in (
        ("name", [sensor.name for sensor in sensors]),
        ("scene file", [str(sensor.scene_path) for sensor in sensors]),
    ):
        if len(set(found)) != len(found):
            raise CellError(f"each camera of the cell needs a {what} of its own, found {', '.join(found)}")
    for sensor in line_sensors(sensors):
        turn = sensor.height_px * settings.counts_per_line
        if settings.counts_per_turn != turn:
            raise CellError(
                f"one turn of the jig is {settings.counts_per_turn} counts, but {sensor.height_px} lines of "
                f"{settings.counts_per_line} counts are {turn}: set counts_per_turn to {turn} or change the camera's "
                f"lines"
            )
    for sensor in sensors:
        if sensor.pulses[-1] >= settings.counts_per_turn:
            raise CellError(
                f"camera {sensor.name} is pulsed {sensor.pulses[-1]} counts after the trigger, but one turn of the jig "
                f"is {settings.counts_per_turn} counts: lower the view's offset_counts"
            )


def _open_scene(settings: CellSettings, sensor: Sensor, open_scenes: ExitStack) -> SceneWriter:
    try:
        scene = SceneWriter(
            sensor.scene_path, sensor.width_px, sensor.height_px, counts_per_row=settings.counts_per_line,
            background_level=_DARK_LEVEL, noise_amplitude=_DARK_LEVEL, area=sensor.area,
        )  # fmt: skip
    except SceneError as error:
        raise CellError(str(error)) from error
    open_scenes.callback(scene.close)
    return scene


def _fault_script(settings: CellSettings, sensors: Sequence[Sensor], scenes: Sequence[SceneWriter]) -> FaultScript:
    targets = [(sensor, scene.faults) for sensor, scene in zip(sensors, scenes, strict=True)]
    return FaultScript(settings.fault_plan, targets, turn_ns=settings.turn_ns)


async def _fill(
    settings: CellSettings,
    sensors: Sequence[Sensor],
    scenes: Sequence[SceneWriter],
    progress: Progress | None,
    stop: asyncio.Event,
) -> list[Piece]:
    """Fill the banks in a thread; `stop` ends it after the part at hand."""
    give_up = threading.Event()
    filling = asyncio.create_task(
        asyncio.to_thread(fill_banks, settings, sensors, scenes, progress=progress, give_up=give_up),
        name="cell: fill the picture banks",
    )
    stopping = asyncio.create_task(stop.wait(), name="cell: stop while filling")
    try:
        await asyncio.wait((filling, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        give_up.set()
        stopping.cancel()
        await asyncio.wait((filling, stopping))
    pieces = filling.result()
    _log.info("cell: %d parts are ready", len(pieces))
    return pieces
