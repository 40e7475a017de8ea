"""Serves the metrics to Prometheus, from one thread and one request at a time, outside the event loop.

Making the text in the loop would delay it by up to 28 ms a scrape. One at a time keeps threads bounded, and a limit on
each read keeps a silent client from blocking the next scrape for longer than that. Must not know which metrics exist.
"""

from __future__ import annotations

import logging
import socket
import threading
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from station.listening import cannot_listen

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_log = logging.getLogger("station.metrics")

READ_LIMIT_S = 2.0
POLL_S = 0.1
STOP_LIMIT_S = 5.0


class MetricsServer:
    """`/metrics` at `host`:`port`; port 0 takes a free one."""

    def __init__(self, registry: CollectorRegistry, port: int, host: str = "127.0.0.1") -> None:
        self._registry, self._host, self._port = registry, host, port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens (after `start`: with the port that was taken)."""
        return (self._host, self._server.server_port) if self._server else (self._host, self._port)

    def start(self) -> None:
        """Begins to serve; ListenError with one sentence where the port cannot be had."""
        try:
            family, _, _, _, place = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)[0]
            self._server = _Server(family, str(place[0]), self._port)
        except OSError as error:
            raise cannot_listen("The metrics server", self._host, self._port, error) from None
        self._server.set_app(self._answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_S,), name="metrics server", daemon=True
        )
        self._thread.start()

    def stop(self) -> bool:
        """Closes the port and ends the thread; False where a client held it longer than the limit. Safe to repeat."""
        if self._server is None or self._thread is None:
            return True
        # `shutdown` waits without a limit for a request in hand, so it gets a thread of its own.
        closer = threading.Thread(target=self._server.shutdown, name="metrics server stop", daemon=True)
        closer.start()
        self._thread.join(STOP_LIMIT_S)
        self._server.server_close()
        closer.join(STOP_LIMIT_S)
        return not self._thread.is_alive()

    def _answer(self, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        if environ["PATH_INFO"] not in {"/", "/metrics"}:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"The metrics are at /metrics.\n"]
        start_response("200 OK", [("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)])
        return [generate_latest(self._registry)]


class _Handler(WSGIRequestHandler):
    timeout = READ_LIMIT_S

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: one line a scrape says nothing."""


class _Server(WSGIServer):
    def __init__(self, family: int, host: str, port: int) -> None:
        self.address_family = family
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """As the base class, without its reverse look-up of the host's name, which waits on a network without DNS."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.debug("a metrics request from %s was not finished", client_address, exc_info=True)
