"""The line in motion: one exchange with the station per PLC scan, the program, the world, and the end of it.

The only room of the cell that waits. Must not judge: what a part deserves is the program's business.
"""

from __future__ import annotations

import asyncio
import logging
import time

from drivers.cell.coupler import Coupler
from drivers.cell.line_alone import LineAlone
from drivers.cell.plc_program import PlcProgram, ScanInputs, ScanOutputs
from drivers.cell.settings import CellSettings
from drivers.cell.station_port import StationPort
from drivers.cell.world import World
from drivers.plc.registers import StatusBlock

_log = logging.getLogger(__name__)

_SCAN_WITHOUT_STATION_S = 0.02
_RUN_OUT_LIMIT_NS = 2_000_000_000
_EMPTY_LIMIT_NS = 3_000_000_000
_LEAVE_LIMIT_NS = 500_000_000


async def run_line(
    settings: CellSettings, program: PlcProgram, world: World, port: StationPort, stop: asyncio.Event
) -> None:
    """Scan until every part is in its bin, or `stop` is set; leaves with all handshake bits down.

    After `stop` the parts in hand get their result for up to 2 s, then are rejected; a second later whatever is on the
    belt ends without waiting for it (`World.finish`).
    """
    line = _Line(settings, program, world, port)
    stopped_ns: int | None = None
    next_ns = time.monotonic_ns()
    while True:
        status = await line.read()
        now_ns = time.monotonic_ns()
        if stop.is_set() and stopped_ns is None:
            stopped_ns = now_ns
            world.no_more_parts()
        stopped_for_ns = 0 if stopped_ns is None else now_ns - stopped_ns
        await line.scan(now_ns, status, stopped=stopped_for_ns >= _RUN_OUT_LIMIT_NS)
        if program.in_hand == 0 and (world.done or stopped_for_ns >= _EMPTY_LIMIT_NS):
            break
        next_ns = max(next_ns + settings.scan_ns, now_ns)
        pause_s = (next_ns - time.monotonic_ns()) * 1e-9
        await asyncio.sleep(max(0.0, pause_s) if status is not None else _SCAN_WITHOUT_STATION_S)
    await line.leave()


async def run_line_alone(
    settings: CellSettings, line: LineAlone, world: World, coupler: Coupler, stop: asyncio.Event
) -> None:
    """The line without a PLC: the drive is on while somebody writes the coupler's outputs. Ends like `run_line`."""
    stopped_ns: int | None = None
    while True:
        coupler.follow()
        now_ns = time.monotonic_ns()
        if stop.is_set() and stopped_ns is None:
            stopped_ns = now_ns
            world.no_more_parts()
        world.obey(line.scan(now_ns, world.jig_view(), world.line_inputs(), running=coupler.has_master), now_ns)
        if world.done or (stopped_ns is not None and now_ns - stopped_ns >= _EMPTY_LIMIT_NS):
            return
        await asyncio.sleep(settings.scan_ns * 1e-9)


class _Line:
    """Program, world and port, scan by scan."""

    def __init__(self, settings: CellSettings, program: PlcProgram, world: World, port: StationPort) -> None:
        self._settings = settings
        self._program = program
        self._world = world
        self._port = port
        self._cut = False

    async def read(self) -> StatusBlock | None:
        """The station's status; None while the link is cut or nobody is there."""
        cut = self._world.line.trouble.lasts("link-cut", time.monotonic_ns())
        if cut and not self._cut:
            await self._port.cut()
        elif self._cut and not cut:
            await self._port.mend()
        self._cut = cut
        return None if cut else await self._port.read()

    async def scan(self, now_ns: int, status: StatusBlock | None, *, stopped: bool) -> None:
        """One scan of the world and, unless it stands, of the program."""
        self._world.advance(now_ns)
        if self._world.line.trouble.lasts("plc-stands", now_ns) and not stopped:
            return
        outputs = self._outputs(now_ns, status, stopped=stopped)
        self._world.obey(outputs, time.monotonic_ns())
        for notice in outputs.notices:
            _log.warning("%s", notice)
        if status is not None:
            await self._port.write(outputs.control)

    async def leave(self) -> None:
        """Bring the handshake bits down, acknowledge what is still there, and take Enable away."""
        if self._cut:
            await self._port.mend()
        limit_ns = time.monotonic_ns() + _LEAVE_LIMIT_NS
        while time.monotonic_ns() < limit_ns:
            status = await self._port.read()
            if status is None:
                return
            outputs = self._outputs(time.monotonic_ns(), status, stopped=True)
            await self._port.write(outputs.control)
            if self._program.at_rest:
                return
            await asyncio.sleep(self._settings.scan_ns * 1e-9)

    def _outputs(self, now_ns: int, status: StatusBlock | None, *, stopped: bool) -> ScanOutputs:
        silent = self._world.line.trouble.lasts("plc-silent", now_ns)
        return self._program.scan(
            ScanInputs(
                now_ns,
                status,
                self._world.jig_view(),
                self._world.line_inputs(),
                line_stopped=stopped,
                heartbeat_stands=silent,
                recipe_wanted=self._world.take_recipe(),
            )
        )
