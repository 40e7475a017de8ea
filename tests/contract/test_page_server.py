"""The page's server: data, headers, bounded watchers, and one sentence for a port that is taken."""

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
from station.page.server import PageServer
from station.page.snapshot import Snapshot
from tests.page_status import FakeStatus

LIMIT_S = 20.0


@asynccontextmanager
async def a_page(status: FakeStatus, **more: Any) -> AsyncIterator[tuple[PageServer, aiohttp.ClientSession]]:
    server = PageServer(status, 0, **more)
    await server.start()
    timeout = aiohttp.ClientTimeout(total=LIMIT_S)
    try:
        async with aiohttp.ClientSession(server.url, timeout=timeout) as session:
            yield server, session
    finally:
        await server.stop()


async def next_document(answer: aiohttp.ClientResponse) -> Any:
    async for line in answer.content:
        if line.startswith(b"data: "):
            return json.loads(line[6:])
    raise AssertionError("the stream ended")


async def test_the_status_is_the_sources_snapshot() -> None:
    status = FakeStatus()
    status.run(50)
    async with a_page(status) as (_, session), session.get("/api/status") as answer:
        assert await answer.json() == json.loads(json.dumps(status.snapshot()))


async def test_events_bring_the_present_figures_at_once_and_the_next_ones_by_themselves() -> None:
    status = FakeStatus()
    async with a_page(status, period_s=0.01) as (_, session), session.get("/api/events") as answer:
        assert answer.content_type == "text/event-stream"
        assert (await next_document(answer))["ledger"]["triggers"] == 0
        status.run(7, in_flight=1)
        while (document := await next_document(answer))["ledger"]["triggers"] == 0:
            pass
        assert document["ledger"]["triggers"] == 8


async def test_health_follows_the_state() -> None:
    status = FakeStatus()
    async with a_page(status) as (_, session):
        async with session.get("/healthz") as answer:
            assert (answer.status, (await answer.json())["state"]["name"]) == (200, "READY")
        status.state = {"name": "FAULT", "sentence": "It broke.", "action": "Mend it."}
        async with session.get("/healthz") as answer:
            assert (answer.status, (await answer.json())["state"]["sentence"]) == (503, "It broke.")


@pytest.mark.parametrize("path", ["/", "/page.css", "/page.js", "/draw.js", "/api/status", "/nothing"])
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    async with a_page(FakeStatus()) as (_, session), session.get(path) as answer:
        assert answer.status == (404 if path == "/nothing" else 200)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "http://" not in (text := await answer.text()).replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in text


async def test_the_page_takes_no_writes_and_no_other_paths() -> None:
    async with a_page(FakeStatus()) as (_, session):
        for method, path in (("POST", "/api/status"), ("DELETE", "/"), ("PUT", "/page.js")):
            async with session.request(method, path) as answer:
                assert answer.status == 405
        async with session.get("/../pyproject.toml") as answer:
            assert answer.status == 404


async def test_watchers_are_counted_and_one_too_many_is_refused_and_counted() -> None:
    counts: list[int] = []
    dropped: list[int] = []
    all_gone = asyncio.Event()

    def on_clients(count: int) -> None:
        counts.append(count)
        if count == 0:
            all_gone.set()

    page = a_page(
        FakeStatus(), max_clients=2, on_clients=on_clients, on_dropped=lambda: dropped.append(1), period_s=0.01
    )
    async with page as (_, session):
        first = await session.get("/api/events")
        second = await session.get("/api/events")
        async with session.get("/api/events") as refused:
            assert refused.status == 503
            assert "watch this station already" in await refused.text()
        assert (counts, dropped) == ([1, 2], [1])
        first.close()
        second.close()
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
    async with page as (server, session):
        host, port = server.url.removeprefix("http://").rstrip("/").split(":")
        with socket.create_connection((host, int(port)), LIMIT_S) as sleeper:
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sleeper.sendall(b"GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n")
            async with session.get("/api/events") as other:
                async with asyncio.timeout(LIMIT_S):
                    while not cut_off.is_set():
                        await next_document(other)
                assert (await next_document(other))["parts"]


class FailingStatus(FakeStatus):
    def snapshot(self) -> Snapshot:
        raise ZeroDivisionError


async def test_a_source_that_fails_is_logged_once_and_sends_no_figures(caplog: pytest.LogCaptureFixture) -> None:
    async with a_page(FailingStatus(), period_s=0.001) as (_, session), session.get("/api/events") as answer:
        async with asyncio.timeout(LIMIT_S):
            lines = [await answer.content.readline() for _ in range(12)]
    assert b": no figures\n" in lines
    assert not any(line.startswith(b"data") for line in lines)
    ours = [record.levelno for record in caplog.records if record.name == "station.page"]
    assert ours == [logging.ERROR]


async def test_a_port_in_use_is_one_sentence() -> None:
    async with a_page(FakeStatus()) as (server, _):
        port = int(server.url.rsplit(":", 1)[1].rstrip("/"))
        second = PageServer(FakeStatus(), port)
        with pytest.raises(ListenError) as caught:
            await second.start()
        assert str(caught.value) == (
            f"The status page cannot listen on 127.0.0.1:{port}: "
            "another program uses this port; stop it (a second station?) or choose another port."
        )
        await second.stop()


async def test_stopping_with_watchers_is_quick_and_frees_the_port_for_a_next_start() -> None:
    server = PageServer(FakeStatus(), 0)
    await server.start()
    async with aiohttp.ClientSession(server.url) as session, session.get("/api/events") as answer:
        await next_document(answer)
        async with asyncio.timeout(LIMIT_S):
            await server.stop()
            await server.stop()
            await server.start()
        await server.stop()
