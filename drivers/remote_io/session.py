"""One link to the coupler, from all outputs off to all outputs off: poll and switch in turn, each when it is due.

One task reads and writes, so that no switch ever waits behind a poll that could have waited. Must not know how a link
is made, or who is told what happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from drivers.gate.cam import CamTurn
from drivers.plc.client import CarefulClient
from drivers.plc.errors import PlcRefusedError
from drivers.remote_io import faults
from drivers.remote_io.faults import RemoteIoFault
from drivers.remote_io.line import RemoteLine
from drivers.remote_io.outputs import GateOutputs
from drivers.remote_io.reading import CouplerReader
from drivers.remote_io.rhythm import PollRhythm
from drivers.remote_io.settings import RemoteIoSettings


class CouplerSession:
    """Serves `line` over a connected client, one link after the other. Every PlcError of the client comes through.

    tell: called whenever the line may have events. `stopping` (settable): let `serve` end; `wake` it then.
    """

    def __init__(
        self,
        settings: RemoteIoSettings,
        client: CarefulClient,
        line: RemoteLine,
        clock_ns: Callable[[], int],
        tell: Callable[[], None],
    ) -> None:
        self._settings, self._client, self._line = settings, client, line
        self._clock_ns, self._tell = clock_ns, tell
        self._reader = CouplerReader(settings, client, clock_ns)
        self._outputs = GateOutputs(settings.gates, client, clock_ns)
        self._wake = asyncio.Event()
        self.stopping = False

    def wake(self) -> None:
        """Something changed what is due."""
        self._wake.set()

    async def all_off(self) -> None:
        """Write all outputs off, whatever they were."""
        await self._outputs.all_off()
        self._line.written(frozenset(), self._clock_ns())

    async def serve(self) -> None:
        """The link stands: serve it until `stopping`, or until it fails."""
        await self.all_off()
        await self._arm()
        self._line.connected(f"{self._settings.host}:{self._settings.port}")
        rhythm = PollRhythm(self._settings.poll_ms, self._clock_ns())
        while not self.stopping:
            now_ns = self._clock_ns()
            turn = self._turn(now_ns)
            if turn.on != self._outputs.on:
                await self._outputs.switch(turn.on)
                self._line.written(turn.on, self._clock_ns())
                self._line.bus_time(self._outputs.bus_ns)
            elif rhythm.due(now_ns, turn.due_ns):
                reading = await self._reader.read()
                self._line.reading(reading, self._clock_ns())
                if turn.on == self._turn(self._clock_ns()).on:
                    await self._outputs.refresh(now_ns)
                rhythm.polled(now_ns, self._clock_ns())
            else:
                await self._rest(rhythm.rest_ns(self._clock_ns(), turn.due_ns))
        await self.all_off()

    async def _arm(self) -> None:
        watchdog = self._settings.watchdog
        if watchdog is None:
            return
        try:
            await self._client.write(watchdog.address, (watchdog.value,))
            self._line.permission.armed = True
        except PlcRefusedError as refusal:
            self._line.permission.armed = False
            self._line.fault(
                RemoteIoFault.WATCHDOG_NOT_ARMED, faults.watchdog_not_armed(watchdog.address, str(refusal))
            )

    def _turn(self, now_ns: int) -> CamTurn:
        turn = self._line.turn(now_ns)
        self._tell()
        return turn

    async def _rest(self, rest_ns: int) -> None:
        """For so long, or until something changes what is due."""
        if rest_ns == 0:
            await asyncio.sleep(0)
            return
        timer = asyncio.get_running_loop().call_later(rest_ns / 1e9, self._wake.set)
        await self._wake.wait()
        timer.cancel()
        self._wake.clear()
