"""A small page behind a real gatekeeper on loopback: every role's endpoint, the session's endpoints, a browser."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from station.access.accounts import Accounts
from station.access.gatekeeper import CSRF_HEADER, Door, Gatekeeper
from station.access.passwords import Cost, PasswordThread, hash_password
from station.access.roles import Role, needs
from station.access.session_routes import SessionRoutes
from station.access.sessions import Sessions
from station.access.users import User
from station.access.users_file import FILE, UsersFile
from station.api.endpoint import add_endpoints
from station.api.refusal import Refusal, api_errors

LIMIT_S = 20.0
QUICK = Cost(passes=1, memory_kib=8)
PASSWORDS = {Role.VIEWER: "look-at-it", Role.TECHNICIAN: "turn-the-key", Role.ENGINEER: "make-it-right"}


def a_user(role: Role, name: str | None = None, **more: Any) -> User:
    return User(name or str(role), role, more.get("language", "en"), hash_password(PASSWORDS[role], QUICK))


@dataclass
class Clock:
    """A monotonic clock that stands until it is moved."""

    s: float = 1000.0

    def __call__(self) -> float:
        return self.s


@dataclass
class Page:
    """What a test of the gatekeeper looks at."""

    url: str
    gatekeeper: Gatekeeper
    users: UsersFile
    clock: Clock
    browser: aiohttp.ClientSession
    lines: list[tuple[str, ...]] = field(default_factory=list)
    broken: list[str | None] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    watching: asyncio.Event = field(default_factory=asyncio.Event)

    async def csrf(self) -> str:
        async with self.browser.get("/api/session") as answer:
            return str((await answer.json())["csrf"])

    async def log_in(self, role: Role, password: str | None = None) -> tuple[int, Any]:
        body = {"user": str(role), "password": password or PASSWORDS[role]}
        async with self.browser.post("/api/session", json=body) as answer:
            return answer.status, await answer.json()

    async def send(self, method: str, path: str, *, token: bool = True, **more: Any) -> tuple[int, Any]:
        headers = {**more.pop("headers", {})}
        if token and method not in ("GET", "HEAD"):
            headers[CSRF_HEADER] = await self.csrf()
        async with self.browser.request(method, path, headers=headers, **more) as answer:
            text = await answer.read()
            return answer.status, await answer.json() if text and answer.content_type == "application/json" else None


@asynccontextmanager
async def a_page(
    folder: Path,
    *,
    anonymous: Role = Role.VIEWER,
    users: tuple[User, ...] | None = None,
    tls: ssl.SSLContext | None = None,
    trust: ssl.SSLContext | None = None,
    add: Callable[[web.Application], object] = lambda application: None,
) -> AsyncIterator[Page]:
    """The page with a user for each role, whose name is the role's."""
    file, clock = UsersFile(folder / FILE), Clock()
    there = tuple(a_user(role) for role in PASSWORDS) if users is None else users
    if there:
        file.change(lambda found: {user.name: user for user in there})
    lines: list[tuple[str, ...]] = []
    broken: list[str | None] = []
    accounts = Accounts(file, on_broken=broken.append, thread=PasswordThread(nice=0), clock_s=clock)
    runner = None
    try:
        gatekeeper = Gatekeeper(
            accounts,
            Sessions(3600, clock_s=clock),
            Door("127.0.0.1", 8090, tls is not None),
            lambda *line: lines.append(line),
            anonymous=anonymous,
            again_s=0.02,
        )
        routes = SessionRoutes(gatekeeper, session_h=1, clock_s=clock)
        application = web.Application(middlewares=[api_errors, gatekeeper.middleware()])
        page = Page("", gatekeeper, file, clock, None, lines, broken)  # type: ignore[arg-type]
        add_endpoints(application, routes.endpoints())
        _add_routes(application, page)
        add(application)
        runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        port = runner.addresses[0][1]
        page.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        jar, timeout = aiohttp.CookieJar(unsafe=True), aiohttp.ClientTimeout(total=LIMIT_S)
        connector = aiohttp.TCPConnector(ssl=trust or True)
        async with aiohttp.ClientSession(
            page.url, cookie_jar=jar, timeout=timeout, connector=connector
        ) as page.browser:
            yield page
    finally:
        if runner is not None:
            await runner.cleanup()
        await accounts.close()


def _add_routes(application: web.Application, page: Page) -> None:
    """A look and a command for each role, and what a program may forget."""

    async def done(request: web.Request) -> web.StreamResponse:
        page.ran.append(f"{request.method} {request.path}")
        return web.json_response({"done": True})

    async def conflict(request: web.Request) -> web.StreamResponse:
        raise Refusal(409, "Not now.")

    async def fails(request: web.Request) -> web.StreamResponse:
        raise RuntimeError("a mistake of the program")

    async def live(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str("hello")
        page.watching.set()
        async for _ in socket:
            pass
        return socket

    for role in Role:
        application.router.add_get(f"/api/{role}", needs(role, done))
        application.router.add_post(f"/api/{role}", needs(role, done))
        application.router.add_delete(f"/api/{role}", needs(role, done))
    application.router.add_get("/api/forgotten", done)
    application.router.add_post("/api/forgotten", done)
    application.router.add_post("/forgotten", done)
    application.router.add_get("/page.js", done)
    application.router.add_post("/api/classify", needs(Role.VIEWER, done))
    application.router.add_post("/api/conflict", needs(Role.TECHNICIAN, conflict))
    application.router.add_post("/api/fails", needs(Role.TECHNICIAN, fails))
    application.router.add_get("/api/failsafe", needs(Role.VIEWER, done))
    application.router.add_post("/api/failsafe/start", needs(Role.TECHNICIAN, done))
    application.router.add_get("/api/live", needs(Role.VIEWER, live))
