"""Serves the page and its data from the event loop.

One publisher makes the document twice a second while somebody watches and offers it to each watcher; a watcher that
does not read is dropped and counted, so that no browser can hold anything up. Read-only but for the fail-safe test
(`failsafe_routes`): no forms, no cookies. Must not know what the figures mean.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from station.listening import cannot_listen
from station.page.failsafe_routes import FailsafeControl, add_failsafe_routes
from station.page.snapshot import StatusSource

_log = logging.getLogger("station.page")

PERIOD_S = 0.5
MAX_CLIENTS = 16
CLIENT_QUEUE = 4  # documents: two seconds
SEND_BUFFER_BYTES = 64 * 1024
STOP_LIMIT_S = 1.0

_ASSETS = Path(__file__).parent / "assets"
_FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/draw.js": ("draw.js", "text/javascript"),
    "/failsafe.js": ("failsafe.js", "text/javascript"),
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class PageServer:
    """The page at `host`:`port` (port 0 takes a free one).

    `on_clients` hears how many watch, `on_dropped` of each watcher that was refused or dropped. `failsafe` None: the
    fail-safe test cannot be done from here.
    """

    def __init__(
        self,
        source: StatusSource,
        port: int,
        host: str = "127.0.0.1",
        *,
        period_s: float = PERIOD_S,
        max_clients: int = MAX_CLIENTS,
        on_clients: Callable[[int], None] = lambda count: None,
        on_dropped: Callable[[], None] = lambda: None,
        failsafe: FailsafeControl | None = None,
    ) -> None:
        self._source, self._host, self._port = source, host, port
        self._period_s, self._max_clients = period_s, max_clients
        self._on_clients, self._on_dropped, self._failsafe = on_clients, on_dropped, failsafe
        self._clients: set[_Client] = set()
        self._runner: web.AppRunner | None = None
        self._publisher: asyncio.Task[None] | None = None
        self._failing = False

    @property
    def url(self) -> str:
        """Where the page is (after `start`: with the port that was taken)."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}/"

    async def start(self) -> None:
        """Begins to serve; ListenError with one sentence where the port cannot be had."""
        application = web.Application(client_max_size=1024)
        application.router.add_get("/api/status", self._status)
        application.router.add_get("/api/events", self._events)
        application.router.add_get("/healthz", self._health)
        add_failsafe_routes(application, self._failsafe)
        for path, (name, kind) in _FILES.items():
            application.router.add_get(path, _file(_ASSETS / name, kind))
        application.on_response_prepare.append(_add_headers)
        listener = self._listen()
        self._runner = web.AppRunner(
            application, access_log=None, handle_signals=False, shutdown_timeout=STOP_LIMIT_S, keepalive_timeout=15
        )
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        self._publisher = asyncio.create_task(self._publish(), name="page publisher")

    async def stop(self) -> None:
        """Ends all connections and frees the port. Safe to repeat."""
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            publisher.cancel()
            with suppress(asyncio.CancelledError):
                await publisher
        for client in tuple(self._clients):
            client.close()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def _listen(self) -> socket.socket:
        try:
            family, kind, protocol, _, place = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)[0]
            listener = socket.socket(family, kind, protocol)
            try:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(place)
                listener.listen(64)
            except BaseException:
                listener.close()
                raise
        except OSError as error:
            raise cannot_listen("The status page", self._host, self._port, error) from None
        self._port = int(listener.getsockname()[1])
        return listener

    async def _publish(self) -> None:
        while True:
            await asyncio.sleep(self._period_s)
            if not self._clients:
                continue
            message = self._message()
            for client in tuple(self._clients):
                if not client.offer(message):
                    self._clients.discard(client)
                    self._on_dropped()
                    _log.debug("a page that did not read was dropped")

    def _message(self) -> bytes:
        try:
            document = json.dumps(self._source.snapshot(), allow_nan=False)
        except Exception:  # noqa: BLE001 - the page must never stop the station, nor show old figures as new ones
            if not self._failing:
                _log.exception("the page's figures could not be made; browsers show that there is no news")
            self._failing = True
            return b": no figures\n\n"
        self._failing = False
        return f"data: {document}\n\n".encode()

    async def _status(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(self._source.snapshot())

    async def _health(self, request: web.Request) -> web.Response:
        del request
        state = self._source.snapshot()["state"]
        return web.json_response({"state": state}, status=503 if state["name"] == "FAULT" else 200)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if len(self._clients) >= self._max_clients:
            self._on_dropped()
            return web.Response(status=503, text=f"{self._max_clients} pages watch this station already.\n")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        client = _Client(request.transport)
        self._clients.add(client)
        self._on_clients(len(self._clients))
        try:
            await response.prepare(request)
            await response.write(b"retry: 1000\n\n" + self._message())
            while (message := await client.next()) is not None:
                await response.write(message)
        except ConnectionError:
            pass  # the browser went away, or was dropped
        finally:
            self._clients.discard(client)
            self._on_clients(len(self._clients))
        return response


class _Client:
    """One watcher: at most CLIENT_QUEUE documents wait for it."""

    def __init__(self, transport: asyncio.Transport | None) -> None:
        self._transport = transport
        self._messages: asyncio.Queue[bytes | None] = asyncio.Queue(CLIENT_QUEUE)
        sock = transport.get_extra_info("socket") if transport else None
        if sock is not None:  # else the kernel keeps megabytes for a browser that sleeps
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def offer(self, message: bytes | None) -> bool:
        """Queues the document; False (and the connection is cut) where the watcher did not read the last ones."""
        try:
            self._messages.put_nowait(message)
        except asyncio.QueueFull:
            if self._transport is not None:
                self._transport.abort()
            return False
        return True

    def close(self) -> None:
        self.offer(None)

    async def next(self) -> bytes | None:
        return await self._messages.get()


def _file(path: Path, kind: str) -> Handler:
    body = path.read_bytes()

    async def answer(request: web.Request) -> web.Response:
        del request
        return web.Response(body=body, content_type=kind, charset="utf-8")

    return answer


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    del request
    response.headers.update(_HEADERS)
