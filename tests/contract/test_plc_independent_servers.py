"""The careful client against servers that other people wrote, each in its own process, through their misfortunes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from drivers.plc.client import CarefulClient
from drivers.plc.errors import PlcError, PlcLinkDownError, PlcRefusedError, PlcReplyError, PlcTimeoutError
from tests.peers.programs import LIBRARIES, LIMIT_S, free_port, peer_server, require
from tests.plc_peers import until

SIZE = 200
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS = 1, 2
each_library = pytest.mark.parametrize("library", LIBRARIES)


def careful(port: int, timeout_ms: int = 1000) -> CarefulClient:
    return CarefulClient("127.0.0.1", port, timeout_ms=timeout_ms)


async def read_when_it_answers(client: CarefulClient, address: int, count: int) -> tuple[int, ...]:
    """Read as often as it takes: a reading may be repeated, a write never."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                await client.wait_connected(LIMIT_S)
                return await client.read(address, count)
            except PlcError:
                continue


@each_library
async def test_what_is_written_is_read_back_and_was_written_once(library: str, tmp_path: Path):
    require(library)
    async with peer_server(library, tmp_path, port := free_port(), registers=SIZE) as server, careful(port) as client:
        await client.wait_connected(LIMIT_S)
        whole = tuple(range(1000, 1123))  # the most that one request carries
        await client.write(3, (1, 0xFFFF))
        await client.write(20, whole)
        assert await client.read(2, 4) == (0, 1, 0xFFFF, 0)
        assert await client.read(20, 125) == (*whole, 0, 0)
        await client.write_coils(1, (True, False, True))
        await client.write_coils(9, (True,))
        assert await client.read_coils(0, 10) == (False, True, False, True, *(False,) * 5, True)
        await server.until(lambda _: len(server.writes()) == 2)
        assert server.writes() == [(3, 1, 0xFFFF), (20, *whole)]
        assert (client.counters.connects, client.counters.requests) == (1, 7)


@each_library
async def test_a_write_beside_the_map_is_refused_and_changes_nothing(library: str, tmp_path: Path):
    require(library)
    async with peer_server(library, tmp_path, port := free_port(), registers=SIZE) as server, careful(port) as client:
        await client.wait_connected(LIMIT_S)
        with pytest.raises(PlcRefusedError, match="Modbus exception 2") as refused:
            await client.write(SIZE - 1, (5, 6))
        assert refused.value.code == ILLEGAL_ADDRESS
        assert await client.read(SIZE - 1, 1) == (0,)
        assert server.writes() == []
        assert client.counters.connects == 1


@each_library
async def test_a_reading_beside_the_map_gives_no_values(library: str, tmp_path: Path):
    require(library)
    async with peer_server(library, tmp_path, port := free_port(), registers=SIZE), careful(port) as client:
        await client.wait_connected(LIMIT_S)
        if library == "jsmodbus":  # it answers with as many registers as it has
            with pytest.raises(PlcReplyError, match="4 data bytes were expected, 2 came"):
                await client.read(SIZE - 1, 2)
        else:
            with pytest.raises(PlcRefusedError) as refused:
                await client.read(SIZE - 1, 2)
            assert refused.value.code == ILLEGAL_ADDRESS
        assert await read_when_it_answers(client, 0, 2) == (0, 0)


@each_library
async def test_reading_and_writing_in_one_request_works_or_fails_by_name(library: str, tmp_path: Path):
    require(library)
    async with peer_server(library, tmp_path, port := free_port(), registers=SIZE) as server, careful(port) as client:
        await client.wait_connected(LIMIT_S)
        if library == "modbus-serial":
            with pytest.raises(PlcRefusedError) as refused:
                await client.read_write(3, 3, 4, (7,))
            assert refused.value.code == ILLEGAL_FUNCTION
        elif library == "jsmodbus":  # no answer at all to a function that it has not
            with pytest.raises(PlcTimeoutError, match="no reply within"):
                await client.read_write(3, 3, 4, (7,))
        else:
            assert await client.read_write(3, 3, 4, (7,)) == (0, 7, 0)
            await server.until(lambda _: server.writes() == [(4, 7)])
            return
        assert await read_when_it_answers(client, 3, 3) == (0, 0, 0)
        assert server.writes() == []


@each_library
async def test_a_server_that_was_killed_is_found_again_and_gets_no_old_write(library: str, tmp_path: Path):
    require(library)
    port = free_port()
    async with careful(port) as client:
        async with peer_server(library, tmp_path, port, registers=SIZE) as server:
            await client.wait_connected(LIMIT_S)
            await client.write(3, (1,))
            await server.freeze()
            under_way = asyncio.create_task(client.write(4, (2,)))
            await until(lambda: client.counters.requests == 2)
            await server.kill()
            with pytest.raises(PlcTimeoutError):
                await under_way
            with pytest.raises(PlcLinkDownError, match="the request was not sent"):
                await client.write(5, (3,))
        async with peer_server(library, tmp_path, port, registers=SIZE) as server:
            assert await read_when_it_answers(client, 3, 3) == (0, 0, 0)
            await client.write(6, (4,))
            await server.until(lambda _: bool(server.writes()))
            assert server.writes() == [(6, 4)]
        assert client.counters.connects == 2


@each_library
async def test_a_server_that_stood_still_gets_a_write_once_at_most(library: str, tmp_path: Path):
    require(library)
    async with (
        peer_server(library, tmp_path, port := free_port(), registers=SIZE) as server,
        careful(port, timeout_ms=100) as client,
    ):
        await read_when_it_answers(client, 0, 1)
        await server.freeze()
        with pytest.raises(PlcTimeoutError, match="nothing is sent again"):
            await client.write(3, (1,))
        server.thaw()
        assert await read_when_it_answers(client, 3, 1) in ((0,), (1,))
        async with careful(port) as other:  # what it writes comes after all that the first one ever sent
            await other.wait_connected(LIMIT_S)
            await other.write(4, (2,))
        await server.until(lambda _: (4, 2) in server.writes())
        assert server.writes().count((3, 1)) <= 1
        assert set(server.writes()) <= {(3, 1), (4, 2)}
