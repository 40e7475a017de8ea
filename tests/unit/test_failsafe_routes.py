"""The fail-safe test over HTTP: who may start it, what is refused, and in which words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from station.failsafe.session import PERSON, FailsafeSession
from station.page.failsafe_routes import FailsafeControl, add_failsafe_routes
from station.page.live import LiveFeed
from station.page.server import PageServer
from tests.failsafe_line import IDENTITY, PLAN, FakeLine
from tests.page_status import FakeStatus

OWN = {"X-Requested-With": "station", "Content-Type": "application/json"}


def a_server(control: FailsafeControl | None) -> PageServer:
    return PageServer(
        LiveFeed(FakeStatus()), 0, routes=(lambda application: add_failsafe_routes(application, control),)
    )


@asynccontextmanager
async def a_station(folder: Path) -> AsyncIterator[tuple[FailsafeSession, aiohttp.ClientSession]]:
    session = FailsafeSession(PLAN, FakeLine(), IDENTITY, folder, PERSON)
    server = a_server(session)
    await server.start()
    try:
        async with aiohttp.ClientSession(server.url, timeout=aiohttp.ClientTimeout(total=20)) as client:
            yield session, client
    finally:
        await session.stop()
        await server.stop()


async def post(client: aiohttp.ClientSession, action: str, body: str, **headers: str) -> tuple[int, Any]:
    async with client.post(f"/api/failsafe/{action}", data=body, headers={**OWN, **headers}) as answer:
        return answer.status, await answer.json()


async def test_start_ready_and_abort_answer_with_the_state(tmp_path: Path) -> None:
    async with a_station(tmp_path) as (session, client):
        async with client.get("/api/failsafe") as answer:
            assert (await answer.json())["phase"] == "idle"
        assert (await post(client, "start", '{"operator": "Anna"}'))[1]["phase"] == "instruct"
        assert (await post(client, "ready", "{}"))[1]["phase"] == "part"
        status, state = await post(client, "abort", "{}")
        assert (status, state["running"], session.state()["operator"]) == (200, True, "Anna")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Requested-With": "XMLHttpRequest"},
        {"X-Requested-With": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
)
@pytest.mark.parametrize("action", ["start", "ready", "answer", "skip", "abort"])
async def test_what_a_foreign_page_could_send_is_refused(tmp_path: Path, action: str, headers: dict[str, str]) -> None:
    async with a_station(tmp_path) as (session, client):
        status, answer = await post(client, action, '{"operator": "Eve"}', **headers)
        assert (status, session.running) == (403, False)
        assert "X-Requested-With: station" in answer["error"]


async def test_a_second_test_and_what_comes_out_of_turn_are_refused_with_a_sentence(tmp_path: Path) -> None:
    async with a_station(tmp_path) as (_, client):
        assert await post(client, "ready", "{}") == (409, {"error": "No fail-safe test is running."})
        await post(client, "start", '{"operator": "Anna"}')
        assert (await post(client, "start", '{"operator": "Bert"}'))[0] == 409
        assert (await post(client, "answer", '{"where": "good"}'))[0] == 409
        assert (await post(client, "skip", '{"reason": " "}'))[0] == 409


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("start", "{"),
        ("start", "[]"),
        ("start", "{}"),
        ("start", '{"operator": 7}'),
        ("answer", '{"where": "left"}'),
        ("skip", "[" * 500),
    ],
)
async def test_a_body_that_says_nothing_is_named(tmp_path: Path, action: str, body: str) -> None:
    async with a_station(tmp_path) as (session, client):
        status, answer = await post(client, action, body)
        assert (status, session.running) == (400, False)
        assert answer["error"]


async def test_nobody_starts_it_by_get_and_a_station_without_it_says_nothing(tmp_path: Path) -> None:
    async with a_station(tmp_path) as (_, client), client.get("/api/failsafe/start") as answer:
        assert answer.status == 405
    server = a_server(None)
    await server.start()
    try:
        async with aiohttp.ClientSession(server.url) as client:
            async with client.get("/api/failsafe") as answer:
                assert (answer.status, await answer.read()) == (204, b"")
            async with client.post("/api/failsafe/start", data="{}", headers=OWN) as answer:
                assert answer.status == 404
    finally:
        await server.stop()
