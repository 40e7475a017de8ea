"""Serves the page, its live feed and the API from the event loop, at one address, as http or https.

What is served and who may have it is given: routes by whoever adds them, access by middlewares. Must not know what the
figures mean, nor who the people are.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from station.listening import cannot_listen
from station.page.files import add_files
from station.page.live import LiveFeed

STOP_LIMIT_S: Final = 1.0
KEEP_ALIVE_S: Final = 15.0
BODY_BYTES_MAX: Final = 33 * 1024 * 1024
"""A picture for /api/classify; every other endpoint has a smaller limit of its own."""

AddRoutes = Callable[[web.Application], object]

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class PageServer:
    """The page at `host`:`port` (port 0 takes a free one); `tls` makes it https. `live` is run and closed here."""

    def __init__(
        self,
        live: LiveFeed,
        port: int,
        host: str = "127.0.0.1",
        *,
        routes: Sequence[AddRoutes] = (),
        middlewares: Sequence[Middleware] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._live, self._host, self._port = live, host, port
        self._routes, self._middlewares, self._tls = tuple(routes), tuple(middlewares), tls
        self._runner: web.AppRunner | None = None
        self._telling: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where the page is (after `start`: with the port that was taken)."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self._port}/"

    async def start(self) -> None:
        """Begins to serve; ListenError with one sentence where the port cannot be had."""
        application = web.Application(middlewares=self._middlewares, client_max_size=BODY_BYTES_MAX)
        for add in self._routes:
            add(application)
        add_files(application)
        application.on_response_prepare.append(_add_headers)
        listener = self._listen()
        self._runner = web.AppRunner(
            application,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=STOP_LIMIT_S,
            keepalive_timeout=KEEP_ALIVE_S,
            lingering_time=STOP_LIMIT_S,
        )
        await self._runner.setup()
        await web.SockSite(self._runner, listener, ssl_context=self._tls).start()
        self._telling = asyncio.create_task(self._live.run(), name="live feed")

    async def stop(self) -> None:
        """Ends all connections and frees the port. Safe to repeat."""
        telling, self._telling = self._telling, None
        if telling is not None:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
        self._live.close()
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


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    del request
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
