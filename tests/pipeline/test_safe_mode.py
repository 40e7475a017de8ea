"""A station that cannot be armed: its page is up with every fault on it, its outputs are safe, and it does not spin."""

from __future__ import annotations

import json
import signal
import socket
import struct
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from drivers.plc.registers import STATUS_BASE, STATUS_WORDS, State, StatusBlock
from tests.pipeline.rig import LIMIT_S, free_ports, program, status, until, write_config, write_pictures
from tests.pipeline.running_line import fault_codes

pytestmark = pytest.mark.timeout(180)

UP = "not armed; the page with these faults is up at http://127.0.0.1:"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path, write_pictures(tmp_path / "pictures", each=1))


def changed(config: Path, **sections: Any) -> Path:
    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    for name, change in sections.items():
        if change is None:
            del values[name]
        elif isinstance(change, dict):
            values[name] |= change
        else:
            values[name] = change
    config.write_text(yaml.safe_dump(values), encoding="utf-8")
    return config


def port_of(config: Path, section: str) -> int:
    return int(yaml.safe_load(config.read_text(encoding="utf-8"))[section]["port"])


def status_block(config: Path) -> StatusBlock:
    """What a PLC reads, with a request of its own making."""
    with socket.create_connection(("127.0.0.1", port_of(config, "plc")), timeout=LIMIT_S) as link:
        link.sendall(struct.pack(">HHHBBHH", 7, 0, 6, 1, 3, STATUS_BASE, STATUS_WORDS))
        answer = b""
        while len(answer) < 9 + 2 * STATUS_WORDS:
            more = link.recv(4096)
            assert more, "the station hung up"
            answer += more
    return StatusBlock.decode(struct.unpack(f">{STATUS_WORDS}H", answer[9:]))


def get(config: Path, path: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port_of(config, 'page')}{path}", timeout=5) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_a_configuration_that_does_not_load_brings_the_page_up_with_every_fault_by_line(config: Path) -> None:
    changed(config, recipe={"deadline_s": 1.5}, extra=1)
    with program("run", config, safe_mode=True) as running:
        shown = until("the page is up", lambda: status(config))
        assert shown["state"]["name"] == "FAULT"
        assert shown["station"]["name"] == "rig"
        assert {fault["code"] for fault in shown["faults"]} == {"E603"}
        sentences = [fault["sentence"] for fault in shown["faults"]]
        for key in ("recipe.deadline_s", "extra"):
            (line,) = [sentence for sentence in sentences if f" {key}: " in sentence or f"{key}:" in sentence]
            assert f"{config}:" in line
        assert get(config, "/healthz")[0] == 503
        assert len(get(config, "/api/faults")[1]["active"]) == len(sentences)
        assert get(config, "/api/session")[1]["role"] == "viewer"
        assert status_block(config) == StatusBlock(state=State.PREOPERATIONAL), "everything else is zero: rejected"
        assert sorted(path.name for path in config.parent.iterdir() if path.name == "records") == []
        running.process.send_signal(signal.SIGTERM)
        assert running.ended() == 2
    said = running.text()
    assert said.count("deadline_s") == 1, "each fault is said once on the terminal, as ever"
    assert said.count(UP) == 1
    assert "Traceback" not in said


def test_where_even_the_sections_are_wrong_the_page_is_on_this_machine_alone_and_the_plc_hears_nothing(
    config: Path,
) -> None:
    (free,) = free_ports(1)
    changed(config, plc={"port": free, "role": "sever"}, page={"host": "0.0.0.0"})
    with program("run", config, safe_mode=True) as running:
        until("the page is up", lambda: UP in running.text())
        assert fault_codes(config) == {"E603"}
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", free), timeout=1)
        assert running.stop() == 2
    assert UP in running.text(), "0.0.0.0 without TLS would show the faults to the whole network"


def test_a_model_that_is_refused_at_arming_is_on_the_page_instead_of_a_restart_loop(config: Path) -> None:
    changed(config, cell=None)
    changed(config, recipe={"deadline_ms": 0.001})
    with program("run", config, safe_mode=True) as running:
        until("the page is up with the reason", lambda: fault_codes(config) == {"E301"})
        assert status_block(config) == StatusBlock(state=State.PREOPERATIONAL)
        assert running.stop() == 2
    assert "expected at most the deadline" in running.text()


def test_a_port_of_the_plc_that_is_taken_is_on_the_page(config: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", port_of(config, "plc"))),
        program("run", config, safe_mode=True) as running,
    ):
        until("the page is up with the reason", lambda: "E206" in fault_codes(config))
        assert running.stop() == 3


def test_where_the_page_itself_has_no_port_it_ends_at_once_with_the_reason(config: Path) -> None:
    changed(config, extra=1)
    with (
        socket.create_server(("127.0.0.1", port_of(config, "page"))),
        program("run", config, safe_mode=True) as running,
    ):
        assert running.ended() == 2
    assert "extra" in running.text()
    assert f"{port_of(config, 'page')}: another program uses this port" in running.text()


def test_without_safe_mode_it_ends_at_once(config: Path) -> None:
    changed(config, extra=1)
    with program("run", config) as running:
        assert running.ended() == 2
    assert UP not in running.text()
