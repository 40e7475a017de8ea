"""A strict Modbus TCP server: every request of a link answered in order, no link able to harm another.

Bounded in everything: links, bytes waiting to be read by a slow peer, requests answered before others get their
turn. A broken header closes that link and no other. Must not know what the registers mean.
"""

import asyncio
import contextlib
import errno
import itertools
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from drivers.plc.errors import PlcError
from drivers.plc.pdu import UNIT_ABSENT, RegisterMap, answer

_HEADER = struct.Struct(">HHHB")
_MIN_LENGTH, _MAX_LENGTH = 2, 254
_BURST_REQUESTS = 32
"""Requests of one link answered in one go; a peer that sends thousands at once must not hold up the others."""
_UNREAD_LIMIT_BYTES = 64 * 1024
"""Answers waiting in this process for a peer that does not read them (the kernel's own buffer comes first)."""
_DEAD_PEER_S = 5
_SOCKET_OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _DEAD_PEER_S),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _DEAD_PEER_S),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * _DEAD_PEER_S),
)
"""A peer whose cable was pulled gives its place back after some ten seconds idle, five with answers under way."""
_CLOSE_LIMIT_S = 1.0
_REASONS = {
    errno.EADDRINUSE: "the address is in use; stop the other program or choose another plc.port",
    errno.EACCES: "ports below 1024 need a privilege; choose another plc.port or grant CAP_NET_BIND_SERVICE",
    errno.EADDRNOTAVAIL: "this machine has no such address; set plc.host to one of its own",
}


@dataclass(slots=True)
class ServerCounters:
    """What the server has seen since it was made."""

    connections: int = 0
    refused_connections: int = 0
    requests: int = 0
    refused_requests: int = 0
    malformed: int = 0
    slow_readers: int = 0


class ModbusServer:
    """Serves `registers` on host:port for one unit. `on_closed` is told the number of each link that ended."""

    def __init__(
        self,
        registers: RegisterMap,
        *,
        host: str,
        port: int,
        unit_id: int,
        max_connections: int,
        on_closed: Callable[[int], None],
    ) -> None:
        self.registers, self.unit_id, self.on_closed = registers, unit_id, on_closed
        self._host, self._port, self._max_connections = host, port, max_connections
        self._server: asyncio.Server | None = None
        self._links: dict[int, ModbusLink] = {}
        self._numbers = itertools.count(1)
        self._none_left = asyncio.Event()
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

    def admit(self, link: "ModbusLink") -> int | None:
        """A number for a new link; None = there are too many, or the server is stopping."""
        if self._server is None or len(self._links) >= self._max_connections:
            self.counters.refused_connections += 1
            return None
        self.counters.connections += 1
        number = next(self._numbers)
        self._links[number] = link
        return number

    def forget(self, number: int) -> None:
        """A link ended."""
        del self._links[number]
        if not self._links:
            self._none_left.set()
        self.on_closed(number)


class ModbusLink(asyncio.Protocol):
    """One peer: cuts the byte stream into requests and answers them in order."""

    def __init__(self, server: ModbusServer) -> None:
        self._server = server
        self._received = bytearray()
        self._broken = False
        self._paused = False
        self._number: int | None = None
        self._again: asyncio.Handle | None = None
        self.peer = "unknown"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit or refuse the peer; set the limits of its socket."""
        self._transport = cast("asyncio.Transport", transport)
        self._number = self._server.admit(self)
        if self._number is None:
            self._transport.abort()
            return
        address = self._transport.get_extra_info("peername")
        self.peer = f"{address[0]}:{address[1]}"
        self._transport.set_write_buffer_limits(high=_UNREAD_LIMIT_BYTES)
        with contextlib.suppress(OSError):  # the peer may be gone already; reading will say so
            for level, option, value in _SOCKET_OPTIONS:
                self._transport.get_extra_info("socket").setsockopt(level, option, value)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the link's place back."""
        if self._again is not None:
            self._again.cancel()
        if self._number is not None:
            self._server.forget(self._number)

    def data_received(self, data: bytes) -> None:
        """Bytes came, any number of them."""
        self._received += data
        if self._again is None:
            self._serve()

    def pause_writing(self) -> None:
        """The peer does not read its answers: the link is dropped, none of them would be current."""
        self._server.counters.slow_readers += 1
        self._transport.abort()

    def close(self) -> None:
        """End the link after the answers that are under way."""
        self._transport.close()

    def abort(self) -> None:
        """End the link now."""
        self._transport.abort()

    def _serve(self) -> None:
        self._again = None
        if self._number is None or self._transport.is_closing():
            return
        answers: list[bytes] = []
        while len(answers) < _BURST_REQUESTS and (reply := self._next_answer()) is not None:
            answers.append(reply)
        if answers:
            self._transport.write(b"".join(answers))
        if self._broken:
            self._transport.close()
        elif self._transport.is_closing():
            return
        elif len(answers) == _BURST_REQUESTS and self._received:
            self._paused = True
            self._transport.pause_reading()
            self._again = asyncio.get_running_loop().call_soon(self._serve)
        elif self._paused:
            self._paused = False
            self._transport.resume_reading()

    def _next_answer(self) -> bytes | None:
        """The answer to the next whole request, None = more bytes are needed or the link is being closed."""
        received, counters = self._received, self._server.counters
        if len(received) < _HEADER.size:
            return None
        transaction, protocol, length, unit = _HEADER.unpack_from(received)
        if protocol != 0 or not _MIN_LENGTH <= length <= _MAX_LENGTH:
            counters.malformed += 1
            received.clear()
            self._broken = True
            return None
        if len(received) < 6 + length:
            return None
        pdu = bytes(received[_HEADER.size : 6 + length])
        del received[: 6 + length]
        counters.requests += 1
        if unit != self._server.unit_id:
            reply = bytes((pdu[0] | 0x80, UNIT_ABSENT))
        else:
            reply = answer(pdu, self._server.registers, self._number or 0)
        if reply[0] & 0x80:
            counters.refused_requests += 1
        return _HEADER.pack(transaction, 0, len(reply) + 1, unit) + reply
