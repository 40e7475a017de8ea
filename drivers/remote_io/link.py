"""The connection to remote I/O as the station sees a PLC: looks for the coupler, takes verdicts, hands out events.

A thin shell: what is decided is decided in `line.py`, what is read and written in `session.py`. Must not know cameras,
models or records.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from drivers.encoder.settings import EncoderSettings
from drivers.gate.settings import GateSettings
from drivers.plc.client import CarefulClient
from drivers.plc.errors import PlcError, PlcLinkDownError, PlcRefusedError
from drivers.plc.event_queue import EventQueue
from drivers.plc.facts import ClientCounters, StateChange
from drivers.plc.interface import PlcLink
from drivers.plc.link_core import OnTrigger, tell_nobody
from drivers.plc.messages import PartTriggered, PlcEvent
from drivers.plc.registers import ResultBlock
from drivers.plc.shown import WireWatch
from drivers.plc.signals import LineSignals
from drivers.plc.tls import client_context
from drivers.remote_io import faults
from drivers.remote_io.faults import RemoteIoFault
from drivers.remote_io.line import RemoteLine
from drivers.remote_io.session import CouplerSession
from drivers.remote_io.settings import RemoteIoSettings

_log = logging.getLogger(__name__)
_UNLINKED_TICK_S = 0.05
_REFUSED_PAUSE_S = 0.25
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
        self._clock_ns, self._on_trigger = clock_ns, on_trigger
        self._client = CarefulClient(
            settings.host,
            settings.port,
            unit_id=settings.unit_id,
            timeout_ms=settings.timeout_ms,
            ssl_context=ssl_context,
        )
        self._line = RemoteLine(settings, gate, encoder, first_part_seq, clock_ns())
        self._session = CouplerSession(settings, self._client, self._line, clock_ns, self._tell)
        self._events = EventQueue()
        self.watch = WireWatch()
        self._task: asyncio.Task[None] | None = None
        self._refused_said = ""

    @property
    def client_counters(self) -> ClientCounters:
        """Requests, connections, timeouts, wrong replies, refusals since start."""
        return self._client.counters

    @property
    def events_lost(self) -> int:
        """Events that nobody read in time, since start."""
        return self._events.lost

    async def start(self) -> None:
        """See PlcLink."""
        await self._client.start()
        self._session.stopping = False
        self._task = asyncio.create_task(self._run(), name="remote I/O")
        self._task.add_done_callback(self._ended)

    async def next_event(self) -> PlcEvent:
        """See PlcLink. One reader at a time."""
        return await self._events.next(self._why_ended)

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

    def set_state(self, **change: Unpack[StateChange]) -> None:
        """See PlcReports. Not online, halted, in error or forcing rejects: all gates are closed at once."""
        permission = self._line.permission
        facts = replace(permission.facts, **change)
        if facts != permission.facts:
            permission.facts = facts
            self._after_input()

    def exposure_complete(self, part_seq: int) -> None:
        """See PlcReports. Nobody waits for it here."""

    def raise_error(self, number: int) -> None:
        """See PlcReports. Nobody reads it here; page, log and lamp tell people."""

    def beat(self) -> None:
        """See PlcReports. Without it for 300 ms all gates are closed."""
        self._line.permission.beat(self._clock_ns())

    async def stop(self) -> None:
        """See PlcLink. All outputs are written off, if the coupler still answers."""
        task, self._task = self._task, None
        if task is not None:
            self._session.stopping = True
            self._session.wake()
            await asyncio.wait([task], timeout=_STOP_LIMIT_S)
            task.cancel()
            await asyncio.wait([task])
        await self._client.stop()
        self._line.lost(self._clock_ns())
        self._after_input()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.critical("Remote I/O ended: its watchdog closes all gates now", exc_info=fault)
        self._events.look_anew()

    def _why_ended(self) -> str | None:
        if self._task is not None and not self._task.done():
            return None
        return "The connection to remote I/O is not running: start it, or see the log for its end."

    async def _run(self) -> None:
        while not self._session.stopping:
            try:
                with contextlib.suppress(PlcLinkDownError):
                    await self._client.wait_connected(_UNLINKED_TICK_S)
                if self._client.connected:
                    await self._session.serve()
            except PlcRefusedError as refusal:
                self._refused(str(refusal))
                with contextlib.suppress(PlcError):
                    await self._session.all_off()
                await asyncio.sleep(_REFUSED_PAUSE_S)
            except PlcError:
                pass  # the client has said it, and connects anew
            self._line.lost(self._clock_ns())
            self._line.turn(self._clock_ns())
            self._after_input()

    def _refused(self, what: str) -> None:
        """Said once for each refusal, not once a second."""
        if what != self._refused_said:
            self._refused_said = what
            self._line.fault(RemoteIoFault.COUPLER_REFUSES, faults.coupler_refuses(what))

    def _after_input(self) -> None:
        """Something changed what is due: tell the station, look anew."""
        self._tell()
        self._session.wake()

    def _tell(self) -> None:
        for event in self._line.drain():
            self.watch.happened(event, self._clock_ns())
            if isinstance(event, PartTriggered):
                self._on_trigger(event)
            self._events.put(event)
