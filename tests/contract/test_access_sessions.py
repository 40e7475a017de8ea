"""Logging in and out over HTTP with real cookies: tries, time, changed and removed users, a broken users' file."""

from __future__ import annotations

import asyncio
import dataclasses
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import aiohttp

from station.access.roles import Role
from station.access.tls import server_context
from tests.access_page import PASSWORDS, Page, a_page, a_user
from tests.tls_certificates import Authority

COOKIE = "station-session-8090"


async def who(page: Page) -> tuple[Any, Any]:
    _, answer = await page.send("GET", "/api/session")
    return answer["user"], answer["role"]


def cookie(page: Page) -> Morsel[str] | None:
    found = [morsel for morsel in page.browser.cookie_jar if morsel.key == COOKIE]
    return found[0] if found else None


async def test_one_logs_in_is_known_and_logs_out(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        assert await who(page) == (None, "viewer")
        status, answer = await page.log_in(Role.ENGINEER)
        assert (status, answer["user"], answer["role"], answer["language"]) == (200, "engineer", "engineer", "en")
        assert await who(page) == ("engineer", "engineer")
        status, answer = await page.send("DELETE", "/api/session")
        assert (status, answer["user"], answer["role"]) == (200, None, "viewer")
        assert cookie(page) is None
        assert len(page.gatekeeper.sessions) == 0
        assert (await page.send("POST", "/api/viewer"))[0] == 200  # the token that came with the answer of nobody


async def test_the_cookie_can_be_read_by_no_script_and_goes_to_no_other_site(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        async with page.browser.post("/api/session", json={"user": "viewer", "password": "look-at-it"}) as answer:
            text = answer.headers["Set-Cookie"]
        token, *attributes = text.split("; ")
        assert {"HttpOnly", "Path=/", "SameSite=Strict", "Max-Age=3600"} <= set(attributes)
        assert "Secure" not in attributes
        assert len(token.partition("=")[2]) >= 43  # 256 bits
        assert token.partition("=")[2] not in repr(vars(page.gatekeeper.sessions))


async def test_a_wrong_password_and_a_user_who_is_not_there_are_answered_alike(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        answers = [
            await page.send("POST", "/api/session", token=False, json={"user": name, "password": "wrong"})
            for name in ("engineer", "nobody", "Ω'; --")
        ]
        assert answers == [(401, {"error": "User name or password is wrong."})] * 3
        assert await who(page) == (None, "viewer")


async def test_after_some_wrong_passwords_even_the_right_one_has_to_wait(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        statuses = [(await page.log_in(Role.VIEWER, "wrong"))[0] for _ in range(5)]
        assert statuses == [401, 401, 401, 401, 429]
        status, answer = await page.log_in(Role.VIEWER)
        assert (status, "wait" in answer["error"]) == (429, True)
        page.clock.s += 2
        assert (await page.log_in(Role.VIEWER))[0] == 200
        assert (await page.log_in(Role.VIEWER, "wrong"))[0] == 401  # the right one made all good


async def test_many_tries_at_once_are_counted_before_the_first_is_answered(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        answers = await asyncio.gather(*(page.log_in(Role.VIEWER, "wrong") for _ in range(12)))
        assert sorted(status for status, _ in answers) == [401] * 4 + [429] * 8


async def test_a_session_ends_after_its_time(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        await page.log_in(Role.TECHNICIAN)
        page.clock.s += 3599
        assert await who(page) == ("technician", "technician")
        page.clock.s += 2
        assert await who(page) == (None, "viewer")
        assert (await page.send("POST", "/api/technician"))[0] == 401


async def test_a_removed_user_is_out_and_another_role_holds_at_once(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        await page.log_in(Role.ENGINEER)
        demoted = {"engineer": dataclasses.replace(page.users.read()["engineer"], role=Role.VIEWER, language="de")}
        page.users.change(lambda users: {**users, **demoted})
        page.clock.s += 1.5
        assert (await page.send("GET", "/api/session"))[1]["language"] == "de"
        assert (await page.send("POST", "/api/technician"))[0] == 403
        page.users.change(lambda users: {"viewer": users["viewer"]})
        page.clock.s += 1.5
        assert (await page.send("POST", "/api/technician"))[0] == 401
        assert len(page.gatekeeper.sessions) == 0


async def test_a_password_that_was_changed_at_the_terminal_ends_the_sessions_of_the_old_one(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        await page.log_in(Role.TECHNICIAN)
        page.users.change(lambda users: {**users, "technician": a_user(Role.TECHNICIAN)})  # a salt of its own
        page.clock.s += 1.5
        assert await who(page) == (None, "viewer")


async def test_a_new_password_ends_every_session_but_the_one_that_set_it(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        await page.log_in(Role.TECHNICIAN)
        elsewhere = {"Cookie": f"{COOKIE}={cookie(page).value}"}  # type: ignore[union-attr]
        page.browser.cookie_jar.clear()
        await page.log_in(Role.TECHNICIAN)
        body = {"old": PASSWORDS[Role.TECHNICIAN], "new": "another one"}
        assert (await page.send("POST", "/api/session/password", json=body))[0] == 200
        assert len(page.gatekeeper.sessions) == 1
        assert await who(page) == ("technician", "technician")
        async with aiohttp.ClientSession(page.url) as other, other.get("/api/session", headers=elsewhere) as answer:
            assert (await answer.json())["user"] is None
        assert (await page.log_in(Role.TECHNICIAN))[0] == 401
        assert (await page.log_in(Role.TECHNICIAN, "another one"))[0] == 200


async def test_a_password_is_changed_only_by_who_knows_the_old_one_and_to_a_good_one(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        path = "/api/session/password"
        body = {"old": "turn-the-key", "new": "another one"}
        assert (await page.send("POST", path, json=body))[0] == 401
        await page.log_in(Role.TECHNICIAN)
        before = page.users.read()
        for wrong, status in (
            ({"old": "guessed", "new": "another one"}, 401),
            ({"old": "turn-the-key", "new": "short"}, 400),
            ({"old": "turn-the-key", "new": "technician"}, 400),
            ({"old": "turn-the-key", "new": "x" * 300}, 422),
        ):
            assert (await page.send("POST", path, json=wrong))[0] == status
        assert page.users.read() == before


async def test_with_a_broken_users_file_nobody_logs_in_looking_goes_on_and_it_is_said_once(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        await page.log_in(Role.ENGINEER)
        good = page.users.path.read_text()
        page.users.path.write_text(good[:-20])
        page.clock.s += 1.5
        assert await who(page) == (None, "viewer")
        for _ in range(3):
            page.clock.s += 1.5
            status, answer = await page.log_in(Role.ENGINEER)
            assert (status, "users' file is broken" in answer["error"]) == (503, True)
        assert (await page.send("GET", "/api/viewer"))[0] == 200
        assert len(page.broken) == 1
        assert str(page.users.path) in str(page.broken[0])
        page.users.path.write_text(good)
        page.clock.s += 1.5
        assert (await page.log_in(Role.ENGINEER))[0] == 200
        assert page.broken[1:] == [None]


async def test_without_any_user_one_may_still_look(tmp_path: Path) -> None:
    async with a_page(tmp_path, users=()) as page:
        assert (await page.log_in(Role.ENGINEER))[0] == 401
        assert (await page.send("GET", "/api/viewer"))[0] == 200
        assert page.broken == []


async def test_each_command_leaves_one_line_and_looking_none(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        await page.send("POST", "/api/technician")
        await page.log_in(Role.TECHNICIAN, "wrong")
        await page.log_in(Role.TECHNICIAN)
        for method, path in (
            ("GET", "/api/technician"),
            ("DELETE", "/api/technician"),
            ("POST", "/api/engineer"),
            ("POST", "/api/conflict"),
            ("POST", "/api/classify"),
            ("POST", "/api/fails"),
        ):
            await page.send(method, path)
        await page.send("POST", "/api/technician", token=False)
        nobody, me = ("(nobody logged in)", "viewer", "127.0.0.1"), ("technician", "technician", "127.0.0.1")
        said = [line[1:5] for line in page.lines]
        assert said == [
            (*nobody, "POST /api/technician"),
            (*nobody, "POST /api/session: as technician"),
            (*nobody, "POST /api/session: as technician"),
            (*me, "DELETE /api/technician"),
            (*me, "POST /api/engineer"),
            (*me, "POST /api/conflict"),
            (*me, "POST /api/fails"),
            (*me, "POST /api/technician"),
        ]
        outcomes = [line[5] for line in page.lines]
        assert [outcome[:3] for outcome in outcomes] == ["401", "401", "don", "don", "403", "409", "500", "403"]
        assert outcomes[5] == "409: Not now."
        assert all(line[0].endswith("+00:00") for line in page.lines)
        assert PASSWORDS[Role.TECHNICIAN] not in str(page.lines)


async def test_nobody_fills_the_disk_with_lines_of_refused_commands(tmp_path: Path) -> None:
    async with a_page(tmp_path) as page:
        for _ in range(50):
            await page.send("POST", "/api/technician")
        assert len(page.lines) == 30
        await page.log_in(Role.TECHNICIAN)
        assert page.lines[-1][5] == "done (before it 20 more were refused)"


async def test_over_tls_the_cookie_is_secure_and_older_tls_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    pem = authority.issue("server")
    trust = authority.client()
    async with a_page(tmp_path, tls=server_context(pem, pem), trust=trust) as page:
        body = {"user": "viewer", "password": "look-at-it"}
        async with page.browser.post("/api/session", json=body, headers={"Origin": page.url}) as answer:
            assert "; Secure" in answer.headers["Set-Cookie"]
        assert await who(page) == ("viewer", "viewer")
        assert (await page.send("POST", "/api/viewer"))[0] == 200


async def test_the_language_of_who_is_not_known_is_the_browsers_and_of_a_user_the_users(tmp_path: Path) -> None:
    users = (a_user(Role.VIEWER, language="de"),)
    async with a_page(tmp_path, users=users) as page:
        for header, language in (("de-AT,en;q=0.5", "de"), ("fr,en", "en"), ("fr", "en"), ("en,de", "en")):
            _, answer = await page.send("GET", "/api/session", headers={"Accept-Language": header})
            assert answer["language"] == language
        await page.log_in(Role.VIEWER)
        assert (await page.send("GET", "/api/session", headers={"Accept-Language": "en"}))[1]["language"] == "de"
