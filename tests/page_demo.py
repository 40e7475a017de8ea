"""The page over a station that only pretends: every endpoint, a part every quarter of a second, nothing behind it.

`python -m tests.page_demo` serves it for a look; the browser's tests drive it. Users: "anna" is a technician, "erik" an
engineer, the password is "demo".
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from tests.page_demo_station import ROLES, DemoStation
from tests.page_pictures import focus_jpeg, jpeg, map_png, part_picture

ASSETS = Path(__file__).resolve().parent.parent / "station" / "page" / "assets"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PART_S, STATUS_S = 0.25, 0.5
PASSWORD = "demo"
RANK = {"none": 0, "viewer": 1, "technician": 2, "engineer": 3}

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def refusal(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)


class PageDemo:
    """Serves on loopback; `station` is what the tests turn. `running`: parts come by themselves.

    `posts` has every command that was let through; pictures wait while `may_show` is not set.
    """

    def __init__(self, station: DemoStation | None = None, port: int = 0, *, running: bool = True) -> None:
        self.station = station or DemoStation()
        self.running = running
        self.anonymous = "viewer"
        self.posts: list[tuple[str, str, Any]] = []
        self.may_show = asyncio.Event()
        self.may_show.set()
        self._port = port
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._sockets: set[web.WebSocketResponse] = set()
        self._sessions: dict[str, str] = {}
        self._csrf = secrets.token_hex(8)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    async def start(self) -> None:
        application = web.Application(middlewares=[self._guard])
        self._routes(application)
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = int(self._runner.addresses[0][1])
        self._tasks = [asyncio.create_task(self._every(STATUS_S, self.tell_status))]
        if self.running:
            self._tasks.append(asyncio.create_task(self._every(PART_S, self.part)))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for socket in tuple(self._sockets):
            await socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def part(self) -> None:
        """One more part, told at once."""
        await self.tell({"kind": "part", "part": self.station.one_part()})

    async def tell_status(self) -> None:
        await self.tell({"kind": "status", "status": self.station.snapshot()})

    async def tell(self, message: dict[str, Any]) -> None:
        text = json.dumps(message)
        for socket in tuple(self._sockets):
            with contextlib.suppress(ConnectionError):
                await socket.send_str(text)

    async def _every(self, period_s: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(period_s)
            await work()

    def _role(self, request: web.Request) -> tuple[str | None, str]:
        user = self._sessions.get(request.cookies.get("session", ""))
        return (user, ROLES[user]) if user else (None, self.anonymous)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Answer) -> web.StreamResponse:
        open_to_all = request.path == "/api/session" or not request.path.startswith("/api/")
        wanted = "viewer" if request.method == "GET" else "technician"
        if request.path.endswith(("/activate", "/export")) or request.path == "/api/audit":
            wanted = "engineer"
        if not open_to_all and RANK[self._role(request)[1]] < RANK[wanted]:
            response: web.StreamResponse = refusal(403, f"This needs the role {wanted}: log in.")
        elif request.method != "GET" and not open_to_all and request.headers.get("X-CSRF-Token") != self._csrf:
            response = refusal(403, "The page has no leave to ask this: load it again.")
        else:
            if request.method != "GET" and not open_to_all:
                self.posts.append((request.method, request.path, json.loads(await request.text())))
            response = await handler(request)
        if not response.prepared:
            response.headers.setdefault("Content-Security-Policy", CSP)
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _routes(self, application: web.Application) -> None:
        station, router = self.station, application.router

        def read(path: str, value: Callable[[web.Request], Any]) -> None:
            async def answer(request: web.Request) -> web.StreamResponse:
                found = value(request)
                if found is None:
                    return refusal(404, f"There is nothing at {request.path}.")
                return found if isinstance(found, web.Response) else web.json_response(found)

            router.add_get(path, answer)

        def command(path: str, work: Callable[[web.Request, dict[str, Any]], Any], method: str = "POST") -> None:
            async def answer(request: web.Request) -> web.StreamResponse:
                try:
                    done = work(request, json.loads(await request.text()))
                except ValueError as error:
                    return refusal(409, str(error))
                return done if isinstance(done, web.Response) else web.json_response(done)

            router.add_route(method, path, answer)

        read("/", lambda request: _file(ASSETS / "index.html"))
        read("/api/status", lambda request: station.snapshot())
        router.add_get("/api/live", self._live)
        router.add_get("/api/stream/{camera}", self._stream)
        read("/api/session", self._session)
        router.add_post("/api/session", self._log_in)
        router.add_delete("/api/session", self._log_out)
        read("/api/parts", lambda request: station.page_of(dict(request.query)))
        read("/api/parts/{uid}", lambda request: station.life(int(request.match_info["uid"])))
        router.add_get("/api/parts/{uid}/pictures/{view}", self._picture)
        router.add_get("/api/parts/{uid}/pictures/{view}/map", self._picture)
        read("/api/parts/{uid}/pictures/{view}/candidate", lambda request: station.candidate(
            int(request.match_info["uid"]), request.query["bundle"]))  # fmt: skip
        read("/api/hours", lambda request: station.hours())
        read("/api/records", lambda request: web.Response(text="part_uid\n", content_type="text/csv"))
        read("/api/review", lambda request: station.review(request.query["queue"], request.query.get("state", "open")))
        command("/api/review/export", lambda request, body: web.Response(body=b"PK", content_type="application/zip"))
        command("/api/review/{uid}", lambda request, body: station.judge(
            int(request.match_info["uid"]), body["judgement"], self._role(request)[0] or ""))  # fmt: skip
        command("/api/review/{uid}", lambda request, body: station.take_back(int(request.match_info["uid"])), "DELETE")
        read("/api/faults", lambda request: station.all_faults())
        command("/api/faults/{id}/acknowledge", lambda request, body: station.acknowledge(
            request.match_info["id"], self._role(request)[0] or ""))  # fmt: skip
        read("/api/io", lambda request: station.io())
        read("/api/devices", lambda request: station.devices())
        read("/api/recipes", lambda request: station.recipes())
        command("/api/recipes/{id}/activate", lambda request, body: station.activate(int(request.match_info["id"])))
        read("/api/failsafe", lambda request: station.failsafe.state())
        for action in ("start", "ready", "answer", "skip", "abort"):
            command(f"/api/failsafe/{action}", lambda request, body, action=action: station.failsafe.do(action, body))
        read("/api/audit", lambda request: station.audit())
        read("/{path:.+}", lambda request: _file(ASSETS / request.match_info["path"]))

    async def _live(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"kind": "status", "status": self.station.snapshot()}))
        self._sockets.add(socket)
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            self._sockets.discard(socket)
        return socket

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "multipart/x-mixed-replace; boundary=frame"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for step in range(10_000):
                body = focus_jpeg(step)
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
                await response.write(head.encode() + body + b"\r\n")
                await asyncio.sleep(0.2)
        return response

    async def _picture(self, request: web.Request) -> web.Response:
        await self.may_show.wait()
        shown = self.station.picture(int(request.match_info["uid"]), request.match_info["view"])
        if shown is None:
            return refusal(404, "No picture of this part was kept.")
        if request.path.endswith("/map"):
            return web.Response(body=map_png(*shown), content_type="image/png")
        body = jpeg(part_picture(*shown), 0.5 if request.query.get("preview") else 1.0)
        return web.Response(body=body, content_type="image/jpeg")

    def _session(self, request: web.Request) -> dict[str, Any]:
        user, role = self._role(request)
        return {"user": user, "role": role, "csrf": self._csrf, "language": "en"}

    async def _log_in(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["user"] not in ROLES or body["password"] != PASSWORD:
            return refusal(401, "User or password is wrong.")
        token = secrets.token_hex(16)
        self._sessions[token] = body["user"]
        role = ROLES[body["user"]]
        answer = web.json_response({"user": body["user"], "role": role, "csrf": self._csrf, "language": "en"})
        answer.set_cookie("session", token, httponly=True, samesite="Strict")
        return answer

    async def _log_out(self, request: web.Request) -> web.Response:
        self._sessions.pop(request.cookies.get("session", ""), None)
        return web.json_response(self._session(request))


_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


def _file(path: Path) -> web.Response | None:
    if not path.is_file() or ASSETS not in path.resolve().parents:
        return None
    return web.Response(body=path.read_bytes(), content_type=_KINDS.get(path.suffix, "text/plain"), charset="utf-8")


async def _serve(port: int) -> None:
    demo = PageDemo(port=port)
    await demo.start()
    print(f"The page is at {demo.url}", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await demo.stop()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=8808)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.parse_args().port))
