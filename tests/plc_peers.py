"""Peers of the Modbus server and client, for tests: a raw link that speaks bytes, and a server that lies."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

HEADER = struct.Struct(">HHHB")
LIMIT_S = 10.0


def frame(pdu: bytes, *, transaction: int = 1, protocol: int = 0, unit: int = 1, length: int | None = None) -> bytes:
    """A Modbus TCP frame; `length` None = the right one."""
    return HEADER.pack(transaction, protocol, len(pdu) + 1 if length is None else length, unit) + pdu


def read_request(address: int, count: int, function: int = 3) -> bytes:
    """The PDU of FC3 or FC4."""
    return struct.pack(">BHH", function, address, count)


def write_request(address: int, *words: int) -> bytes:
    """The PDU of FC16."""
    return struct.pack(f">BHHB{len(words)}H", 16, address, len(words), 2 * len(words), *words)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for `condition`; AssertionError after the limit."""
    for _ in range(int(LIMIT_S / 0.005)):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"not so within {LIMIT_S:g} s")


class RawLink:
    """A TCP link on which tests write any bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> tuple[int, int, bytes]:
        """The next whole answer: transaction, unit, PDU."""
        async with asyncio.timeout(LIMIT_S):
            transaction, protocol, length, unit = HEADER.unpack(await self.reader.readexactly(HEADER.size))
            assert protocol == 0
            return transaction, unit, await self.reader.readexactly(length - 1)

    async def ask(self, pdu: bytes, *, unit: int = 1) -> bytes:
        """One request, one answer."""
        self.writer.write(frame(pdu, unit=unit))
        return (await self.answer())[2]

    async def closed(self) -> bool:
        """True once the other end has closed the link and nothing more came."""
        async with asyncio.timeout(LIMIT_S):
            try:
                return await self.reader.read(1) == b""
            except ConnectionError:
                return True


@asynccontextmanager
async def raw_link(port: int) -> AsyncIterator[RawLink]:
    """A link to a server on this machine, closed at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield RawLink(reader, writer)
    finally:
        writer.transport.abort()
        await asyncio.wait([asyncio.ensure_future(_closed(writer))], timeout=LIMIT_S)


async def _closed(writer: asyncio.StreamWriter) -> None:
    try:
        await writer.wait_closed()
    except OSError:
        return


Reply = Callable[[bytes], Awaitable[bytes | None]]
"""Gets a whole request frame, gives the bytes to send back; None = close the link."""


@asynccontextmanager
async def lying_server(reply: Reply, port: int = 0) -> AsyncIterator[int]:
    """A TCP server on this machine that answers each request frame with whatever `reply` gives; yields its port."""
    links: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        links.add(task)
        try:
            while True:
                header = await reader.readexactly(6)
                request = header + await reader.readexactly(int.from_bytes(header[4:6], "big"))
                answer = await reply(request)
                if answer is None:
                    return
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return
        finally:
            links.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for _ in range(20):  # a link that is being accepted becomes a task a few turns of the loop later
            await asyncio.sleep(0)
        waiting = set(links)
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting, timeout=LIMIT_S)
