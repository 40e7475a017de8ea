"""The connection to remote I/O as the station sees a PLC: polls inputs, announces parts, switches gates when due.

A thin shell: what is decided is decided in `line.py`. One task reads and writes in turn, so that no switch ever waits
behind a poll that could have waited. Must not know cameras, models or records.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from drivers.encoder.settings import EncoderSettings
from drivers.gate.cam import CamTurn
from drivers.gate.settings import GateSettings
from drivers.plc import sentences
from drivers.plc.client import CarefulClient, ClientCounters
from drivers.plc.errors import PlcError, PlcLinkDownError, PlcRefusedError
from drivers.plc.facts import NS_PER_MS, PartCounters, StationFacts
from drivers.plc.interface import PlcLink
from drivers.plc.link_core import OnTrigger, tell_nobody
from drivers.plc.messages import HandshakeFault, PartTriggered, PlcEvent, PlcFault
from drivers.plc.registers import ResultBlock, State
from drivers.plc.signals import LineSignals
from drivers.plc.tls import client_context
from drivers.remote_io import faults
from drivers.remote_io.faults import RemoteIoFault
from drivers.remote_io.line import RemoteLine
from drivers.remote_io.outputs import GateOutputs
from drivers.remote_io.reading import CouplerReader
from drivers.remote_io.settings import RemoteIoSettings

_log = logging.getLogger(__name__)
_EVENT_PLACES = 512
_UNLINKED_TICK_S = 0.05
_REFUSED_PAUSE_S = 0.25
_COARSE_NS = 1_200_000
"""Timers of the loop come to a millisecond: the rest of the way to a switch is waited for turn by turn."""
_HELD_UP = 3
"""A poll may wait for a switch, but not longer than so many periods."""
_STOP_LIMIT_S = 1.0


def open_remote_io(
    settings: RemoteIoSettings,
    gate: GateSettings,
    encoder: EncoderSettings,
    *,
    folder: Path = Path(),
    first_part_seq: int = 1,
    clock_ns: Callable[[], int] = time.monotonic_ns,
    on_trigger: OnTrigger = tell_nobody,
) -> RemoteIoLink:
    """The connection, not started yet. `folder`: certificate files are relative to it (PlcError for bad ones).

    first_part_seq (1..65535): number of the first part; after a restart one that the ledger does not hold open.
    """
    context = None if settings.tls is None else client_context(settings.tls, folder)
    return RemoteIoLink(settings, gate, encoder, context, first_part_seq, clock_ns, on_trigger)


class RemoteIoLink(PlcLink):
    """See PlcLink for what is not said here. Made by `open_remote_io`."""

    def __init__(
        self,
        settings: RemoteIoSettings,
        gate: GateSettings,
        encoder: EncoderSettings,
        ssl_context: ssl.SSLContext | None,
        first_part_seq: int,
        clock_ns: Callable[[], int],
        on_trigger: OnTrigger,
    ) -> None:
        if not 1 <= first_part_seq <= 0xFFFF:
            raise ValueError(f"RemoteIoLink: first_part_seq is 1..65535, not {first_part_seq}")
        self._settings, self._clock_ns, self._on_trigger = settings, clock_ns, on_trigger
        self._peer = f"{settings.host}:{settings.port}"
        self._client = CarefulClient(
            settings.host,
            settings.port,
            unit_id=settings.unit_id,
            timeout_ms=settings.timeout_ms,
            ssl_context=ssl_context,
        )
        self._line = RemoteLine(settings, gate, encoder, first_part_seq, clock_ns())
        self._reader = CouplerReader(settings, self._client, clock_ns)
        self._outputs = GateOutputs(settings.gates, self._client, clock_ns)
        self._facts = StationFacts()
        self._events: deque[PlcEvent] = deque()
        self._something, self._wake = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._refused_said = ""
        self._lost = 0
        self.events_lost = 0

    @property
    def client_counters(self) -> ClientCounters:
        """Requests, connections, timeouts, wrong replies, refusals since start."""
        return self._client.counters

    async def start(self) -> None:
        """See PlcLink."""
        await self._client.start()
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name="remote I/O")
        self._task.add_done_callback(self._ended)

    async def next_event(self) -> PlcEvent:
        """See PlcLink. One reader at a time."""
        while True:
            if self._events:
                return self._events.popleft()
            if self._lost:
                lost, self._lost = self._lost, 0
                return HandshakeFault(PlcFault.EVENTS_LOST.code, sentences.events_lost(lost))
            if self._task is None or self._task.done():
                raise PlcError("The connection to remote I/O is not running: start it, or see the log for its end.")
            self._something.clear()
            await self._something.wait()

    def publish(self, result: ResultBlock, at_ns: int) -> bool:
        """See PlcReports. An intact PASS opens the pass gate, a defect the gate of its class, all else nothing."""
        del at_ns
        stands = self._line.publish(result, self._clock_ns())
        self._after_input()
        return stands

    def withdraw(self, part_seq: int, at_ns: int) -> bool:
        """See PlcReports. False also when the gate has begun to open."""
        del at_ns
        taken_back = self._line.withdraw(part_seq)
        self._after_input()
        return taken_back

    def signals(self) -> LineSignals | None:
        """See PlcLink."""
        return self._line.signals

    def set_state(
        self,
        *,
        ready: bool | None = None,
        online: bool | None = None,
        state: State | None = None,
        recipe_id: int | None = None,
        model_digest: int | None = None,
        warning: bool | None = None,
        simulated: bool | None = None,
        forcing_rejects: bool | None = None,
        self_test: bool | None = None,
        counters: PartCounters | None = None,
    ) -> None:
        """See PlcReports. Not online, halted, in error or forcing rejects: all gates are closed at once."""
        del recipe_id, model_digest, warning, simulated, counters, self_test  # nobody there to be told
        facts = self._facts
        self._facts = replace(
            facts,
            ready=facts.ready if ready is None else ready,
            online=facts.online if online is None else online,
            state=facts.state if state is None else state,
            forcing_rejects=facts.forcing_rejects if forcing_rejects is None else forcing_rejects,
        )
        if self._facts != facts:
            self._line.report(self._facts)
            self._after_input()

    def exposure_complete(self, part_seq: int) -> None:
        """See PlcReports. Nobody waits for it here."""

    def raise_error(self, number: int) -> None:
        """See PlcReports. Nobody reads it here; page, log and lamp tell people."""

    def beat(self) -> None:
        """See PlcReports. Without it for 300 ms all gates are closed."""
        self._line.beat(self._clock_ns())

    async def stop(self) -> None:
        """See PlcLink. All outputs are written off, if the coupler still answers."""
        task, self._task = self._task, None
        if task is not None:
            self._stopping = True
            self._wake.set()
            await asyncio.wait([task], timeout=_STOP_LIMIT_S)
            task.cancel()
            await asyncio.wait([task])
        await self._client.stop()
        self._line.lost(self._clock_ns())
        self._after_input()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.critical("Remote I/O ended: its watchdog closes all gates now", exc_info=fault)
        self._something.set()

    async def _run(self) -> None:
        while not self._stopping:
            try:
                with contextlib.suppress(PlcLinkDownError):
                    await self._client.wait_connected(_UNLINKED_TICK_S)
                if self._client.connected:
                    await self._serve()
            except PlcRefusedError as refusal:
                self._refused(str(refusal))
                with contextlib.suppress(PlcError):
                    await self._outputs.all_off()
                    self._line.written(frozenset(), self._clock_ns())
                await asyncio.sleep(_REFUSED_PAUSE_S)
            except PlcError:
                pass  # the client has said it, and connects anew
            self._line.lost(self._clock_ns())
            self._line.turn(self._clock_ns())
            self._after_input()

    async def _serve(self) -> None:
        """One link, from all off to all off."""
        await self._outputs.all_off()
        self._line.written(frozenset(), self._clock_ns())
        await self._arm()
        self._line.connected(self._peer)
        poll_ns, cost_ns = self._settings.poll_ms * NS_PER_MS, NS_PER_MS
        poll_at_ns = self._clock_ns()
        while not self._stopping:
            now_ns = self._clock_ns()
            turn = self._turn(now_ns)
            if turn.on != self._outputs.on:
                await self._outputs.switch(turn.on)
                self._line.written(turn.on, self._clock_ns())
                self._line.bus_time(self._outputs.bus_ns)
                continue
            free = turn.due_ns is None or turn.due_ns - now_ns > 2 * cost_ns
            if now_ns >= poll_at_ns and (free or now_ns - poll_at_ns > _HELD_UP * poll_ns):
                reading = await self._reader.read()
                self._line.reading(reading, self._clock_ns())
                if turn.on == self._turn(self._clock_ns()).on:
                    await self._outputs.refresh(now_ns)
                cost_ns += (self._clock_ns() - now_ns - cost_ns) // 4
                poll_at_ns = max(poll_at_ns + poll_ns, now_ns)
            else:
                await self._wait(poll_at_ns, turn.due_ns)
        await self._outputs.all_off()
        self._line.written(frozenset(), self._clock_ns())

    async def _arm(self) -> None:
        watchdog = self._settings.watchdog
        if watchdog is None:
            return
        try:
            await self._client.write(watchdog.address, (watchdog.value,))
            self._line.armed = True
        except PlcRefusedError as refusal:
            self._line.armed = False
            self._line.fault(
                RemoteIoFault.WATCHDOG_NOT_ARMED, faults.watchdog_not_armed(watchdog.address, str(refusal))
            )

    def _refused(self, what: str) -> None:
        """Said once for each refusal, not once a second."""
        if what != self._refused_said:
            self._refused_said = what
            self._line.fault(RemoteIoFault.COUPLER_REFUSES, faults.coupler_refuses(what))

    def _turn(self, now_ns: int) -> CamTurn:
        turn = self._line.turn(now_ns)
        self._tell()
        return turn

    async def _wait(self, poll_at_ns: int, due_ns: int | None) -> None:
        """Until the next poll or shortly before the next switch; from there on one turn of the loop at a time."""
        now_ns = self._clock_ns()
        until_ns = poll_at_ns if now_ns < poll_at_ns else now_ns + _COARSE_NS
        if due_ns is not None:
            until_ns = min(until_ns, due_ns - _COARSE_NS)
        if until_ns <= now_ns:
            await asyncio.sleep(0)
            return
        timer = asyncio.get_running_loop().call_later((until_ns - now_ns) / 1e9, self._wake.set)
        await self._wake.wait()
        timer.cancel()
        self._wake.clear()

    def _after_input(self) -> None:
        """Something changed what is due: tell the station, look anew."""
        self._tell()
        self._wake.set()

    def _tell(self) -> None:
        for event in self._line.drain():
            if isinstance(event, PartTriggered):
                self._on_trigger(event)
            if len(self._events) >= _EVENT_PLACES:
                self._lost += 1
                self.events_lost += 1
            else:
                self._events.append(event)
            self._something.set()
