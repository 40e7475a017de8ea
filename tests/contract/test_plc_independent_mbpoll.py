"""mbpoll as the PLC: each exchange is a program of its own, and what it wrote stays when it is gone."""

from __future__ import annotations

import asyncio

import pytest

from drivers.plc.registers import (
    CONTROL_BASE,
    STATUS_BASE,
    STATUS_WORDS,
    ControlBits,
    StatusBits,
    StatusBlock,
    VerdictCode,
    is_pass,
    result_crc,
)
from tests.peers.programs import LIMIT_S, require
from tests.peers.register_map import ENCODER_BASE, UNIT_ID
from tests.plc_station import station_process


async def mbpoll(port: int, *arguments: str) -> tuple[int, str]:
    """Run mbpoll once with zero-based addresses; returns its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        "mbpoll", "-m", "tcp", "-p", str(port), "-a", str(UNIT_ID), "-0", "-1", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(LIMIT_S):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode(errors="replace")


def values(said: str) -> list[int]:
    """The registers of a reading, from lines as `[100]: <tab>65535 (-1)`."""
    lines = [line for line in said.splitlines() if line.startswith("[")]
    return [int(line.split(":")[1].split()[0]) & 0xFFFF for line in lines]


class MbpollPlc:
    def __init__(self, port: int) -> None:
        self.port = port
        self.heartbeat = 0

    async def write(self, bits: ControlBits, seq: int = 0) -> None:
        """C0 to C5 with one FC16; the heartbeat moves with each."""
        self.heartbeat += 1
        encoder = ENCODER_BASE + seq
        words = (ControlBits.ENABLE | bits, seq, 0, self.heartbeat, encoder >> 16, encoder & 0xFFFF)
        code, said = await mbpoll(
            self.port, "-t", "4", "-r", str(CONTROL_BASE), "127.0.0.1", *(str(int(word)) for word in words)
        )
        assert (code, f"Written {len(words)} references" in said) == (0, True), said

    async def status(self, table: str = "4") -> StatusBlock:
        """The status block with one FC3 (table 4) or FC4 (table 3)."""
        start = STATUS_BASE if table == "4" else 0
        code, said = await mbpoll(self.port, "-t", table, "-r", str(start), "-c", str(STATUS_WORDS), "127.0.0.1")
        assert code == 0, said
        return StatusBlock.decode(tuple(values(said)))

    async def status_until(self, wanted: StatusBits) -> StatusBlock:
        async with asyncio.timeout(LIMIT_S):
            while wanted not in (status := await self.status()).bits:
                await self.write(ControlBits(0))
        return status

    async def part(self, seq: int) -> StatusBlock:
        """One part, edge by edge; returns the status block that holds its result."""
        await self.write(ControlBits(0))
        await self.status_until(StatusBits.TRIGGER_READY)
        await self.write(ControlBits(0), seq)
        await self.write(ControlBits.TRIGGER, seq)
        taken = await self.status(table="3")
        assert StatusBits.TRIGGER_ACK in taken.bits
        assert taken.acq_seq == seq
        await self.write(ControlBits(0), seq)
        assert StatusBits.TRIGGER_ACK not in (await self.status()).bits
        decided = await self.status_until(StatusBits.RESULTS_VALID)
        await self.write(ControlBits.RESULTS_ACK)
        assert StatusBits.RESULTS_VALID not in (await self.status()).bits
        await self.write(ControlBits(0))
        return decided


async def test_mbpoll_takes_a_sound_and_a_defective_part_through_the_handshake():
    require("mbpoll")
    async with station_process("slow-parts") as port:
        plc = MbpollPlc(port)
        for seq, verdict in ((7, VerdictCode.PASS), (8, VerdictCode.DEFECT)):
            result = (await plc.part(seq)).result
            assert (result.part_seq, result.verdict, result.not_verdict) == (seq, verdict, verdict ^ 0xFFFF)
            assert result.crc == result_crc(result.encode())
            assert result.trigger_encoder == ENCODER_BASE + seq
            assert is_pass(result, seq) is (verdict is VerdictCode.PASS)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-t", "4", "-r", str(STATUS_BASE), "127.0.0.1", "1"), "Illegal data address"),
        (("-t", "4", "-r", "5000", "-c", "1", "127.0.0.1"), "Illegal data address"),
    ],
    ids=["writing the status block", "reading beside the map"],
)
async def test_mbpoll_is_told_why_it_was_refused(arguments: tuple[str, ...], sentence: str):
    require("mbpoll")
    async with station_process("slow-parts") as port:
        code, said = await mbpoll(port, *arguments)
    assert code != 0
    assert sentence in said
