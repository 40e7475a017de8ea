"""One peer of the strict Modbus server: cuts the byte stream into requests and answers them in order.

Bounded in what one peer can cost: bytes that wait for it, requests answered before others get their turn, time for a
TLS handshake. A broken header closes this link and no other. Must not know what the registers mean, or other links.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
from dataclasses import dataclass
from typing import Protocol, cast

from drivers.plc.pdu import UNIT_ABSENT, RegisterMap, answer
from drivers.plc.tls_end import TlsEnd

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
_HANDSHAKE_LIMIT_S = 3.0


@dataclass(slots=True)
class ServerCounters:
    """What the server has seen since it was made."""

    connections: int = 0
    refused_connections: int = 0
    """There were too many."""
    refused_peers: int = 0
    """Their address is not on the list."""
    refused_handshakes: int = 0
    """No TLS, no certificate, one of a foreign authority, or too slow."""
    requests: int = 0
    refused_requests: int = 0
    malformed: int = 0
    slow_readers: int = 0


class LinkHost(Protocol):
    """The server as one link sees it."""

    registers: RegisterMap
    unit_id: int
    ssl_context: ssl.SSLContext | None
    counters: ServerCounters

    def admit(self, link: "ModbusLink", address: str) -> int | None:
        """A number for a new link; None = it must be closed."""
        ...

    def forget(self, number: int) -> None:
        """The link ended."""
        ...

    def say_refused(self, address: str, why: str) -> None:
        """Log a refused peer."""
        ...


class ModbusLink(asyncio.Protocol):
    """One peer: cuts the byte stream into requests and answers them in order."""

    def __init__(self, host: LinkHost) -> None:
        self._host = host
        self._received = bytearray()
        self._broken = False
        self._paused = False
        self._number: int | None = None
        self._again: asyncio.Handle | None = None
        self._tls: TlsEnd | None = None
        self._too_slow: asyncio.TimerHandle | None = None
        self._address = self.peer = "unknown"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit or refuse the peer; set the limits of its socket."""
        self._transport = cast("asyncio.Transport", transport)
        address = self._transport.get_extra_info("peername") or ("unknown", 0)  # None: the peer is gone already
        self._address, self.peer = address[0], f"{address[0]}:{address[1]}"
        self._number = self._host.admit(self, self._address)
        if self._number is None:
            self._transport.abort()
            return
        with contextlib.suppress(OSError):  # the peer may be gone already; reading will say so
            for level, option, value in _SOCKET_OPTIONS:
                self._transport.get_extra_info("socket").setsockopt(level, option, value)
        self._transport.set_write_buffer_limits(high=_UNREAD_LIMIT_BYTES)
        context = self._host.ssl_context
        if context is not None:
            # The link has its place already, so that half-open handshakes are bounded like links.
            self._tls = TlsEnd(context)
            self._too_slow = asyncio.get_running_loop().call_later(
                _HANDSHAKE_LIMIT_S, self._refuse_handshake, f"nothing whole came within {_HANDSHAKE_LIMIT_S:g} s"
            )

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the link's place back."""
        for waiting in (self._again, self._too_slow):
            if waiting is not None:
                waiting.cancel()
        if self._number is not None:
            self._host.forget(self._number)

    def data_received(self, data: bytes) -> None:
        """Bytes came, any number of them."""
        if self._tls is not None:
            data = self._opened(self._tls, data)
        self._received += data
        if self._again is None:
            self._serve()

    def _opened(self, tls: TlsEnd, data: bytes) -> bytes:
        was_secured = tls.secured
        try:
            plain = tls.received(data)
        except ssl.SSLError as fault:
            self._transport.write(tls.to_send())
            if was_secured:
                self._host.counters.malformed += 1
                self._transport.close()
            else:
                self._refuse_handshake(str(fault))
            return b""
        if words := tls.to_send():
            self._transport.write(words)
        if tls.secured and self._too_slow is not None:
            self._too_slow.cancel()
            self._too_slow = None
        return plain

    def _refuse_handshake(self, why: str) -> None:
        self._host.counters.refused_handshakes += 1
        self._host.say_refused(self._address, f"no TLS handshake with a certificate that fits ({why})")
        self._transport.close()

    def pause_writing(self) -> None:
        """The peer does not read its answers: the link is dropped, none of them would be current."""
        self._host.counters.slow_readers += 1
        self._transport.abort()

    def close(self) -> None:
        """End the link after the answers that are under way."""
        if self._tls is not None and (words := self._tls.goodbye()):
            self._transport.write(words)
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
            words = b"".join(answers)
            self._transport.write(words if self._tls is None else self._tls.sealed(words))
        if self._broken:
            self.close()
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
        received, counters = self._received, self._host.counters
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
        if unit != self._host.unit_id:
            reply = bytes((pdu[0] | 0x80, UNIT_ABSENT))
        else:
            reply = answer(pdu, self._host.registers, self._number or 0)
        if reply[0] & 0x80:
            counters.refused_requests += 1
        return _HEADER.pack(transaction, 0, len(reply) + 1, unit) + reply
