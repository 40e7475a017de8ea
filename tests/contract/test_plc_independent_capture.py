"""What goes over the wire, captured and decoded by tshark: not one remark, and an answer to every request."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.plc.registers import CONTROL_BASE
from tests.contract.test_plc_independent_plcs import station
from tests.peers.capture import captured, judge
from tests.peers.programs import LIBRARIES, free_port, peer_server, require, run_plc
from tests.plc_peers import frame, lying_server, raw_link, read_request
from tests.plc_station import station_process

PARTS = (7, 8)


async def test_tshark_has_no_remark_on_whole_parts_of_independent_plcs(tmp_path: Path):
    require("tshark", *LIBRARIES)
    file = tmp_path / "parts.pcapng"
    async with station_process("parts") as port, captured(port, file):
        for library in LIBRARIES:
            await run_plc(library, tmp_path, port, PARTS)
    said = judge(file, port)
    assert said.complaints == ()
    assert said.requests == said.responses > 100
    assert said.functions == {3, 4, 6, 16, 23}


@pytest.mark.parametrize("library", LIBRARIES)
async def test_tshark_has_no_remark_on_whole_parts_of_the_station_as_client(library: str, tmp_path: Path):
    require("tshark", library)
    file, port = tmp_path / "parts.pcapng", free_port()
    async with captured(port, file), peer_server(library, tmp_path, port, parts=PARTS) as plc, station(port):
        await plc.until(lambda _: len(plc.said("part_seq")) == len(PARTS))
    said = judge(file, port, client_resets=True)
    assert said.complaints == ()
    assert said.requests == said.responses > 10
    assert said.functions == {3, 16}


READ = read_request(CONTROL_BASE, 1)


@pytest.mark.parametrize(
    ("bytes_sent", "remark"),
    [
        (frame(b"\x03\x00"), "Malformed Packet"),
        (frame(b"\x63\x00\x00"), "Unknown function"),
        (frame(READ, protocol=5), "not decoded as Modbus TCP"),
    ],
    ids=["a request cut short", "an unknown function", "another protocol"],
)
async def test_tshark_does_remark_on_a_malformed_request(bytes_sent: bytes, remark: str, tmp_path: Path):
    require("tshark")
    file = tmp_path / "malformed.pcapng"
    async with station_process("parts") as port, captured(port, file), raw_link(port) as link:
        await link.ask(READ)
        link.writer.write(bytes_sent)
        await link.reader.read(1)
    said = judge(file, port)
    assert any(remark in complaint for complaint in said.complaints), said


async def test_a_request_without_its_answer_is_seen(tmp_path: Path):
    require("tshark")
    file = tmp_path / "unanswered.pcapng"

    async def close(_request: bytes) -> None:
        return None

    async with lying_server(close) as port, captured(port, file), raw_link(port) as link:
        link.writer.write(frame(READ))
        assert await link.closed()
    said = judge(file, port)
    assert (said.requests, said.responses) == (1, 0)
    assert any("got no answer" in complaint for complaint in said.complaints)
