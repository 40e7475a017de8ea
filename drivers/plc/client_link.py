"""The station as Modbus TCP client of a PLC whose holding registers hold the same blocks at the same addresses.

Each cycle reads the control block in one request, lets the handshake follow, and writes what changed of the status
block: everything but S0 first, then S0 alone, so that data is there before its bit. A write whose reply was lost is
never sent again as it was: nobody knows whether the PLC carried it out. The next cycle writes the whole status block
of that moment instead, which is right whether it did or not, because the block is a state and not a list of commands.
A thin shell around `link_core.py`. Must not know cameras, models or records.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from drivers.plc.client import CarefulClient
from drivers.plc.errors import PlcError, PlcRefusedError
from drivers.plc.facts import ClientCounters, WireCounters
from drivers.plc.link_core import LinkCore, OnTrigger, tell_nobody
from drivers.plc.registers import CONTROL_BASE, CONTROL_WORDS, STATUS_BASE, ControlBlock, StatusBits, StatusBlock
from drivers.plc.settings import PlcSettings
from drivers.plc.tls import client_context

_log = logging.getLogger(__name__)
_PAUSE_S = 0.02
"""Between two looks whether the supervisor has a link again."""


class PlcClientLink(LinkCore):
    """Polls the PLC each `settings.poll_ms`; a changed status is written at once, also between two polls.

    `folder`: where the certificate files of `settings.tls` are looked for if their paths are relative. Raises PlcError
    at `start` where they cannot be used; a PLC that is not there yet is no fault, it is looked for.
    """

    def __init__(
        self,
        settings: PlcSettings,
        *,
        folder: Path = Path(),
        clock_ns: Callable[[], int] = time.monotonic_ns,
        on_trigger: OnTrigger = tell_nobody,
    ) -> None:
        super().__init__(settings, clock_ns, on_trigger)
        self._settings, self._folder = settings, folder
        self._client: CarefulClient | None = None
        self._counted = ClientCounters()
        self._status = StatusBlock()
        self._changed = asyncio.Event()
        self._written: tuple[int, ...] | None = None
        """Words that the PLC has for certain; None: nobody knows what it has."""
        self._connects = 0
        self._stopping = False
        self._poller: asyncio.Task[None] | None = None
        self._said: str | None = None

    @property
    def client_counters(self) -> ClientCounters:
        """Requests, connects, timeouts, wrong replies, refusals since start."""
        return self._client.counters if self._client is not None else self._counted

    @property
    def wire_counters(self) -> WireCounters:
        """See LinkCore."""
        seen = self.client_counters
        return WireCounters(connections=seen.connects, requests=seen.requests, malformed=seen.wrong_replies)

    async def start(self) -> None:
        """See PlcLink."""
        settings = self._settings
        self._client = CarefulClient(
            settings.host,
            settings.port,
            unit_id=settings.unit_id,
            timeout_ms=settings.timeout_ms,
            ssl_context=client_context(settings.tls, self._folder) if settings.tls is not None else None,
        )
        await self._client.start()
        self._begin()
        self._stopping = False
        self._poller = asyncio.create_task(self._poll(self._client), name="PLC poll")
        self._keep(self._poller)

    async def stop(self) -> None:
        """See PlcLink. The zero registers are written if the PLC takes them within `timeout_ms`."""
        self._stopping = True
        self._changed.set()
        if self._poller is not None:  # a request that is cancelled costs the link, and with it the zero registers
            await asyncio.wait([self._poller])  # each of its requests has its limit
        await self._end()
        client, self._client, self._poller = self._client, None, None
        if client is None:
            return
        self._counted = client.counters
        if client.connected:
            zero = StatusBlock().encode()
            try:
                await client.write(STATUS_BASE, zero[:1])
                await client.write(STATUS_BASE + 1, zero[1:])
            except PlcError:
                _log.warning("PLC: the zero status could not be written at the end; the PLC's own limits must hold")
        await client.stop()
        self._written = None
        self._connects = 0

    def _show_status(self, status: StatusBlock) -> None:
        self._status = status
        self._changed.set()

    def _plc_silent(self) -> None:
        """Nothing to give back: there is one link, and it is ours."""

    async def _poll(self, client: CarefulClient) -> None:
        clock, period_s = asyncio.get_running_loop().time, self._settings.poll_ms / 1000
        next_s = clock()
        while not self._stopping:
            try:
                if self._peer is None or clock() >= next_s:
                    next_s = max(next_s + period_s, clock())
                    await self._read(client)
                await self._write(client)
            except PlcError as fault:
                self._failed(fault)
                await asyncio.sleep(_PAUSE_S)
                continue
            self._said = None
            try:
                async with asyncio.timeout(max(0.0, next_s - clock())):
                    await self._changed.wait()
            except TimeoutError:
                continue
        self._plc_gone()

    async def _read(self, client: CarefulClient) -> None:
        words = await client.read(CONTROL_BASE, CONTROL_WORDS)
        if client.counters.connects != self._connects:
            self._connects, self._written = client.counters.connects, None
            self._plc_gone()  # the link was lost and made again between two reads
        if self._peer is None:
            await self._write(client)  # a PLC that can only be read is none
            self._plc_came(f"{self._settings.host}:{self._settings.port}")
        self._follow(ControlBlock.decode(words))

    async def _write(self, client: CarefulClient) -> None:
        self._changed.clear()
        words, written = self._status.encode(), self._written
        if words == written:
            return
        self._written = None
        bits = words[0]
        if written is not None and written[0] & ~bits & StatusBits.RESULTS_VALID:
            # The bit falls before the result goes away under it.
            await client.write(STATUS_BASE, (written[0] & bits,))
            written = (written[0] & bits, *written[1:])
        if written is None or written[1:] != words[1:]:
            await client.write(STATUS_BASE + 1, words[1:])
        if written is None or written[0] != bits:
            await client.write(STATUS_BASE, (bits,))
        self._written = words

    def _failed(self, fault: PlcError) -> None:
        self._written = None
        self._plc_gone()
        if isinstance(fault, PlcRefusedError) and str(fault) != self._said:  # lost links are said by the client
            self._said = str(fault)
            _log.error("%s", fault)
