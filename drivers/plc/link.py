"""The station's PLC connection: handshake behind a Modbus TCP server, a tick, and a bounded queue of events.

A thin shell: what is decided is decided in `handshake.py`. Must not know cameras, models or records.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable

from drivers.plc import sentences
from drivers.plc.bank import ControlOwner, RegisterBank
from drivers.plc.errors import PlcError
from drivers.plc.facts import NS_PER_MS, HandshakeCounters, HandshakeLimits, PartCounters, StationFacts
from drivers.plc.handshake import StationHandshake
from drivers.plc.interface import PlcLink
from drivers.plc.messages import HandshakeFault, PlcConnected, PlcDisconnected, PlcEvent, PlcFault, PlcSilent
from drivers.plc.registers import ControlBlock, ResultBlock, State, StatusBlock
from drivers.plc.server import ModbusServer, ServerCounters
from drivers.plc.settings import PlcSettings

_log = logging.getLogger(__name__)
_TICK_S = 0.02
_EVENT_PLACES = 512


class PlcServerLink(PlcLink):
    """The station as Modbus TCP server; the status block follows each control write before its answer."""

    def __init__(self, settings: PlcSettings, *, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock_ns = clock_ns
        self._owner = ControlOwner()
        self._owner_link: int | None = None
        self._owner_peer = ""
        self._bank = RegisterBank(self._owner, self._on_control)
        self._server = ModbusServer(
            self._bank,
            host=settings.host,
            port=settings.port,
            unit_id=settings.unit_id,
            max_connections=settings.max_connections,
            on_closed=self._on_closed,
        )
        limits = HandshakeLimits(
            plc_heartbeat_ns=settings.heartbeat_timeout_ms * NS_PER_MS,
            result_ack_ns=settings.result_ack_timeout_ms * NS_PER_MS,
            trigger_release_ns=settings.trigger_release_timeout_ms * NS_PER_MS,
        )
        self._handshake = StationHandshake(limits, clock_ns())
        self._facts = StationFacts()
        self._shown: StatusBlock | None = None
        self._events: deque[PlcEvent] = deque()
        self._something = asyncio.Event()
        self._lost = 0
        self._ticker: asyncio.Task[None] | None = None
        self.events_lost = 0

    @property
    def port(self) -> int:
        """The TCP port in use."""
        return self._server.port

    @property
    def server_counters(self) -> ServerCounters:
        """Connections, requests, malformed frames, slow readers since start."""
        return self._server.counters

    @property
    def handshake_counters(self) -> HandshakeCounters:
        """Triggers, missed triggers, results taken, overruns, faults since start."""
        return self._handshake.counters

    @property
    def second_writer(self) -> int:
        """Writes refused because another link owns the control block."""
        return self._owner.second_writer

    async def start(self) -> None:
        """See PlcLink."""
        self._show()
        await self._server.start()
        self._ticker = asyncio.create_task(self._tick(), name="PLC tick")
        self._ticker.add_done_callback(self._ticker_ended)

    async def next_event(self) -> PlcEvent:
        """See PlcLink. One reader at a time."""
        while True:
            if self._events:
                return self._events.popleft()
            if self._lost:
                return self._confess()
            if self._ticker is None or self._ticker.done():
                raise PlcError("The PLC connection is not running: start it, or see the log for why it ended.")
            self._something.clear()
            await self._something.wait()

    def publish(self, result: ResultBlock, at_ns: int) -> bool:
        """See PlcReports."""
        taken = self._handshake.publish(result, at_ns)
        self._after_input()
        return taken

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
        counters: PartCounters | None = None,
    ) -> None:
        """See PlcReports."""
        facts = self._facts
        told = StationFacts(
            ready=facts.ready if ready is None else ready,
            online=facts.online if online is None else online,
            state=facts.state if state is None else state,
            recipe_id=facts.recipe_id if recipe_id is None else recipe_id,
            model_digest=facts.model_digest if model_digest is None else model_digest,
            warning=facts.warning if warning is None else warning,
            simulated=facts.simulated if simulated is None else simulated,
            forcing_rejects=facts.forcing_rejects if forcing_rejects is None else forcing_rejects,
            counters=facts.counters if counters is None else counters,
        )
        if told != facts:
            self._facts = told
            self._handshake.report(told)
            self._after_input()

    def exposure_complete(self, part_seq: int) -> None:
        """See PlcReports."""
        self._handshake.exposure_complete(part_seq)
        self._after_input()

    def raise_error(self, number: int) -> None:
        """See PlcReports."""
        self._handshake.raise_error(number)
        self._after_input()

    def beat(self) -> None:
        """See PlcReports."""
        self._handshake.beat()

    async def stop(self) -> None:
        """See PlcLink."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.wait([self._ticker])
            self._ticker = None
        self._bank.show(StatusBlock().encode())
        self._shown = None
        await self._server.stop()

    def _ticker_ended(self, ticker: asyncio.Task[None]) -> None:
        if not ticker.cancelled() and (fault := ticker.exception()) is not None:
            _log.critical("PLC tick ended, the PLC gets no heartbeat any more", exc_info=fault)
        self._something.set()

    async def _tick(self) -> None:
        while True:
            self._handshake.tick(self._clock_ns())
            self._after_input()
            await asyncio.sleep(_TICK_S)

    def _on_control(self, block: ControlBlock) -> None:
        owner = self._owner.link
        if owner is not None and owner != self._owner_link:
            self._owner_link, self._owner_peer = owner, self._server.peer(owner)
            self._enqueue(PlcConnected(self._owner_peer))
        self._handshake.control(block, self._clock_ns())
        self._after_input()

    def _on_closed(self, link: int) -> None:
        if link == self._owner.link:
            self._owner.release()
        if link == self._owner_link:
            self._owner_link = None
            self._enqueue(PlcDisconnected(self._owner_peer))

    def _after_input(self) -> None:
        for event in self._handshake.drain():
            if isinstance(event, PlcSilent):
                self._owner.release()  # a PLC that comes back on a new link must not wait for the dead one
            self._enqueue(event)
        self._show()

    def _enqueue(self, event: PlcEvent) -> None:
        if len(self._events) >= _EVENT_PLACES:
            self._lost += 1
            self.events_lost += 1
            self._handshake.raise_error(PlcFault.EVENTS_LOST)
        else:
            self._events.append(event)
        self._something.set()

    def _confess(self) -> PlcEvent:
        lost, self._lost = self._lost, 0
        return HandshakeFault(PlcFault.EVENTS_LOST.code, sentences.events_lost(lost))

    def _show(self) -> None:
        status = self._handshake.status()
        if status != self._shown:
            self._shown = status
            self._bank.show(status.encode())
