"""The live feed: each verdict and each fault at once, the whole status twice a second, over one WebSocket a browser.

Messages are made once and offered to every watcher; a watcher that does not read is cut off and counted, so that no
browser can hold anything up. Watchers say nothing that is listened to. Must not know what the figures mean.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from aiohttp import WSMsgType, web

from station.page.snapshot import FaultRow, Part, StatusSource

_log = logging.getLogger("station.page")

PATH: Final = "/api/live"
PERIOD_S: Final = 0.5
MAX_CLIENTS: Final = 16
CLIENT_QUEUE: Final = 64
"""Messages that may wait for a watcher: about four seconds at 12 parts/s."""
SEND_BUFFER_BYTES: Final = 64 * 1024
PING_S: Final = 10.0
HEARD_BYTES_MAX: Final = 1024
_NO_FIGURES: Final = '{"kind": "no figures"}'


class LiveFeed:
    """Everybody who watches the station now. All calls in the event loop; none of them waits but `run` and `watch`."""

    def __init__(
        self,
        source: StatusSource,
        *,
        period_s: float = PERIOD_S,
        max_clients: int = MAX_CLIENTS,
        on_clients: Callable[[int], None] = lambda count: None,
        on_dropped: Callable[[], None] = lambda: None,
    ) -> None:
        self._source, self._period_s, self._max_clients = source, period_s, max_clients
        self._on_clients, self._on_dropped = on_clients, on_dropped
        self._watchers: set[_Watcher] = set()
        self._failing = False

    @property
    def watchers(self) -> int:
        """How many watch now."""
        return len(self._watchers)

    def part(self, part: Part) -> None:
        """A part has its verdict."""
        self._offer({"kind": "part", "part": part})

    def fault(self, fault: FaultRow, *, begins: bool) -> None:
        """A fault began, or has ended."""
        self._offer({"kind": "fault", "fault": fault, "begins": begins})

    async def run(self) -> None:
        """Tells the whole status every period, while somebody watches. Until cancelled."""
        while True:
            await asyncio.sleep(self._period_s)
            if self._watchers:
                self._tell(self._status())

    def close(self) -> None:
        """Lets every watcher go."""
        for watcher in tuple(self._watchers):
            watcher.close()

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """One watcher, until it goes, is dropped, or the station stops."""
        if len(self._watchers) >= self._max_clients:
            self._on_dropped()
            sentence = f"{self._max_clients} pages watch this station already; close one of them."
            return web.json_response({"error": sentence}, status=503)
        connection = web.WebSocketResponse(heartbeat=PING_S, max_msg_size=HEARD_BYTES_MAX, compress=False)
        await connection.prepare(request)
        watcher = _Watcher(request.transport)
        watcher.offer(self._status())
        self._watchers.add(watcher)
        self._on_clients(len(self._watchers))
        listening = asyncio.create_task(_until_it_goes(connection, watcher), name="live feed: a watcher's end")
        try:
            while (message := await watcher.next()) is not None:
                await connection.send_str(message)
            await connection.close()
        except ConnectionError:
            pass  # the browser went away, or was dropped
        finally:
            self._watchers.discard(watcher)
            self._on_clients(len(self._watchers))
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
        return connection

    def _offer(self, message: Mapping[str, Any]) -> None:
        if self._watchers:
            self._tell(json.dumps(message, allow_nan=False))

    def _tell(self, message: str) -> None:
        for watcher in tuple(self._watchers):
            if not watcher.offer(message):
                self._watchers.discard(watcher)
                self._on_dropped()
                _log.debug("a page that did not read was dropped")

    def _status(self) -> str:
        try:
            message = json.dumps({"kind": "status", "status": self._source.snapshot()}, allow_nan=False)
        except Exception:  # noqa: BLE001 - the page must never stop the station, nor show old figures as new ones
            if not self._failing:
                _log.exception("the page's figures could not be made; browsers show that there is no news")
            self._failing = True
            return _NO_FIGURES
        self._failing = False
        return message


class _Watcher:
    """One browser: at most CLIENT_QUEUE messages wait for it."""

    def __init__(self, transport: asyncio.BaseTransport | None) -> None:
        self._transport = transport
        self._messages: asyncio.Queue[str | None] = asyncio.Queue(CLIENT_QUEUE)
        sock = transport.get_extra_info("socket") if transport else None
        if sock is not None:  # else the kernel keeps megabytes for a browser that sleeps
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def offer(self, message: str | None) -> bool:
        """Queues the message; False (and the connection is cut) where the watcher did not read the last ones."""
        try:
            self._messages.put_nowait(message)
        except asyncio.QueueFull:
            if isinstance(self._transport, asyncio.WriteTransport):
                self._transport.abort()
            return False
        return True

    def close(self) -> None:
        self.offer(None)

    async def next(self) -> str | None:
        return await self._messages.get()


async def _until_it_goes(connection: web.WebSocketResponse, watcher: _Watcher) -> None:
    """Reads what nobody listens to, so that pings are answered and a browser that leaves is noticed."""
    async for message in connection:
        if message.type is WSMsgType.ERROR:
            break
    watcher.close()
