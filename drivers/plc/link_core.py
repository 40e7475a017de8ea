"""What both Modbus roles of the PLC connection share: the handshake, its tick, and a bounded queue of events.

A thin shell: what is decided is decided in `handshake.py`. Must not know sockets, nor who reads and who writes:
`link.py` (the station as server) and `client_link.py` (the station as client) feed it and show what it says.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable

from drivers.plc import sentences
from drivers.plc.errors import PlcError
from drivers.plc.facts import NS_PER_MS, HandshakeCounters, HandshakeLimits, PartCounters, StationFacts, WireCounters
from drivers.plc.handshake import StationHandshake
from drivers.plc.interface import PlcLink
from drivers.plc.messages import (
    HandshakeFault,
    PartTriggered,
    PlcConnected,
    PlcDisconnected,
    PlcEvent,
    PlcFault,
    PlcSilent,
)
from drivers.plc.registers import ControlBlock, ResultBlock, State, StatusBlock
from drivers.plc.settings import PlcSettings
from drivers.plc.signals import LineSignals, signals_of

_log = logging.getLogger(__name__)
_TICK_S = 0.02
_EVENT_PLACES = 512

OnTrigger = Callable[[PartTriggered], None]
"""Told of each part before the PLC can read that it was taken. Must not wait, and must not raise: it would cost the
link that triggered."""


def tell_nobody(part: PartTriggered) -> None:
    """The default: nothing has to be done before a trigger is acknowledged."""
    del part


class LinkCore(PlcLink, ABC):
    """All of `PlcLink` but the wire; see there for what is not said here."""

    def __init__(self, settings: PlcSettings, clock_ns: Callable[[], int], on_trigger: OnTrigger) -> None:
        self._clock_ns = clock_ns
        self._on_trigger = on_trigger
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
        self._signals: LineSignals | None = None
        self._peer: str | None = None
        self._lost = 0
        self._tasks: list[asyncio.Task[None]] = []
        self.events_lost = 0

    @property
    def handshake_counters(self) -> HandshakeCounters:
        """Triggers, missed triggers, results taken, overruns, faults since start."""
        return self._handshake.counters

    @property
    @abstractmethod
    def wire_counters(self) -> WireCounters:
        """Connections, requests, what was refused, since start."""

    @abstractmethod
    def _show_status(self, status: StatusBlock) -> None:
        """Let the PLC read this from now on; called only when it changed."""

    @abstractmethod
    def _plc_silent(self) -> None:
        """The PLC's heartbeat stands still."""

    async def next_event(self) -> PlcEvent:
        """See PlcLink. One reader at a time."""
        while True:
            if self._events:
                return self._events.popleft()
            if self._lost:
                return self._confess()
            if not self._tasks or any(task.done() for task in self._tasks):
                raise PlcError("The PLC connection is not running: start it, or see the log for why it ended.")
            self._something.clear()
            await self._something.wait()

    def publish(self, result: ResultBlock, at_ns: int) -> bool:
        """See PlcReports."""
        taken = self._handshake.publish(result, at_ns)
        self._after_input()
        return taken

    def withdraw(self, part_seq: int, at_ns: int) -> bool:
        """See PlcReports."""
        del at_ns
        return self._handshake.withdraw(part_seq)

    def signals(self) -> LineSignals | None:
        """See PlcLink."""
        return self._signals

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
            self_test=facts.self_test if self_test is None else self_test,
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

    def _begin(self) -> None:
        """Show the first status and start to tick."""
        self._show()
        self._keep(asyncio.create_task(self._tick(), name="PLC tick"))

    def _keep(self, task: asyncio.Task[None]) -> None:
        """A task without which this connection is not running."""
        self._tasks.append(task)
        task.add_done_callback(self._task_ended)

    async def _end(self) -> None:
        """Stop all tasks; what is shown last is the caller's business."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._shown = None
        self._something.set()

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.critical("%s ended, the PLC gets no heartbeat any more", task.get_name(), exc_info=fault)
        self._something.set()

    async def _tick(self) -> None:
        while True:
            self._handshake.tick(self._clock_ns())
            self._after_input()
            await asyncio.sleep(_TICK_S)

    def _plc_came(self, peer: str) -> None:
        self._peer = peer
        self._enqueue(PlcConnected(peer))
        self._handshake.plc_came()

    def _plc_gone(self) -> None:
        peer, self._peer, self._signals = self._peer, None, None
        if peer is not None:
            self._enqueue(PlcDisconnected(peer))

    def _follow(self, block: ControlBlock) -> None:
        """The PLC's control block as it is now."""
        now_ns = self._clock_ns()
        self._signals = signals_of(block, now_ns)
        self._handshake.control(block, now_ns)
        self._after_input()

    def _after_input(self) -> None:
        events = self._handshake.drain()
        for event in events:
            if isinstance(event, PlcSilent):
                self._plc_silent()
            self._enqueue(event)
        for event in events:
            if isinstance(event, PartTriggered):
                self._on_trigger(event)
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
            self._show_status(status)
