"""What both Modbus roles of the PLC connection share: the handshake, its tick, and a bounded queue of events.

A thin shell: what is decided is decided in `handshake.py`. Must not know sockets, nor who reads and who writes:
`link.py` (the station as server) and `client_link.py` (the station as client) feed it and show what it says.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Unpack

from drivers.plc.event_queue import EventQueue
from drivers.plc.facts import NS_PER_MS, HandshakeCounters, HandshakeLimits, StateChange, StationFacts, WireCounters
from drivers.plc.handshake import StationHandshake
from drivers.plc.interface import PlcLink
from drivers.plc.messages import (
    PartTriggered,
    PlcConnected,
    PlcDisconnected,
    PlcEvent,
    PlcFault,
    PlcSilent,
    ResultTaken,
)
from drivers.plc.registers import ControlBlock, ResultBlock, StatusBlock
from drivers.plc.settings import PlcSettings
from drivers.plc.shown import WireWatch
from drivers.plc.signals import LineSignals, signals_of

_log = logging.getLogger(__name__)
_TICK_S = 0.02

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
        self._events = EventQueue()
        self.watch = WireWatch()
        self._signals: LineSignals | None = None
        self._peer: str | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def handshake_counters(self) -> HandshakeCounters:
        """Triggers, missed triggers, results taken, overruns, faults since start."""
        return self._handshake.counters

    @property
    def events_lost(self) -> int:
        """Events that nobody read in time, since start."""
        return self._events.lost

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
        return await self._events.next(self._why_ended)

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

    def set_state(self, **change: Unpack[StateChange]) -> None:
        """See PlcReports."""
        told = replace(self._facts, **change)
        if told != self._facts:
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
        self._events.look_anew()

    def _why_ended(self) -> str | None:
        if self._tasks and not any(task.done() for task in self._tasks):
            return None
        return "The PLC connection is not running: start it, or see the log for why it ended."

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.critical("%s ended, the PLC gets no heartbeat any more", task.get_name(), exc_info=fault)
        self._events.look_anew()

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
        self.watch.read(block, now_ns)
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
        if not isinstance(event, PartTriggered | ResultTaken):  # the edges of Trigger and ResultsAck show these
            self.watch.happened(event, self._clock_ns())
        if not self._events.put(event):
            self._handshake.raise_error(PlcFault.EVENTS_LOST)

    def _show(self) -> None:
        status = self._handshake.status()
        if status != self._shown:
            self._shown = status
            self.watch.showed(status, self._clock_ns())
            self._show_status(status)
