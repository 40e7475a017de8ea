"""The station as client of a PLC: the same handshake, written so that data is there before its bit, and never blindly.

The PLC is a register file behind our strict server: any link may write anything, and each write is recorded.
"""

from __future__ import annotations

import asyncio
import logging
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from drivers.plc.client_link import PlcClientLink
from drivers.plc.errors import PlcError
from drivers.plc.messages import PartTriggered, PlcBack, PlcConnected, PlcDisconnected, PlcEvent, PlcSilent, ResultTaken
from drivers.plc.pdu import ExceptionCode, RequestRefusedError
from drivers.plc.registers import (
    STATUS_BASE,
    STATUS_WORDS,
    ControlBits,
    ControlBlock,
    LineBits,
    ResultBlock,
    State,
    StatusBits,
    StatusBlock,
    VerdictCode,
    is_pass,
)
from drivers.plc.server import ModbusServer
from drivers.plc.settings import PlcSettings
from tests.plc_peers import LIMIT_S, lying_server, until

ENABLE, TRIGGER, ACK = ControlBits.ENABLE, ControlBits.TRIGGER, ControlBits.RESULTS_ACK


class Registers:
    """137 holding registers; the PLC's program sets control blocks by hand, a heartbeat in each."""

    def __init__(self) -> None:
        self.words = [0] * (STATUS_BASE + STATUS_WORDS)
        self.writes: list[tuple[int, tuple[int, ...]]] = []
        self.writable = True
        self.heartbeat = 0

    def read_holding(self, address: int, count: int) -> bytes:
        if address + count > len(self.words):
            raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
        return struct.pack(f">{count}H", *self.words[address : address + count])

    def read_input(self, address: int, count: int) -> bytes:
        raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)

    def write_holding(self, address: int, words: tuple[int, ...], writer: int) -> None:
        del writer
        if not self.writable:
            raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
        self.words[address : address + len(words)] = words
        self.writes.append((address, words))

    @property
    def status(self) -> StatusBlock:
        return StatusBlock.decode(self.words[STATUS_BASE:])

    def put(self, bits: ControlBits = ENABLE, part_seq: int = 0, **more: int) -> None:
        self.heartbeat += 1
        block = ControlBlock(bits, part_seq, heartbeat=self.heartbeat, encoder=4711, **more)
        words = block.encode()
        self.words[: len(words)] = words


@asynccontextmanager
async def serving(registers: Registers, port: int = 0) -> AsyncIterator[ModbusServer]:
    server = ModbusServer(
        registers, host="127.0.0.1", port=port, unit_id=1, max_connections=4, on_closed=lambda _: None
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def station(port: int, **more: int) -> AsyncIterator[tuple[PlcClientLink, list[PlcEvent]]]:
    """A client link that is ready, and the events that it told."""
    settings = PlcSettings(role="client", host="127.0.0.1", port=port, timeout_ms=1000, heartbeat_timeout_ms=60_000)
    link = PlcClientLink(settings.model_copy(update=more))
    await link.start()
    link.set_state(ready=True, online=True, state=State.READY)
    events: list[PlcEvent] = []

    async def listen() -> None:
        with suppress(PlcError):
            while True:
                events.append(await link.next_event())

    listener = asyncio.create_task(listen())
    try:
        yield link, events
    finally:
        await link.stop()
        await asyncio.wait([listener], timeout=LIMIT_S)
        listener.cancel()
        await asyncio.wait([listener])


def kinds(events: list[PlcEvent]) -> list[type]:
    return [type(one) for one in events]


async def test_a_part_goes_through_and_its_data_is_written_before_each_bit():
    registers = Registers()
    registers.put()
    async with serving(registers) as server, station(server.port) as (link, events):
        await until(lambda: StatusBits.TRIGGER_READY in registers.status.bits)
        registers.put(ENABLE | TRIGGER, 7)
        await until(lambda: StatusBits.TRIGGER_ACK in registers.status.bits)
        assert registers.status.acq_seq == 7
        registers.put(ENABLE)
        await until(lambda: StatusBits.TRIGGER_ACK not in registers.status.bits)
        link.exposure_complete(7)
        assert link.publish(ResultBlock.sealed(part_seq=7, verdict=VerdictCode.PASS), time.monotonic_ns())
        await until(lambda: StatusBits.RESULTS_VALID in registers.status.bits)
        assert is_pass(registers.status.result, 7)
        registers.put(ENABLE | ACK)
        await until(lambda: StatusBits.RESULTS_VALID not in registers.status.bits)
        registers.put(ENABLE)
        await until(lambda: registers.status.result == ResultBlock())
        writes = list(registers.writes)
    assert kinds(events) == [PlcConnected, PlcBack, PartTriggered, ResultTaken, PlcDisconnected]
    assert events[2].encoder_count == 4711  # type: ignore[union-attr]
    seen = [0] * STATUS_WORDS
    for address, words in writes:
        assert (address, len(words)) in ((STATUS_BASE, 1), (STATUS_BASE + 1, STATUS_WORDS - 1))
        seen[address - STATUS_BASE : address - STATUS_BASE + len(words)] = words
        shown = StatusBlock.decode(seen)
        if StatusBits.TRIGGER_ACK in shown.bits:
            assert shown.acq_seq == 7
        if StatusBits.RESULTS_VALID in shown.bits:
            assert is_pass(shown.result, 7), "the bit stood without its data"


async def test_at_the_end_the_registers_hold_no_verdict():
    registers = Registers()
    registers.put()
    async with serving(registers) as server:
        async with station(server.port) as (link, _):
            await until(lambda: StatusBits.TRIGGER_READY in registers.status.bits)
            registers.put(ENABLE | TRIGGER, 7)
            await until(lambda: StatusBits.TRIGGER_ACK in registers.status.bits)
            link.publish(ResultBlock.sealed(part_seq=7, verdict=VerdictCode.PASS), time.monotonic_ns())
            await until(lambda: StatusBits.RESULTS_VALID in registers.status.bits)
        assert registers.status == StatusBlock()
        assert registers.writes[-2][0] == STATUS_BASE, "the bits go first"


async def test_only_what_changed_is_written():
    registers = Registers()
    registers.put()
    async with serving(registers) as server, station(server.port) as (link, _):
        await until(lambda: StatusBits.TRIGGER_READY in registers.status.bits)
        registers.writes.clear()
        polls = link.client_counters.requests
        await until(lambda: link.client_counters.requests >= polls + 20)
        assert registers.writes == []
        link.set_state(warning=True)
        await until(lambda: StatusBits.WARNING in registers.status.bits)
        assert registers.writes == [(STATUS_BASE, (registers.words[STATUS_BASE],))]


async def test_a_plc_that_went_away_and_came_back_gets_the_whole_status_anew():
    registers, again = Registers(), Registers()
    registers.put()
    again.put()
    async with serving(registers) as server, station(server.port) as (link, events):
        port = server.port
        await until(lambda: StatusBits.TRIGGER_READY in registers.status.bits)
        await server.stop()
        await until(lambda: PlcDisconnected in kinds(events))
        assert link.signals() is None
        async with serving(again, port):
            await until(lambda: StatusBits.TRIGGER_READY in again.status.bits)
            assert again.status == registers.status
            await until(lambda: kinds(events).count(PlcConnected) == 2)
            assert link.client_counters.connects == 2
            assert [address for address, _ in again.writes[:2]] == [STATUS_BASE + 1, STATUS_BASE]


async def test_a_plc_whose_program_stands_still_is_silent_though_its_registers_answer():
    registers = Registers()
    registers.put()
    async with serving(registers) as server, station(server.port, heartbeat_timeout_ms=100) as (_, events):
        await until(lambda: PlcSilent in kinds(events))
        await until(lambda: StatusBits.TRIGGER_READY not in registers.status.bits)
        registers.put()
        await until(lambda: kinds(events)[-1] is PlcBack)
        assert PlcDisconnected not in kinds(events)


async def test_registers_that_cannot_be_written_are_no_plc_and_said_once(caplog: pytest.LogCaptureFixture):
    registers = Registers()
    registers.put()
    registers.writable = False
    with caplog.at_level(logging.ERROR, logger="drivers.plc.client_link"):
        async with serving(registers) as server, station(server.port) as (link, events):
            await until(lambda: link.client_counters.refusals >= 5)
            assert events == []
            registers.writable = True
            await until(lambda: PlcConnected in kinds(events))
    assert caplog.text.count("function 16 was refused with Modbus exception 2") == 1


async def test_a_write_whose_reply_is_lost_is_followed_by_the_state_of_then_and_not_by_itself():
    """The PLC carries the first whole write out and never answers it."""
    registers = Registers()
    registers.put()
    swallowed: list[bytes] = []

    async def reply(request: bytes) -> bytes | None:
        if request[7] == 3:
            address, count = struct.unpack_from(">HH", request, 8)
            data = registers.read_holding(address, count)
            return request[:4] + struct.pack(">HBBB", 3 + len(data), 1, 3, len(data)) + data
        words = struct.unpack(f">{request[12] // 2}H", request[13:])
        registers.write_holding(int.from_bytes(request[8:10], "big"), words, 1)
        if not swallowed:
            swallowed.append(request)
            await asyncio.Event().wait()
        return request[:4] + b"\x00\x06" + request[6:12]

    async with lying_server(reply) as port, station(port, timeout_ms=100) as (link, _):
        await until(lambda: bool(swallowed))
        link.set_state(recipe_id=9)
        await until(lambda: StatusBits.TRIGGER_READY in registers.status.bits)
        assert registers.status.recipe_id == 9
        whole = [words for address, words in registers.writes if address == STATUS_BASE + 1]
        assert whole[0] == struct.unpack(f">{STATUS_WORDS - 1}H", swallowed[0][13:])
        assert whole.count(whole[0]) == 1, "the lost write came again as it was"
        assert link.client_counters.timeouts == 1


async def test_encoder_and_sensors_are_read_with_the_control_block():
    registers = Registers()
    bits = LineBits.ENCODER_VALID | LineBits.SENSORS_VALID | LineBits.AIR_LOW
    registers.put(encoder_now=123_456, line_bits=bits, rejects_seen=3, parts_seen=9)
    async with serving(registers) as server, station(server.port) as (link, _):
        await until(lambda: link.signals() is not None)
        seen = link.signals()
        assert seen is not None
        assert (seen.encoder_count, seen.rejects_seen, seen.parts_seen, seen.air_low) == (123_456, 3, 9, True)


async def test_the_station_is_told_of_a_part_before_its_acknowledgement_is_written():
    registers = Registers()
    registers.put()
    seen: list[tuple[int, bool]] = []
    async with serving(registers) as server:
        settings = PlcSettings(role="client", host="127.0.0.1", port=server.port, timeout_ms=1000)
        link = PlcClientLink(
            settings,
            on_trigger=lambda part: seen.append((part.part_seq, StatusBits.TRIGGER_ACK in registers.status.bits)),
        )
        await link.start()
        link.set_state(ready=True, online=True, state=State.READY)
        await until(lambda: StatusBits.TRIGGER_READY in registers.status.bits)
        registers.put(ENABLE | TRIGGER, 7)
        await until(lambda: StatusBits.TRIGGER_ACK in registers.status.bits)
        assert seen == [(7, False)]
        await link.stop()


async def test_a_plc_that_is_not_there_is_looked_for_and_stopping_is_quick():
    async with serving(Registers()) as server:
        port = server.port
    async with station(port) as (link, events):
        await asyncio.sleep(0)
        assert link.signals() is None
    assert PlcConnected not in kinds(events)
