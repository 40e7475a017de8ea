"""The page's server: files, headers, the live feed and its bounded watchers, one sentence for a port that is taken."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from station.listening import ListenError
from station.page.live import PATH, LiveFeed
from station.page.server import PageServer
from station.page.snapshot import Snapshot
from station.page.status_routes import add_status_routes
from tests.page_status import FakeStatus, a_fault

LIMIT_S = 20.0
A_FAULT = a_fault("E101", "It broke.", "Mend it.")


@asynccontextmanager
async def a_page(status: FakeStatus, **more: Any) -> AsyncIterator[tuple[PageServer, LiveFeed, aiohttp.ClientSession]]:
    live = LiveFeed(status, **more)
    server = PageServer(
        live,
        0,
        routes=(
            lambda application: add_status_routes(application, status),
            lambda application: application.router.add_get(PATH, live.watch),
        ),
    )
    await server.start()
    timeout = aiohttp.ClientTimeout(total=LIMIT_S)
    try:
        async with aiohttp.ClientSession(server.url, timeout=timeout) as session:
            yield server, live, session
    finally:
        await server.stop()


async def next_message(socket: aiohttp.ClientWebSocketResponse) -> Any:
    return json.loads(await socket.receive_str(timeout=LIMIT_S))


async def next_of(socket: aiohttp.ClientWebSocketResponse, kind: str) -> Any:
    while (message := await next_message(socket))["kind"] != kind:
        pass
    return message


async def test_the_feed_brings_the_present_figures_at_once_and_the_next_ones_by_themselves() -> None:
    status = FakeStatus()
    async with a_page(status, period_s=0.01) as (_, _, session), session.ws_connect(PATH) as socket:
        assert (await next_message(socket))["status"]["ledger"]["triggers"] == 0
        status.run(7, in_flight=1)
        while (message := await next_of(socket, "status"))["status"]["ledger"]["triggers"] == 0:
            pass
        assert message["status"]["ledger"]["triggers"] == 8


async def test_a_verdict_and_a_fault_are_told_at_once_and_not_with_the_next_status() -> None:
    status = FakeStatus()
    status.run(1)
    async with a_page(status, period_s=3600) as (_, live, session), session.ws_connect(PATH) as socket:
        assert (await next_message(socket))["kind"] == "status"
        live.part(status.snapshot()["parts"][-1])
        live.fault(A_FAULT, begins=True)
        live.fault(A_FAULT, begins=False)
        assert (await next_message(socket))["part"] == json.loads(json.dumps(status.snapshot()["parts"][-1]))
        assert [
            (told["kind"], told["begins"]) for told in [await next_message(socket), await next_message(socket)]
        ] == [
            ("fault", True),
            ("fault", False),
        ]


async def test_health_follows_the_state() -> None:
    status = FakeStatus()
    async with a_page(status) as (_, _, session):
        async with session.get("/healthz") as answer:
            assert (answer.status, (await answer.json())["state"]["name"]) == (200, "READY")
        status.state = {"name": "FAULT", "sentence": "It broke.", "action": "Mend it."}
        async with session.get("/healthz") as answer:
            assert (answer.status, (await answer.json())["state"]["sentence"]) == (503, "It broke.")


@pytest.mark.parametrize("path", ["/", "/index.html", "/app.js", "/healthz", "/nothing"])
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    async with a_page(FakeStatus()) as (_, _, session), session.get(path) as answer:
        assert answer.status == (404 if path == "/nothing" else 200)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] in {"no-store", "no-cache"}
        assert "http://" not in (text := await answer.text()).replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in text


async def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    async with a_page(FakeStatus()) as (_, _, session):
        async with session.get("/app.js") as first:
            tag = first.headers["ETag"]
        async with session.get("/app.js", headers={"If-None-Match": tag}) as again:
            assert (again.status, await again.read()) == (304, b"")


async def test_the_page_takes_no_writes_and_no_other_paths() -> None:
    async with a_page(FakeStatus()) as (_, _, session):
        for method, path in (("POST", "/healthz"), ("DELETE", "/"), ("PUT", "/app.js")):
            async with session.request(method, path) as answer:
                assert answer.status == 405
        for path in ("/../pyproject.toml", "/../server.py", "/%2e%2e/server.py"):
            async with session.get(path) as answer:
                assert answer.status == 404


async def test_watchers_are_counted_and_one_too_many_is_refused_and_counted() -> None:
    counts: list[int] = []
    dropped: list[int] = []
    all_gone = asyncio.Event()

    def on_clients(count: int) -> None:
        counts.append(count)
        if count == 0:
            all_gone.set()

    page = a_page(FakeStatus(), max_clients=2, on_clients=on_clients, on_dropped=lambda: dropped.append(1))
    async with page as (_, live, session):
        first = await session.ws_connect(PATH)
        second = await session.ws_connect(PATH)
        await next_message(second)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(PATH)
        assert refused.value.status == 503
        assert (counts, dropped, live.watchers) == ([1, 2], [1], 2)
        await first.close()
        await second.close()
        async with asyncio.timeout(LIMIT_S):
            await all_gone.wait()


async def test_a_watcher_that_does_not_read_is_dropped_and_counted_and_the_others_go_on() -> None:
    status = FakeStatus()
    status.run(40)
    dropped, cut_off = asyncio.Event(), asyncio.Event()

    def on_clients(count: int) -> None:
        if dropped.is_set() and count == 1:
            cut_off.set()

    page = a_page(status, period_s=0.001, on_dropped=dropped.set, on_clients=on_clients)
    async with page as (server, _, session):
        host, port = server.url.removeprefix("http://").rstrip("/").split(":")
        with socket.create_connection((host, int(port)), LIMIT_S) as sleeper:
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sleeper.sendall(
                f"GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
            )
            async with session.ws_connect(PATH) as other:
                async with asyncio.timeout(LIMIT_S):
                    while not cut_off.is_set():
                        await next_message(other)
                assert (await next_message(other))["status"]["parts"]


class FailingStatus(FakeStatus):
    def snapshot(self) -> Snapshot:
        raise ZeroDivisionError


async def test_a_source_that_fails_is_logged_once_and_sends_no_figures(caplog: pytest.LogCaptureFixture) -> None:
    async with a_page(FailingStatus(), period_s=0.001) as (_, _, session), session.ws_connect(PATH) as socket:
        told = [await next_message(socket) for _ in range(12)]
    assert told == [{"kind": "no figures"}] * 12
    ours = [record.levelno for record in caplog.records if record.name == "station.page"]
    assert ours == [logging.ERROR]


async def test_a_port_in_use_is_one_sentence() -> None:
    async with a_page(FakeStatus()) as (server, _, _):
        port = int(server.url.rsplit(":", 1)[1].rstrip("/"))
        second = PageServer(LiveFeed(FakeStatus()), port)
        with pytest.raises(ListenError) as caught:
            await second.start()
        assert str(caught.value) == (
            f"The status page cannot listen on 127.0.0.1:{port}: "
            "another program uses this port; stop it (a second station?) or choose another port."
        )
        await second.stop()


async def test_stopping_with_watchers_is_quick_and_frees_the_port_for_a_next_start() -> None:
    async with a_page(FakeStatus()) as (server, _, session), session.ws_connect(PATH) as socket:
        await next_message(socket)
        async with asyncio.timeout(LIMIT_S):
            await server.stop()
            await server.stop()
            await server.start()
        await server.stop()
