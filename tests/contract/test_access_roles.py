"""Each endpoint is refused below its role, whoever forgot to say the role is closed, and commands need their token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from station.access.gatekeeper import CSRF_HEADER, PROGRAM_HEADER
from station.access.roles import Role
from tests.access_page import a_page

PROGRAM = dict([PROGRAM_HEADER])


@pytest.mark.parametrize("anonymous", [Role.NONE, Role.VIEWER])
async def test_each_role_gets_what_it_may_and_nothing_above_it(tmp_path: Path, anonymous: Role) -> None:
    async with a_page(tmp_path, anonymous=anonymous) as page:
        for who in Role:
            if who is not Role.NONE:
                assert (await page.log_in(who))[0] == 200
            standing = anonymous if who is Role.NONE else who
            for needed in Role:
                for method in ("GET", "POST", "DELETE"):
                    page.ran.clear()
                    status, answer = await page.send(method, f"/api/{needed}")
                    may = list(Role).index(standing) >= list(Role).index(needed)
                    expected = 200 if may else 401 if who is Role.NONE else 403
                    assert (status, who, needed, method) == (expected, who, needed, method)
                    assert page.ran == ([f"{method} /api/{needed}"] if may else [])
                    assert may or needed in answer["error"]


async def test_a_route_of_the_api_that_names_no_role_is_closed_to_everybody(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        await page.log_in(Role.ENGINEER)
        for method, path in (("GET", "/api/forgotten"), ("POST", "/api/forgotten"), ("POST", "/forgotten")):
            status, answer = await page.send(method, path)
            assert (status, page.ran) == (403, [])
            assert "closed" in answer["error"] if answer else path == "/forgotten"


async def test_the_pages_files_need_no_role_since_one_must_see_where_to_log_in(tmp_path: Path) -> None:
    async with a_page(tmp_path, anonymous=Role.NONE) as page:
        assert (await page.send("GET", "/page.js"))[0] == 200
        assert (await page.send("GET", "/api/session"))[1]["role"] == "none"


async def test_a_path_that_is_not_there_is_not_found_and_no_question_of_roles(tmp_path: Path) -> None:
    async with a_page(tmp_path, anonymous=Role.NONE) as page:
        assert (await page.send("GET", "/api/nothing"))[0] == 404
        assert (await page.send("DELETE", "/api/live"))[0] == 405


@pytest.mark.parametrize("token", [None, "", "0" * 64, "ä"])
async def test_a_command_without_its_token_does_nothing(tmp_path: Path, token: str | None) -> None:
    async with a_page(tmp_path) as page:
        await page.log_in(Role.TECHNICIAN)
        headers = {} if token is None else {CSRF_HEADER: token}
        status, answer = await page.send("POST", "/api/technician", token=False, headers=headers)
        assert (status, page.ran) == (403, [])
        assert CSRF_HEADER in answer["error"]


async def test_the_token_of_one_session_is_of_no_use_in_another(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        nobodys = await page.csrf()
        await page.log_in(Role.TECHNICIAN)
        earlier = await page.csrf()
        await page.log_in(Role.TECHNICIAN)
        for token in (nobodys, earlier):
            status, _ = await page.send("POST", "/api/technician", token=False, headers={CSRF_HEADER: token})
            assert (status, page.ran) == (403, [])
        assert (await page.send("POST", "/api/technician"))[0] == 200


async def test_who_is_not_logged_in_needs_a_token_for_what_anybody_may_do(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        assert (await page.send("POST", "/api/classify", token=False))[0] == 403
        assert (await page.send("POST", "/api/classify"))[0] == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://[", ""])
async def test_a_command_of_a_foreign_page_is_refused_even_with_token_and_cookie(tmp_path: Path, origin: str) -> None:
    async with a_page(tmp_path) as page:
        await page.log_in(Role.ENGINEER)
        status, answer = await page.send("POST", "/api/engineer", headers={"Origin": origin})
        assert (status, page.ran) == (403, [])
        assert "another address" in answer["error"]
        assert (await page.send("POST", "/api/engineer", headers={"Origin": page.url}))[0] == 200


async def test_a_foreign_page_cannot_log_somebody_in(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        body = {"user": "viewer", "password": "look-at-it"}
        status, _ = await page.send(
            "POST", "/api/session", token=False, json=body, headers={"Origin": "https://evil.example"}
        )
        assert status == 403
        text = '{"user": "viewer", "password": "look-at-it"}'
        plain = {"Content-Type": "text/plain"}  # what a form can send without being asked first
        assert (await page.send("POST", "/api/session", token=False, data=text, headers=plain))[0] == 415


async def test_a_foreign_page_cannot_open_the_live_feed(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await page.browser.ws_connect("/api/live", origin="https://evil.example")
        assert refused.value.status == 403
        async with page.browser.ws_connect("/api/live", origin=page.url) as socket:
            assert await socket.receive_str(timeout=10) == "hello"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8090", "192.168.1.5", "localhost.evil.example", "["])
async def test_a_foreign_name_that_leads_here_is_not_answered(tmp_path: Path, host: str) -> None:
    async with a_page(tmp_path) as page:
        for path in ("/api/session", "/page.js"):
            status, answer = await page.send("GET", path, headers={"Host": host})
            assert (status, page.ran) == (421, [])
            assert "http://127.0.0.1:8090/" in answer["error"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9", "127.0.0.1:8090", "[::1]:8090", "127.0.0.2"])
async def test_this_machines_own_names_are_answered(tmp_path: Path, host: str) -> None:
    async with a_page(tmp_path) as page:
        assert (await page.send("GET", "/api/session", headers={"Host": host}))[0] == 200


async def test_a_program_of_this_machine_may_run_the_fail_safe_test_with_its_header_alone(tmp_path: Path) -> None:
    async with a_page(tmp_path, anonymous=Role.NONE) as page:
        assert (await page.send("GET", "/api/failsafe"))[0] == 401
        assert (await page.send("GET", "/api/failsafe", headers=PROGRAM))[0] == 200
        assert (await page.send("GET", "/api/failsafes", headers=PROGRAM))[0] == 404
        page.ran.clear()
        status, _ = await page.send("POST", "/api/failsafe/start", token=False, headers=PROGRAM)
        assert (status, page.ran) == (200, ["POST /api/failsafe/start"])
        assert page.lines[-1][1:] == (
            "(program of this machine)", "technician", "127.0.0.1", "POST /api/failsafe/start", "done"
        )  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"Origin": "https://evil.example"},
        {"Cookie": "a=b"},
        {"X-Forwarded-For": "10.0.0.9"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_the_header_is_worth_nothing_from_a_browser_or_through_a_proxy(
    tmp_path: Path, more: dict[str, str]
) -> None:
    async with a_page(tmp_path) as page:
        status, _ = await page.send("POST", "/api/failsafe/start", token=False, headers={**PROGRAM, **more})
        assert (status, page.ran) == (401, [])


async def test_the_header_is_worth_nothing_elsewhere(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        assert (await page.send("POST", "/api/technician", token=False, headers=PROGRAM))[0] == 401


async def test_who_watches_by_a_session_is_cut_off_when_it_ends(tmp_path: Path) -> None:
    async with a_page(tmp_path, anonymous=Role.NONE) as page:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await page.browser.ws_connect("/api/live")
        assert refused.value.status == 401
        await page.log_in(Role.VIEWER)
        async with page.browser.ws_connect("/api/live") as socket:
            assert await socket.receive_str(timeout=10) == "hello"
            page.clock.s += 3601
            message: Any = await socket.receive(timeout=10)
            assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE)
