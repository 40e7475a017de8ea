"""The simulated cell as one call: pictures, scenes, PLC, line, score.

Meets the station through the scene files and Modbus TCP alone. Must not import the station.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Literal

from drivers.camera.producer.scene import SceneError, SceneWriter
from drivers.cell.checks import check_gate, check_sensors
from drivers.cell.coil_gate import CoilGate
from drivers.cell.coupler import Coupler
from drivers.cell.endings import OnPart
from drivers.cell.fault_script import FaultScript
from drivers.cell.infeed import DemandSupply
from drivers.cell.line import run_line, run_line_alone
from drivers.cell.line_alone import LineAlone
from drivers.cell.pictures import CellError, Progress, check_room, fill_banks
from drivers.cell.plc_gate import GateRules
from drivers.cell.plc_program import PlcProgram, PlcRules
from drivers.cell.plc_trigger import TriggerRules
from drivers.cell.sensor import Sensor
from drivers.cell.served_port import ServedPort
from drivers.cell.settings import CellSettings
from drivers.cell.station_port import ClientPort, StationPort
from drivers.cell.world import Piece, World
from drivers.gate.settings import GateSettings
from drivers.plc.client import CarefulClient
from drivers.plc.errors import PlcError
from drivers.plc.pdu import RegisterMap
from drivers.plc.server import ModbusServer
from drivers.remote_io.settings import RemoteIoSettings

__all__ = ["CellError", "run_cell"]

Role = Literal["server", "client"]
"""What the station is to this PLC."""

_log = logging.getLogger(__name__)

_MS = 1_000_000
_RESULTS_ACK_LIMIT_NS = 1_000 * _MS
_MOST_LINKS = 4
_DARK_LEVEL = 3  # a covered sensor reads 0 to 6 of 255


def plc_rules(settings: CellSettings, gate: GateSettings | None = None) -> PlcRules:
    """The limits of the PLC's program that follow from the settings, and its gate."""
    rules = None
    if gate is not None:
        rules = GateRules(settings.gate_kind, gate.offset_counts, gate.lead_counts, gate.pulse_counts)
    return PlcRules(
        trigger=TriggerRules(
            period_ns=settings.period_ns,
            ack_limit_ns=settings.trigger_ack_timeout_ms * _MS,
            exposure_limit_ns=settings.exposure_timeout_ms * _MS,
            first_part_seq=settings.first_part_seq,
            trigger_anyway=settings.trigger_anyway,
            belt=gate is not None,
        ),
        recipe_id=settings.recipe_id,
        result_limit_ns=settings.result_limit_ns,
        results_ack_limit_ns=_RESULTS_ACK_LIMIT_NS,
        station_heartbeat_ns=settings.station_heartbeat_ms * _MS,
        operator_clears_after_ns=settings.operator_clears_after_ms * _MS,
        gate=rules,
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
    gate: GateSettings | None = None,
    demand: DemandSupply | None = None,
    on_ready: Callable[[], None] | None = None,
    role: Role = "server",
    coupler: RemoteIoSettings | None = None,
) -> dict[str, object]:
    """Run the cell until its parts are in their bins or `stop` is set; returns the score (see `GroundTruth.score`).

    `role` is the station's: as a client it comes to this PLC's registers, which are then served at `plc_host:plc_port`.
    `coupler`: there is no PLC but this coupler, served at its own address; it needs a gate, and `role` means nothing.
    `gate`: parts ride on to it by encoder count; None: the robot takes each part when its result is there. `demand`:
    parts are shown as they are asked for, after `on_ready` was called; the cell ends when nothing more will be asked.

    Each sensor gets a scene file of its own, removed at the end, however it ends. `on_part` gets each part's row when
    it has reached its bin, `progress(done, total)` comes from a thread while parts are drawn. The station may come and
    go; while it is away the line waits. CellError: one sentence.
    """
    stop = stop or asyncio.Event()
    check_sensors(settings, sensors)
    check_gate(settings, gate)
    if coupler is not None and gate is None:
        raise CellError("a line with remote I/O needs a gate: add recipe.gate, or choose another plc.role")
    check_room(settings, sensors)
    with ExitStack() as open_scenes:
        scenes = [_open_scene(settings, sensor, open_scenes) for sensor in sensors]
        pieces = await _fill(settings, sensors, scenes, progress, stop)
        faults = _fault_script(settings, sensors, scenes)
        coil = None if coupler is None else CoilGate()
        world = World(
            settings,
            pieces,
            list(zip(sensors, scenes, strict=True)),
            shuffled=settings.images is None or settings.parts > 0,
            last_part=settings.parts or (len(pieces) if settings.images is not None else 0),
            now_ns=time.monotonic_ns(),
            faults=faults,
            on_part=on_part,
            gate=gate,
            supply=demand,
            coil=coil,
        )
        if demand is not None:
            demand.fill(pieces)
        if on_ready is not None:
            on_ready()
        program = PlcProgram(plc_rules(settings, gate))
        if stop.is_set():
            pass
        elif coupler is None or coil is None or gate is None:
            async with _port(settings, plc_host, plc_port, unit_id, station=role) as port:
                await run_line(settings, program, world, port, stop)
        else:
            outputs = Coupler(coupler, world, coil, actuator_ns=round(gate.actuator_ms * _MS))
            alone = LineAlone(settings.period_ns, settings.first_part_seq)
            async with _serving(outputs, coupler.host, coupler.port, coupler.unit_id):
                await run_line_alone(settings, alone, world, outputs, stop)
        return {
            "simulated": True,
            "seed": settings.seed,
            **world.finish(),
            "faults_not_taken": faults.not_taken,
            "plc": dict(program.counters()),
            "cameras": {sensor.name: scene.counters() for sensor, scene in zip(sensors, scenes, strict=True)},
        }


@asynccontextmanager
async def _port(
    settings: CellSettings, host: str, port: int, unit_id: int, *, station: Role
) -> AsyncGenerator[StationPort]:
    if station == "server":
        async with CarefulClient(host, port, unit_id=unit_id, timeout_ms=settings.reply_timeout_ms) as client:
            yield ClientPort(client)
        return
    served = ServedPort(host, port, unit_id)
    try:
        await served.start()
    except PlcError as error:
        raise CellError(str(error)) from error
    try:
        yield served
    finally:
        await served.stop()


@asynccontextmanager
async def _serving(registers: RegisterMap, host: str, port: int, unit_id: int) -> AsyncGenerator[None]:
    server = ModbusServer(
        registers, host=host, port=port, unit_id=unit_id, max_connections=_MOST_LINKS, on_closed=lambda _: None
    )
    try:
        await server.start()
    except PlcError as error:
        raise CellError(str(error)) from error
    try:
        yield
    finally:
        await server.stop()


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
