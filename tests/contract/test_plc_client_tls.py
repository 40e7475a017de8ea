"""The careful client inside TLS: the ordinary framing in records cut anywhere, and no link without trust."""

from __future__ import annotations

import asyncio
import logging
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from drivers.plc.client import CarefulClient
from drivers.plc.errors import PlcError, PlcLinkDownError
from tests.plc_peers import HEADER, LIMIT_S, frame
from tests.tls_certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@asynccontextmanager
async def tls_server(context: ssl.SSLContext, *, record_bytes: int = 1000, at_once: int = 1) -> AsyncIterator[int]:
    """Register n holds n; each answer goes out in TLS records of `record_bytes`, `at_once` of them a segment."""
    links: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        links.add(task)
        try:
            while True:
                header = await reader.readexactly(6)
                request = header + await reader.readexactly(int.from_bytes(header[4:6], "big"))
                address, count = struct.unpack_from(">HH", request, 8)
                words = struct.pack(f">{count}H", *range(address, address + count))
                pdu = request[7:12] if request[7] == 16 else bytes((request[7], 2 * count)) + words
                answer = frame(pdu, transaction=HEADER.unpack_from(request)[0])
                for number, at in enumerate(range(0, len(answer), record_bytes), 1):
                    writer.write(answer[at : at + record_bytes])  # each write is a TLS record of its own
                    if number % at_once == 0:
                        await writer.drain()
                        await asyncio.sleep(0)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            return
        finally:
            links.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        waiting = set(links)
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting, timeout=LIMIT_S)


def client(port: int, context: ssl.SSLContext | None) -> CarefulClient:
    return CarefulClient("127.0.0.1", port, timeout_ms=1000, retry_ms=10, ssl_context=context)


@pytest.mark.parametrize(("record_bytes", "at_once"), [(1000, 1), (1, 1), (7, 1), (5, 1000), (1, 3)])
async def test_answers_cut_over_any_number_of_records_are_read_whole(
    authority: Authority, record_bytes: int, at_once: int
):
    context = authority.server(asks_for_certificate=True)
    async with (
        tls_server(context, record_bytes=record_bytes, at_once=at_once) as port,
        client(port, authority.client(shows_certificate=True)) as plc,
    ):
        await plc.wait_connected(LIMIT_S)
        assert await plc.read(100, 125) == tuple(range(100, 225))
        await plc.write(4, (7, 8))
        assert await plc.read_inputs(5, 2) == (5, 6)
    assert (plc.counters.connects, plc.counters.wrong_replies) == (1, 0)


async def test_a_server_of_another_authority_gets_no_request_and_the_log_names_certificates(
    authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, logger="drivers.plc.supervised_link")
    stranger = Authority(tmp_path, "stranger")
    async with tls_server(stranger.server()) as port, client(port, authority.client()) as plc:
        with pytest.raises(PlcLinkDownError):
            await plc.wait_connected(0.3)
        with pytest.raises(PlcLinkDownError):
            await plc.write(0, (1,))
    assert plc.counters.connects == 0
    assert "or the certificates of both sides do not fit" in caplog.text


async def test_a_server_that_asks_for_a_certificate_answers_nobody_who_shows_none(authority: Authority):
    async def ask(plc: CarefulClient) -> None:
        await plc.wait_connected(LIMIT_S)
        await plc.read(0, 1)

    async with (
        tls_server(authority.server(asks_for_certificate=True)) as port,
        client(port, authority.client()) as plc,
    ):
        for _ in range(3):
            with pytest.raises(PlcError):
                await ask(plc)


async def test_a_plain_client_and_a_tls_server_do_not_understand_each_other_and_the_client_says_so(
    authority: Authority,
):
    async with tls_server(authority.server()) as port, client(port, None) as plc:
        await plc.wait_connected(LIMIT_S)
        with pytest.raises(PlcError):
            await plc.read(0, 1)
