"""The simulated cell as one call: pictures, scene, PLC, line, score.

Meets the station through the scene file and Modbus TCP alone. Must not import the station.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from drivers.camera.producer.scene import SceneError, SceneWriter
from drivers.cell.line import run_line
from drivers.cell.pictures import CellError, Progress, fill_bank
from drivers.cell.plc_program import PlcProgram, PlcRules
from drivers.cell.plc_trigger import TriggerRules
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
    sensor: tuple[int, int],
    scene_path: Path | str,
    plc_host: str,
    plc_port: int,
    unit_id: int = 1,
    on_part: OnPart | None = None,
    stop: asyncio.Event | None = None,
    *,
    progress: Progress | None = None,
) -> dict[str, object]:
    """Run the cell until its parts are in their bins or `stop` is set; returns the score (see `GroundTruth.score`).

    `sensor` is (width_px, height_px) of the camera. `on_part` gets each part's row when it has reached its bin,
    `progress(done, total)` comes from a thread while parts are drawn. The scene file is removed at the end, however
    it ends. The station may come and go; while it is away the line waits. CellError: one sentence.
    """
    stop = stop or asyncio.Event()
    width_px, height_px = sensor
    _check_turn(settings, height_px)
    try:
        scene = SceneWriter(
            scene_path, width_px, height_px, counts_per_row=settings.counts_per_line,
            background_level=_DARK_LEVEL, noise_amplitude=_DARK_LEVEL,
        )  # fmt: skip
    except SceneError as error:
        raise CellError(str(error)) from error
    try:
        pieces = await _fill(settings, width_px, height_px, scene, progress, stop)
        world = World(
            settings,
            pieces,
            scene,
            shuffled=settings.images is None or settings.parts > 0,
            last_part=settings.parts or (len(pieces) if settings.images is not None else 0),
            now_ns=time.monotonic_ns(),
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
            "plc": dict(program.counters()),
            "camera": scene.counters(),
        }
    finally:
        scene.close()


def _check_turn(settings: CellSettings, sensor_height_px: int) -> None:
    turn = sensor_height_px * settings.counts_per_line
    if settings.counts_per_turn != turn:
        raise CellError(
            f"one turn of the jig is {settings.counts_per_turn} counts, but {sensor_height_px} lines of "
            f"{settings.counts_per_line} counts are {turn}: set counts_per_turn to {turn} or change the camera's lines"
        )


async def _fill(
    settings: CellSettings,
    width_px: int,
    height_px: int,
    scene: SceneWriter,
    progress: Progress | None,
    stop: asyncio.Event,
) -> list[Piece]:
    """Fill the bank in a thread; `stop` ends it after the part at hand."""
    give_up = threading.Event()
    filling = asyncio.create_task(
        asyncio.to_thread(fill_bank, settings, width_px, height_px, scene, progress=progress, give_up=give_up),
        name="cell: fill the picture bank",
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
