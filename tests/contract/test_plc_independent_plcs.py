"""The station as client of a PLC whose registers and program are other people's servers, in their own processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from drivers.plc.client_link import PlcClientLink
from drivers.plc.registers import STATUS_BASE, STATUS_WORDS, State, VerdictCode
from drivers.plc.settings import PlcSettings
from tests.peers.programs import LIBRARIES, Program, free_port, peer_server, require
from tests.peers.register_map import ENCODER_BASE
from tests.plc_station import _beats, _parts

SOUND, DEFECTIVE, LATER = 7, 8, 9


@asynccontextmanager
async def station(port: int) -> AsyncIterator[PlcClientLink]:
    """A station that passes every odd part and rejects every even one, as client of the PLC at `port`."""
    link = PlcClientLink(PlcSettings(role="client", host="127.0.0.1", port=port, timeout_ms=1000))
    await link.start()
    link.set_state(ready=True, online=True, state=State.READY)
    tasks = [asyncio.create_task(_parts(link)), asyncio.create_task(_beats(link))]
    try:
        yield link
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await link.stop()


async def parts_of(plc: Program, count: int) -> list[dict[str, object]]:
    await plc.until(lambda _: len(plc.said("part_seq")) == count)
    return plc.said("part_seq")


@pytest.mark.parametrize("library", LIBRARIES)
async def test_the_station_serves_an_independent_plc_in_its_own_registers(library: str, tmp_path: Path):
    require(library)
    port = free_port()
    async with peer_server(library, tmp_path, port, parts=[SOUND, DEFECTIVE]) as plc, station(port) as link:
        sound, defective = await parts_of(plc, 2)
        assert (link.client_counters.wrong_replies, link.client_counters.refusals) == (0, 0)
        assert link.handshake_counters.missed_triggers == 0
    for said, seq, verdict in ((sound, SOUND, VerdictCode.PASS), (defective, DEFECTIVE, VerdictCode.DEFECT)):
        assert said["faults"] == []
        assert (said["part_seq"], said["acq_seq"], said["result_seq"]) == (seq, seq, seq)
        assert said["trigger_encoder"] == ENCODER_BASE + seq
        assert (said["verdict"], said["passed"]) == (verdict, verdict is VerdictCode.PASS)
    assert plc.complaints == ""


@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_plc_that_was_switched_off_is_served_again_when_it_is_back(library: str, tmp_path: Path):
    require(library)
    port = free_port()
    async with station(port) as link:
        async with peer_server(library, tmp_path, port, parts=[SOUND]) as plc:
            await parts_of(plc, 1)
            await plc.kill()
        async with peer_server(library, tmp_path, port, parts=[LATER]) as plc:
            (said,) = await parts_of(plc, 1)
        assert (said["part_seq"], said["passed"], said["faults"]) == (LATER, True, [])
        assert link.client_counters.connects >= 2


@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_station_that_ends_leaves_no_verdict_in_the_plcs_registers(library: str, tmp_path: Path):
    require(library)
    port = free_port()
    async with peer_server(library, tmp_path, port, parts=[SOUND]) as plc:
        async with station(port):
            await parts_of(plc, 1)
        registers = [1] * (STATUS_BASE + STATUS_WORDS)

        def are_zero(_: object) -> bool:
            for address, *words in plc.writes():
                registers[address : address + len(words)] = words
            return not any(registers[STATUS_BASE:])

        await plc.until(are_zero)
