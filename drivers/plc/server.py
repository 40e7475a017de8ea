"""A strict Modbus TCP server: every request of a link answered in order, no link able to harm another.

Bounded in everything: how many links, and through `server_link.py` what each of them can cost. Must not know what the
registers mean.
"""

import asyncio
import errno
import itertools
import logging
import ssl
from collections.abc import Callable

from drivers.plc.errors import PlcError
from drivers.plc.pdu import RegisterMap
from drivers.plc.peers import AllowedPeers
from drivers.plc.server_link import LinkHost, ModbusLink, ServerCounters

_log = logging.getLogger(__name__)
_CLOSE_LIMIT_S = 1.0
_SAID_PEERS = 64
"""So many refused addresses are said in the log, each once; the others are only counted."""
_REASONS = {
    errno.EADDRINUSE: "the address is in use; stop the other program or choose another plc.port",
    errno.EACCES: "ports below 1024 need a privilege; choose another plc.port or grant CAP_NET_BIND_SERVICE",
    errno.EADDRNOTAVAIL: "this machine has no such address; set plc.host to one of its own",
}


class ModbusServer(LinkHost):
    """Serves `registers` on host:port for one unit. `on_closed` is told the number of each link that ended.

    `allowed`: other peers are refused as they connect; None: all may. `ssl_context`: links are TLS, None: plain TCP.
    """

    def __init__(
        self,
        registers: RegisterMap,
        *,
        host: str,
        port: int,
        unit_id: int,
        max_connections: int,
        on_closed: Callable[[int], None],
        allowed: AllowedPeers | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.registers, self.unit_id, self.on_closed = registers, unit_id, on_closed
        self._host, self._port, self._max_connections = host, port, max_connections
        self._server: asyncio.Server | None = None
        self._links: dict[int, ModbusLink] = {}
        self._numbers = itertools.count(1)
        self._none_left = asyncio.Event()
        self._allowed = allowed
        self._said_peers = set[str]()
        self.ssl_context = ssl_context
        self.counters = ServerCounters()

    @property
    def port(self) -> int:
        """The port in use (the one asked for, or the one that the system chose for 0)."""
        return self._server.sockets[0].getsockname()[1] if self._server is not None else self._port

    @property
    def open_links(self) -> int:
        """Links open at this moment."""
        return len(self._links)

    def peer(self, link: int) -> str:
        """Address of the other end of an open link, as host:port."""
        found = self._links.get(link)
        return found.peer if found is not None else "closed link"

    async def start(self) -> None:
        """Listen; raises PlcError with one sentence where the address cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: ModbusLink(self), self._host, self._port)
        except (OSError, OverflowError) as fault:
            number = fault.errno if isinstance(fault, OSError) else None
            reason = _REASONS.get(number or 0, f"{fault}; correct plc.host and plc.port")
            raise PlcError(f"PLC server cannot listen on {self._host}:{self._port}: {reason}") from None

    async def stop(self) -> None:
        """Stop listening and close every link within a second; may be called twice."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for link in list(self._links.values()):
            link.close()
        try:
            async with asyncio.timeout(_CLOSE_LIMIT_S):
                while self._links:
                    self._none_left.clear()
                    await self._none_left.wait()
        except TimeoutError:
            for link in list(self._links.values()):
                link.abort()
            await asyncio.sleep(0)

    def admit(self, link: ModbusLink, address: str) -> int | None:
        """A number for a new link; None = not on the list, there are too many, or the server is stopping."""
        if self._allowed is not None and not self._allowed.allows(address):
            self.counters.refused_peers += 1
            self.say_refused(address, "its address is not among plc.allowed_peers")
            return None
        if self._server is None or len(self._links) >= self._max_connections:
            self.counters.refused_connections += 1
            return None
        self.counters.connections += 1
        number = next(self._numbers)
        self._links[number] = link
        return number

    def say_refused(self, address: str, why: str) -> None:
        """Log a refused peer, each address once."""
        if address not in self._said_peers and len(self._said_peers) < _SAID_PEERS:
            self._said_peers.add(address)
            _log.warning("PLC server: %s was refused: %s; further tries are only counted", address, why)

    def forget(self, number: int) -> None:
        """A link ended."""
        del self._links[number]
        if not self._links:
            self._none_left.set()
        self.on_closed(number)
