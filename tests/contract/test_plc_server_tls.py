"""The server inside mutual TLS: without a certificate of the right authority nobody gets in, and nobody is harmed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from drivers.plc.client import CarefulClient
from drivers.plc.client_link import PlcClientLink
from drivers.plc.errors import PlcError
from drivers.plc.link import PlcServerLink
from drivers.plc.registers import STATUS_WORDS, StatusBlock
from drivers.plc.settings import PlcSettings, TlsSettings
from drivers.plc.symbols import LAYOUT_VERSION
from drivers.plc.tls import client_context, server_context
from tests.plc_peers import LIMIT_S, RawLink, frame, raw_link, read_request, until, write_request
from tests.tls_certificates import Authority

MAX_CONNECTIONS = 4


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def tls_of(authority: Authority, name: str, **more: object) -> TlsSettings:
    own = str(authority.issue(name))
    return TlsSettings.model_validate({"certificate": own, "key": own, "ca": str(authority.file), **more})


def settings(tls: TlsSettings, **more: object) -> PlcSettings:
    made = PlcSettings(peer="simulated", tls=tls, max_connections=MAX_CONNECTIONS)
    return made.model_copy(update={"port": 0, **more})


@pytest.fixture
async def station(authority: Authority) -> AsyncIterator[PlcServerLink]:
    link = PlcServerLink(settings(tls_of(authority, "station")))
    await link.start()
    yield link
    await link.stop()


@asynccontextmanager
async def tls_link(port: int, context: ssl.SSLContext) -> AsyncIterator[RawLink]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        yield RawLink(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_a_peer_with_a_certificate_of_the_authority_is_served(station: PlcServerLink, authority: Authority):
    context = authority.client(shows_certificate=True)
    async with CarefulClient("127.0.0.1", station.port, timeout_ms=1000, ssl_context=context) as plc:
        await plc.wait_connected(LIMIT_S)
        status = StatusBlock.decode(await plc.read(100, STATUS_WORDS))
        assert status.layout_version == LAYOUT_VERSION
        await plc.write(3, (1,))
        assert await plc.read(3, 1) == (1,)
    assert station.server_counters.refused_handshakes == 0


async def test_pipelined_requests_inside_tls_are_answered_in_order(station: PlcServerLink, authority: Authority):
    async with tls_link(station.port, authority.client(shows_certificate=True)) as link:
        link.writer.write(b"".join(frame(read_request(100, STATUS_WORDS), transaction=n) for n in range(500)))
        assert [(await link.answer())[0] for _ in range(500)] == list(range(500))


async def _shows_nothing(port: int, authority: Authority, _: Path) -> None:
    await _asks_in_vain(port, authority.client())


async def _is_of_another_authority(port: int, authority: Authority, folder: Path) -> None:
    stranger = Authority(folder, "stranger").client(shows_certificate=True)
    stranger.load_verify_locations(authority.file)
    await _asks_in_vain(port, stranger)


async def _speaks_plain_modbus(port: int, _: Authority, __: Path) -> None:
    async with raw_link(port) as link:
        link.writer.write(frame(write_request(3, 7)))
        async with asyncio.timeout(LIMIT_S):
            assert b"\x10" not in await link.reader.read(), "an answer in plain"


async def _asks_in_vain(port: int, context: ssl.SSLContext) -> None:
    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        async with tls_link(port, context) as link:
            await link.ask(write_request(3, 7))


@pytest.mark.parametrize("stranger", [_shows_nothing, _is_of_another_authority, _speaks_plain_modbus])
async def test_a_stranger_is_refused_and_counted_while_another_link_goes_on(
    station: PlcServerLink, authority: Authority, tmp_path: Path, stranger: object, caplog: pytest.LogCaptureFixture
):
    assert callable(stranger)
    async with tls_link(station.port, authority.client(shows_certificate=True)) as good:
        assert await good.ask(write_request(3, 1))
        for _ in range(3):
            await stranger(station.port, authority, tmp_path)
        assert await good.ask(read_request(3, 1)) == b"\x03\x02\x00\x01"
    await until(lambda: station.server_counters.refused_handshakes == 3)
    assert station.wire_counters.refused_peers == 3
    assert (station.second_writer, caplog.text.count("was refused: no TLS handshake")) == (0, 1)


async def test_handshakes_that_never_end_take_places_like_links_and_give_them_back(
    station: PlcServerLink, authority: Authority
):
    async with raw_link(station.port), raw_link(station.port), raw_link(station.port), raw_link(station.port):
        await until(lambda: station._server.open_links == MAX_CONNECTIONS)
        async with raw_link(station.port) as fifth:
            assert await fifth.closed()
        assert station.server_counters.refused_connections == 1
        await until(lambda: station.server_counters.refused_handshakes == MAX_CONNECTIONS)
    await _asks_again(station.port, authority)


async def _asks_again(port: int, authority: Authority) -> None:
    async with tls_link(port, authority.client(shows_certificate=True)) as link:
        assert await link.ask(read_request(100, 1))


async def test_stopping_ends_handshakes_and_links_alike(authority: Authority):
    link = PlcServerLink(settings(tls_of(authority, "station")))
    await link.start()
    async with (
        raw_link(link.port) as half,
        tls_link(link.port, authority.client(shows_certificate=True)) as whole,
    ):
        assert await whole.ask(read_request(100, 1))
        await until(lambda: link._server.open_links == 2)
        await link.stop()
        assert link._server.open_links == 0
        assert await half.closed()


async def test_both_roles_of_the_station_understand_each_other_inside_tls(authority: Authority):
    """The server link stands in for a PLC: it refuses the status block, so that the client's cycle ends there."""
    server = PlcServerLink(settings(tls_of(authority, "station")))
    await server.start()
    asking = PlcSettings(role="client", host="127.0.0.1", port=server.port, tls=tls_of(authority, "plc"))
    client = PlcClientLink(asking.model_copy(update={"timeout_ms": 1000}))
    await client.start()
    await until(lambda: client.client_counters.refusals > 0)
    assert client.client_counters.wrong_replies == 0
    await client.stop()
    await server.stop()


def test_tls_works_on_uvloop_as_on_asyncio(authority: Authority):
    async def serve_and_ask() -> tuple[int, ...]:
        link = PlcServerLink(settings(tls_of(authority, "station")))
        await link.start()
        context = authority.client(shows_certificate=True)
        async with CarefulClient("127.0.0.1", link.port, timeout_ms=1000, ssl_context=context) as plc:
            await plc.wait_connected(LIMIT_S)
            words = await plc.read(136, 1)
            async with raw_link(link.port) as stranger:
                stranger.writer.write(bytes(100))
                await stranger.reader.read()
        await link.stop()
        return words

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(serve_and_ask()) == (LAYOUT_VERSION,)


@pytest.mark.parametrize("key", ["certificate", "key", "ca"])
@pytest.mark.parametrize("context", [server_context, client_context])
def test_a_missing_file_is_one_sentence_with_its_key_and_path(
    authority: Authority, tmp_path: Path, key: str, context: object
):
    assert callable(context)
    tls = tls_of(authority, "station", **{key: "gone.pem"})
    with pytest.raises(PlcError, match=rf"plc\.tls\.{key}: .*gone\.pem cannot be read \(No such file"):
        context(tls, tmp_path)


@pytest.mark.parametrize("key", ["certificate", "key", "ca"])
def test_a_file_of_something_else_is_one_sentence(authority: Authority, tmp_path: Path, key: str):
    (tmp_path / "note.pem").write_text("this is no certificate\n")
    with pytest.raises(PlcError, match=r"plc\.tls: .*note\.pem .*needed"):
        server_context(tls_of(authority, "station", **{key: "note.pem"}), tmp_path)


def test_a_key_of_another_certificate_is_one_sentence(authority: Authority, tmp_path: Path):
    own, other = authority.issue("one"), authority.issue("two")
    tls = TlsSettings(certificate=str(own), key=str(other), ca=str(authority.file))
    with pytest.raises(PlcError, match="cannot be used together"):
        server_context(tls, tmp_path)


@pytest.mark.parametrize("context", [server_context, client_context])
def test_an_expired_certificate_is_said_at_the_start(authority: Authority, tmp_path: Path, context: object):
    assert callable(context)
    old = str(authority.issue("old", hours=-2))
    with pytest.raises(PlcError, match=r"old\.pem is of no use as a (server|client)'s: certificate has expired"):
        context(TlsSettings(certificate=old, key=old, ca=str(authority.file)), tmp_path)


def test_a_certificate_that_ends_soon_is_said_in_the_log(
    authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    own = str(authority.issue("station", hours=100))
    with caplog.at_level(logging.WARNING):
        server_context(TlsSettings(certificate=own, key=own, ca=str(authority.file)), tmp_path)
    assert "station.pem ends in 4 days" in caplog.text


def test_nothing_older_than_tls_1_2_is_spoken(authority: Authority, tmp_path: Path):
    for context in (server_context, client_context):
        made = context(tls_of(authority, "station"), tmp_path)
        assert made.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert made.verify_mode is ssl.CERT_REQUIRED


def test_the_plcs_certificate_must_name_its_host_unless_it_is_said_otherwise(authority: Authority, tmp_path: Path):
    assert client_context(tls_of(authority, "plc"), tmp_path).check_hostname
    assert not client_context(tls_of(authority, "plc", verify_host=False), tmp_path).check_hostname
