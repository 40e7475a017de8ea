"""The station as Modbus TCP server: the PLC polls and writes, each write is answered with the reaction in place.

A thin shell around `link_core.py`. Must not know cameras, models or records.
"""

import time
from collections.abc import Callable
from pathlib import Path

from drivers.plc.bank import ControlOwner, RegisterBank
from drivers.plc.facts import WireCounters
from drivers.plc.link_core import LinkCore, OnTrigger, tell_nobody
from drivers.plc.peers import AllowedPeers
from drivers.plc.registers import ControlBlock, StatusBlock
from drivers.plc.server import ModbusServer
from drivers.plc.server_link import ServerCounters
from drivers.plc.settings import PlcSettings
from drivers.plc.tls import server_context


class PlcServerLink(LinkCore):
    """The status block follows each control write before its answer.

    `folder`: where the certificate files of `settings.tls` are looked for if their paths are relative. Raises PlcError
    at `start` where they cannot be used.
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
        self._owner = ControlOwner()
        self._owner_link: int | None = None
        self._bank = RegisterBank(self._owner, self._on_control)
        self._server = ModbusServer(
            self._bank,
            host=settings.host,
            port=settings.port,
            unit_id=settings.unit_id,
            max_connections=settings.max_connections,
            on_closed=self._on_closed,
            allowed=AllowedPeers(settings.allowed_peers) if settings.allowed_peers else None,
        )

    @property
    def port(self) -> int:
        """The TCP port in use."""
        return self._server.port

    @property
    def server_counters(self) -> ServerCounters:
        """Connections, requests, malformed frames, slow readers since start."""
        return self._server.counters

    @property
    def wire_counters(self) -> WireCounters:
        """See LinkCore."""
        seen = self._server.counters
        return WireCounters(
            connections=seen.connections,
            requests=seen.requests,
            malformed=seen.malformed,
            refused_peers=seen.refused_peers + seen.refused_handshakes,
            refused_connections=seen.refused_connections,
            slow_readers=seen.slow_readers,
            second_writers=self._owner.second_writer,
        )

    @property
    def second_writer(self) -> int:
        """Writes refused because another link owns the control block."""
        return self._owner.second_writer

    async def start(self) -> None:
        """See PlcLink."""
        tls = self._settings.tls
        if tls is not None:
            self._server.ssl_context = server_context(tls, self._folder)
        self._show()
        await self._server.start()
        self._begin()

    async def stop(self) -> None:
        """See PlcLink."""
        await self._end()
        self._bank.show(StatusBlock().encode())
        await self._server.stop()

    def _show_status(self, status: StatusBlock) -> None:
        self._bank.show(status.encode())

    def _plc_silent(self) -> None:
        self._owner.release()  # a PLC that comes back on a new link must not wait for the dead one

    def _on_control(self, block: ControlBlock) -> None:
        owner = self._owner.link
        if owner is not None and owner != self._owner_link:
            self._owner_link = owner
            self._plc_came(self._server.peer(owner))
        self._follow(block)

    def _on_closed(self, link: int) -> None:
        if link == self._owner.link:
            self._owner.release()
        if link == self._owner_link:
            self._owner_link = None
            self._plc_gone()
