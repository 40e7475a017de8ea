"""The metrics endpoint answers, names its troubles in one sentence, and leaves nothing behind."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from station.listening import ListenError
from station.metrics import Metrics
from station.metrics.server import MetricsServer

LIMIT_S = 20.0


@pytest.fixture
def server() -> Iterator[MetricsServer]:
    server = MetricsServer(Metrics(deadline_s=0.25, version="0.1.0", cameras=("line",)).registry, port=0)
    server.start()
    yield server
    assert server.stop()


def get(server: MetricsServer, path: str) -> tuple[str, str]:
    host, port = server.address
    with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=LIMIT_S) as answer:
        return answer.read().decode(), answer.headers["Content-Type"]


def test_the_metrics_are_served_on_loopback_only(server: MetricsServer) -> None:
    text, kind = get(server, "/metrics")
    assert "station_triggers_total 0.0" in text
    assert "process_resident_memory_bytes" in text
    assert kind.startswith("text/plain; version=0.0.4")
    assert server.address[0] == "127.0.0.1"


def test_another_path_says_where_the_metrics_are(server: MetricsServer) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        get(server, "/nothing")
    with caught.value as answer:
        assert b"/metrics" in answer.read()


@pytest.mark.parametrize(
    "rubbish",
    [b"", b"\x00\xff\n\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000, b"POST /metrics HTTP/1.0\r\n\r\n"],
)
def test_rubbish_harms_neither_the_server_nor_the_log(
    server: MetricsServer, rubbish: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(server.address, LIMIT_S) as client:
        client.sendall(rubbish)
    assert "station_triggers_total" in get(server, "/metrics")[0]
    assert capfd.readouterr().err == ""


def test_a_silent_client_holds_the_next_one_up_for_a_limited_time_only(server: MetricsServer) -> None:
    with socket.create_connection(server.address, LIMIT_S):
        assert "station_triggers_total" in get(server, "/metrics")[0]


def test_a_port_in_use_is_one_sentence(server: MetricsServer) -> None:
    port = server.address[1]
    second = MetricsServer(Metrics(deadline_s=0.25, version="0.1.0", cameras=("line",)).registry, port=port)
    with pytest.raises(ListenError) as caught:
        second.start()
    assert str(caught.value) == (
        f"The metrics server cannot listen on 127.0.0.1:{port}: "
        "another program uses this port; stop it (a second station?) or choose another port."
    )
    assert second.stop()


@pytest.mark.parametrize(("host", "words"), [("192.0.2.1", "does not have this address"), ("no host", "resolve")])
def test_a_wrong_address_is_one_sentence(host: str, words: str) -> None:
    server = MetricsServer(Metrics(deadline_s=0.25, version="0.1.0", cameras=("line",)).registry, port=0, host=host)
    with pytest.raises(ListenError, match=words):
        server.start()


def test_stopping_twice_and_before_the_start_is_harmless_and_no_thread_is_left() -> None:
    before = threading.active_count()
    server = MetricsServer(Metrics(deadline_s=0.25, version="0.1.0", cameras=("line",)).registry, port=0)
    assert server.stop()
    server.start()
    assert server.stop()
    assert server.stop()
    assert threading.active_count() == before
