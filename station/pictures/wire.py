"""What station and picture process say to each other over one stream socket: a head of JSON, and bytes where needed.

Both ends are ours, of one version. Pixels never travel here: a job names a slot of a ring. Must not know what is meant.
"""

from __future__ import annotations

import asyncio
import json
import select
import socket
import struct
import threading
from typing import Any, Final

_LENGTHS: Final = struct.Struct(">II")
HEAD_BYTES_MAX, BODY_BYTES_MAX = 1 << 20, 1 << 24

Message = tuple[dict[str, Any], bytes]


class WireError(RuntimeError):
    """What came is none of our messages."""


def packed(head: dict[str, Any], body: bytes = b"") -> bytes:
    """One message."""
    text = json.dumps(head, separators=(",", ":")).encode()
    return _LENGTHS.pack(len(text), len(body)) + text + body


def _lengths(prefix: bytes) -> tuple[int, int]:
    head_bytes, body_bytes = _LENGTHS.unpack(prefix)
    if head_bytes > HEAD_BYTES_MAX or body_bytes > BODY_BYTES_MAX:
        raise WireError(f"a message of {head_bytes} and {body_bytes} bytes")
    return head_bytes, body_bytes


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None at the end of the stream. WireError for what is none."""
    try:
        head_bytes, body_bytes = _lengths(await reader.readexactly(_LENGTHS.size))
        return json.loads(await reader.readexactly(head_bytes)), await reader.readexactly(body_bytes)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except ValueError as error:
        raise WireError(f"a head that is no JSON: {error}") from None


class Channel:
    """The picture process's end, blocking. `send` from any of its threads; OSError once the station is gone."""

    def __init__(self, control: socket.socket) -> None:
        self._control, self._lock, self._buffer = control, threading.Lock(), bytearray()

    def send(self, head: dict[str, Any], body: bytes = b"") -> None:
        """Say it, whole."""
        data = packed(head, body)
        with self._lock:
            self._control.sendall(data)

    def receive(self, limit_s: float) -> dict[str, Any] | None:
        """The next head; None if none came within the limit. EOFError once the station has hung up."""
        while True:
            head = self._taken()
            if head is not None:
                return head
            # Not the socket's own time-out: other threads send through it.
            if not select.select([self._control], [], [], limit_s)[0]:
                return None
            found = self._control.recv(1 << 16)
            if not found:
                raise EOFError
            self._buffer += found

    def _taken(self) -> dict[str, Any] | None:
        if len(self._buffer) < _LENGTHS.size:
            return None
        head_bytes, _ = _lengths(bytes(self._buffer[: _LENGTHS.size]))
        end = _LENGTHS.size + head_bytes
        if len(self._buffer) < end:
            return None
        head = json.loads(self._buffer[_LENGTHS.size : end])
        del self._buffer[:end]
        return head
