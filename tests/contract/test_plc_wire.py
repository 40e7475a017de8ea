"""The PLC interface between two processes: whole parts, and a reader that looks for torn blocks."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

import pytest

from drivers.plc.client import CarefulClient
from drivers.plc.registers import (
    CONTROL_BASE,
    STATUS_BASE,
    STATUS_WORDS,
    ControlBits,
    ControlBlock,
    StatusBits,
    StatusBlock,
    is_pass,
    result_crc,
)
from drivers.plc.symbols import LAYOUT_VERSION
from tests.plc_peers import LIMIT_S, frame, read_request
from tests.plc_station import station_process, storm_status

HAMMER_READS = 1_000_000
HAMMER_LINKS, HAMMER_PIPELINED = 4, 4
"""Few requests a segment: all of one segment are answered from one snapshot, and different ones are wanted."""
NO_BITS = ControlBits(0)


class Plc:
    """A PLC program as short as can be: one exchange a scan, heartbeat in each."""

    def __init__(self, client: CarefulClient) -> None:
        self.client = client
        self.heartbeat = 0

    async def scan(self, bits: ControlBits = NO_BITS, part_seq: int = 0) -> StatusBlock:
        """Write the control block and read the status block in one request."""
        self.heartbeat = (self.heartbeat + 1) & 0xFFFF
        control = ControlBlock(ControlBits.ENABLE | bits, part_seq, 0, self.heartbeat, 1000 + part_seq)
        words = await self.client.read_write(STATUS_BASE, STATUS_WORDS, CONTROL_BASE, control.encode())
        return StatusBlock.decode(words)

    async def scan_until(self, wanted: StatusBits) -> StatusBlock:
        """Scan until all `wanted` bits are there."""
        async with asyncio.timeout(LIMIT_S):
            while wanted not in (status := await self.scan()).bits:
                pass
        return status

    async def part(self, seq: int) -> StatusBlock:
        """One part, edge by edge; returns the status block with its result."""
        await self.scan_until(StatusBits.TRIGGER_READY)
        taken = await self.scan(ControlBits.TRIGGER, seq)
        assert StatusBits.TRIGGER_ACK in taken.bits
        assert taken.acq_seq == seq
        assert StatusBits.TRIGGER_ACK not in (await self.scan()).bits
        decided = await self.scan_until(StatusBits.RESULTS_VALID)
        assert StatusBits.RESULTS_VALID not in (await self.scan(ControlBits.RESULTS_ACK)).bits
        return decided


async def test_parts_go_through_the_handshake_between_two_processes():
    async with station_process("parts") as port, CarefulClient("127.0.0.1", port, timeout_ms=1000) as client:
        await client.wait_connected(LIMIT_S)
        plc = Plc(client)
        for seq in (*range(65530, 65536), *range(1, 40)):
            result = (await plc.part(seq)).result
            assert result.part_seq == seq
            assert result.trigger_encoder == 1000 + seq
            assert is_pass(result, seq) is (seq % 2 == 1)
    assert client.counters.connects == 1


async def test_the_heartbeat_of_a_working_station_moves_and_the_layout_version_is_there():
    async with station_process("parts") as port, CarefulClient("127.0.0.1", port, timeout_ms=1000) as client:
        await client.wait_connected(LIMIT_S)
        plc = Plc(client)
        first = await plc.scan()
        assert first.layout_version == LAYOUT_VERSION
        assert StatusBits.SIMULATED in first.bits
        async with asyncio.timeout(LIMIT_S):
            while (await plc.scan()).heartbeat == first.heartbeat:
                pass


def read_blocking(link: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = link.recv(count - len(data))
        assert piece, "the server closed the link"
        data += piece
    return data


def of_one_step(words: tuple[int, ...]) -> bool:
    """All numbers of the block are made from one step and the check word fits."""
    n = words[24] << 16 | words[25]
    seq = n % 0xFFFF + 1
    numbers = words[8] == words[10] == seq and words[2] == n & 0xFFFF and words[34] << 16 | words[35] == n
    return numbers and words[21] == result_crc(words[10:22])


def hammer(port: int) -> tuple[int, int]:
    """Read the status block again and again, several requests a segment over several links.

    Returns how many different steps and how many torn blocks came. Equal blocks are judged once.
    """
    size = 9 + 2 * STATUS_WORDS
    request = frame(read_request(STATUS_BASE, STATUS_WORDS)) * HAMMER_PIPELINED
    blocks, steps, torn = set[bytes](), set[int](), 0
    with contextlib.ExitStack() as open_links:
        links: list[socket.socket] = []
        for _ in range(HAMMER_LINKS):
            link = open_links.enter_context(socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S))
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.sendall(request)
            links.append(link)
        rounds = HAMMER_READS // (HAMMER_LINKS * HAMMER_PIPELINED)
        for number in range(rounds):
            for link in links:
                replies = read_blocking(link, HAMMER_PIPELINED * size)
                if number + 1 < rounds:
                    link.sendall(request)
                for at in range(9, len(replies), size):
                    blocks.add(replies[at : at + 2 * STATUS_WORDS])
            if len(blocks) > 1000 or number + 1 == rounds:
                for block in blocks:
                    words = struct.unpack(f">{STATUS_WORDS}H", block)
                    if any(words):
                        steps.add(words[24] << 16 | words[25])
                        torn += not of_one_step(words)
                blocks.clear()
    return len(steps), torn


@pytest.mark.timeout(600)
async def test_a_hammering_reader_never_sees_a_block_of_two_snapshots():
    async with station_process("storm") as port:
        steps, torn = await asyncio.to_thread(hammer, port)
    assert torn == 0
    assert steps > HAMMER_READS / 100, "the block was hardly ever swapped: this test has seen nothing"


def test_the_hammer_would_see_a_torn_block():
    old, new = storm_status(7).encode(), storm_status(8).encode()
    assert of_one_step(old)
    assert of_one_step(new)
    mixed = [old[:cut] + new[cut:] for cut in range(STATUS_WORDS)]
    assert not any(of_one_step(words) for words in mixed if words not in (old, new))
    assert sum(words not in (old, new) for words in mixed) > 30
