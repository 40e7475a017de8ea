"""The line in motion: one exchange with the station per PLC scan, the program, the world, and the end of it.

The only room of the cell that waits. Must not judge: what a part deserves is the program's business.
"""

from __future__ import annotations

import asyncio
import logging
import time

from drivers.cell.plc_program import PlcProgram, ScanInputs
from drivers.cell.settings import CellSettings
from drivers.cell.world import World
from drivers.plc.client import CarefulClient
from drivers.plc.errors import PlcError, PlcRefusedError
from drivers.plc.registers import CONTROL_BASE, STATUS_BASE, STATUS_WORDS, ControlBlock, StatusBlock
from drivers.plc.symbols import LAYOUT_VERSION

_log = logging.getLogger(__name__)

_SCAN_WITHOUT_STATION_S = 0.02
_RUN_OUT_LIMIT_NS = 2_000_000_000
_LEAVE_LIMIT_NS = 500_000_000


class StationPort:
    """The PLC's view of the station's registers: a status in, a control block out when it has changed."""

    def __init__(self, client: CarefulClient) -> None:
        self._client = client
        self._words: tuple[int, ...] = ()
        self._status: StatusBlock | None = None
        self._written: ControlBlock | None = None
        self._said: str | None = None
        self._write_failed = False
        self._connects = 0

    async def read(self) -> StatusBlock | None:
        """The status block as one snapshot; None when there is no connection or its register map is another one."""
        if self._write_failed:
            self._write_failed = False
            return None
        try:
            words = await self._client.read(STATUS_BASE, STATUS_WORDS)
        except PlcError as error:
            self._failed(error)
            return None
        if self._client.counters.connects != self._connects:
            # The link was lost and made again between two scans: for the parts in hand it is lost all the same.
            self._connects = self._client.counters.connects
            self._written = None
            return None
        if words != self._words or self._status is None:
            self._words, self._status = words, StatusBlock.decode(words)
        if self._status.layout_version in (0, LAYOUT_VERSION):
            return self._status
        self._say(
            f"the station's register map has version {self._status.layout_version}, this PLC program was made for "
            f"{LAYOUT_VERSION}: the line waits; run both from one release"
        )
        return None

    async def write(self, control: ControlBlock) -> None:
        """Write the control block if it is another one than last time; after a failure the next read gives None."""
        if control == self._written:
            return
        self._written = None
        try:
            await self._client.write(CONTROL_BASE, control.encode())
        except PlcError as error:
            self._failed(error)
            self._write_failed = True
        else:
            self._written = control
            self._said = None

    def _failed(self, error: PlcError) -> None:
        self._written = None
        if isinstance(error, PlcRefusedError):  # a lost link is said by the client; a refusal would go unsaid
            self._say(str(error))

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            _log.error("%s", sentence)


async def run_line(
    settings: CellSettings, program: PlcProgram, world: World, client: CarefulClient, stop: asyncio.Event
) -> None:
    """Scan until every part is in its bin, or `stop` is set; leaves with all handshake bits down.

    After `stop` the parts in hand get their result for up to 2 s, then are rejected.
    """
    port = StationPort(client)
    stopped_ns: int | None = None
    next_ns = time.monotonic_ns()
    while True:
        status = await port.read()
        now_ns = time.monotonic_ns()
        if stop.is_set() and stopped_ns is None:
            stopped_ns = now_ns
            world.no_more_parts()
        world.advance(now_ns)
        run_out = stopped_ns is not None and now_ns - stopped_ns >= _RUN_OUT_LIMIT_NS
        outputs = program.scan(ScanInputs(now_ns, status, world.jig_view(), line_stopped=run_out))
        world.obey(outputs, time.monotonic_ns())
        for notice in outputs.notices:
            _log.warning("%s", notice)
        if status is not None:
            await port.write(outputs.control)
        if world.done and program.in_hand == 0:
            break
        next_ns = max(next_ns + settings.scan_ns, now_ns)
        pause_s = (next_ns - time.monotonic_ns()) * 1e-9
        await asyncio.sleep(max(0.0, pause_s) if status is not None else _SCAN_WITHOUT_STATION_S)
    await _leave(settings, program, world, port)


async def _leave(settings: CellSettings, program: PlcProgram, world: World, port: StationPort) -> None:
    """Bring the handshake bits down, acknowledge what is still there, and take Enable away."""
    limit_ns = time.monotonic_ns() + _LEAVE_LIMIT_NS
    while time.monotonic_ns() < limit_ns:
        status = await port.read()
        if status is None:
            return
        outputs = program.scan(ScanInputs(time.monotonic_ns(), status, world.jig_view(), line_stopped=True))
        await port.write(outputs.control)
        if program.at_rest:
            return
        await asyncio.sleep(settings.scan_ns * 1e-9)
