"""The link to a coupler as the station uses it: over a real socket, one request a switch, all off at both ends."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from drivers.plc.errors import PlcError
from drivers.plc.interface import PlcLink
from drivers.plc.messages import HandshakeFault, PartTriggered, PlcBack, PlcConnected, PlcDisconnected, PlcEvent
from drivers.plc.pdu import ExceptionCode, RequestRefusedError
from drivers.plc.registers import ResultBlock, State, VerdictCode
from drivers.plc.server import ModbusServer
from drivers.remote_io.link import RemoteIoLink, open_remote_io
from drivers.remote_io.simulated import Belt, SimulatedCoupler
from tests.plc_peers import LIMIT_S, until
from tests.remote_io_peers import ENCODER_LIMITS, GATE, PASS_COIL, Said, settings

FAR = {"name": "far", "coil": 9, "opens_for": 7}
PASS = {"name": "pass", "coil": PASS_COIL, "opens_for": "pass"}


class Coupler(SimulatedCoupler):
    """In this process, with all that was written to its coils."""

    def __init__(self, *, speed: float = 0.0, parts: int = 20, first: int = 200) -> None:
        self.said: list[Said] = []
        self.writes: list[tuple[int, tuple[bool, ...]]] = []
        self.deaf = False
        super().__init__(
            Belt(speed, time.monotonic_ns()),
            first=first,
            pitch=100,
            parts=parts,
            gate_offset=GATE.offset_counts,
            start_count=0,
            watchdog_ms=0,
            say=self.said.append,
        )

    def write_coils(self, address: int, bits: tuple[bool, ...], writer: int) -> None:
        if self.deaf:
            raise RequestRefusedError(ExceptionCode.BUSY)
        self.writes.append((address, bits))
        super().write_coils(address, bits, writer)


@asynccontextmanager
async def served(coupler: Coupler) -> AsyncIterator[int]:
    server = ModbusServer(coupler, host="127.0.0.1", port=0, unit_id=1, max_connections=4, on_closed=lambda _: None)
    await server.start()
    try:
        yield server.port
    finally:
        await server.stop()


@asynccontextmanager
async def linked(port: int, **more: object) -> AsyncIterator[RemoteIoLink]:
    """A link of a station that is ready and makes progress."""
    link = open_remote_io(settings(port, **more), GATE, ENCODER_LIMITS)
    await link.start()
    link.set_state(ready=True, online=True, state=State.READY)

    async def beat() -> None:
        while True:
            link.beat()
            await asyncio.sleep(0.02)

    beating = asyncio.create_task(beat())
    try:
        yield link
    finally:
        beating.cancel()
        await link.stop()


async def event(link: PlcLink, kind: type) -> PlcEvent:
    async with asyncio.timeout(LIMIT_S):
        while not isinstance(found := await link.next_event(), kind):
            pass
    return found


def passes(part: PlcEvent) -> ResultBlock:
    assert isinstance(part, PartTriggered)
    return ResultBlock.sealed(part_seq=part.part_seq, verdict=VerdictCode.PASS)


async def test_it_says_connected_then_back_and_a_part_with_its_latched_count():
    coupler = Coupler()
    async with served(coupler) as port, linked(port) as link:
        assert await link.next_event() == PlcConnected(f"127.0.0.1:{port}")
        assert await link.next_event() == PlcBack()
        coupler.run(1000)
        part = await event(link, PartTriggered)
        assert isinstance(part, PartTriggered)
        assert (part.part_seq, part.encoder_count, part.missed) == (1, 200, False)
        signals = link.signals()
        assert signals is not None
        assert signals.encoder_count is not None
        assert signals.encoder_count >= 200
        assert (signals.rejects_seen, signals.parts_seen, signals.air_low) == (0, 0, False)


async def test_who_must_know_of_a_part_is_told_before_the_event_can_be_read():
    told: list[PartTriggered] = []
    coupler = Coupler(parts=1)
    async with served(coupler) as port:
        link = open_remote_io(settings(port), GATE, ENCODER_LIMITS, on_trigger=told.append, first_part_seq=500)
        await link.start()
        await event(link, PlcBack)
        coupler.run(1000)
        part = await event(link, PartTriggered)
        assert told == [part]
        assert told[0].part_seq == 500
        assert told[0].missed, "a station that never said that it is ready is not"
        await link.stop()


async def test_all_gates_are_switched_in_one_request_and_written_again_while_one_is_open():
    coupler = Coupler(parts=1)
    async with served(coupler) as port, linked(port) as link:
        await event(link, PlcBack)
        coupler.run(1000)
        assert link.publish(passes(await event(link, PartTriggered)), 0)
        await until(lambda: (PASS_COIL, (False, False)) in coupler.writes[coupler_opened(coupler) :])
        addresses = {address for address, _ in coupler.writes}
        assert addresses == {PASS_COIL}
        assert coupler.writes.count((PASS_COIL, (True, False))) > 3


def coupler_opened(coupler: Coupler) -> int:
    """Place of the first write that opened something, the end if none did."""
    return next((at for at, (_, bits) in enumerate(coupler.writes) if any(bits)), len(coupler.writes))


async def test_coils_between_gates_are_never_written():
    coupler = Coupler(parts=1)
    async with served(coupler) as port, linked(port, gates=[PASS, FAR]) as link:
        await event(link, PlcBack)
        coupler.run(1000)
        assert link.publish(passes(await event(link, PartTriggered)), 0)
        await until(lambda: any("through" in one for one in coupler.said))
    assert {(address, len(bits)) for address, bits in coupler.writes} == {(PASS_COIL, 1), (9, 1)}
    assert {"part": 1, "through": [PASS_COIL]} in coupler.said


async def test_stopping_closes_a_gate_that_is_open():
    coupler = Coupler(parts=1)
    async with served(coupler) as port:
        async with linked(port) as link:
            await event(link, PlcBack)
            coupler.run(1000)
            assert link.publish(passes(await event(link, PartTriggered)), 0)
            await until(lambda: coupler_opened(coupler) < len(coupler.writes))
            coupler.run(0)
        assert coupler.writes[-1] == (PASS_COIL, (False, False))
        assert not any(coupler.read_coils(0, 16))
        assert isinstance(await event(link, PlcDisconnected), PlcDisconnected)
        with pytest.raises(PlcError, match="is not running"):
            await event(link, PlcBack)
        await link.stop()


async def test_halting_closes_a_gate_that_is_open_at_once():
    coupler = Coupler(parts=1)
    async with served(coupler) as port, linked(port) as link:
        await event(link, PlcBack)
        coupler.run(1000)
        assert link.publish(passes(await event(link, PartTriggered)), 0)
        await until(lambda: coupler_opened(coupler) < len(coupler.writes))
        coupler.run(0)
        link.set_state(state=State.HALTED)
        await until(lambda: not any(coupler.read_coils(0, 16)))
        fault = await event(link, HandshakeFault)
        assert isinstance(fault, HandshakeFault)
        assert fault.code == "PLC-274"


async def test_a_coupler_that_refuses_is_said_once_and_left_with_everything_off():
    coupler = Coupler(parts=1)
    async with served(coupler) as port, linked(port, bin_full={"input": 100}) as link:
        fault = await event(link, HandshakeFault)
        assert isinstance(fault, HandshakeFault)
        assert fault.code == "PLC-279"
        assert "function 2 was refused with Modbus exception 2" in fault.sentence
        refusals = link.client_counters.refusals
        await until(lambda: link.client_counters.refusals > refusals + 1)
        assert link.signals() is None
        await link.stop()
        with pytest.raises(PlcError, match="is not running"):
            await event(link, HandshakeFault)


async def test_a_watchdog_that_cannot_be_armed_is_said_and_makes_parts_missed():
    coupler = Coupler(parts=1)
    async with served(coupler) as port, linked(port, watchdog={"address": 50, "value": 1000}) as link:
        fault = await event(link, HandshakeFault)
        assert isinstance(fault, HandshakeFault)
        assert fault.code == "PLC-278"
        coupler.run(1000)
        part = await event(link, PartTriggered)
        assert isinstance(part, PartTriggered)
        assert part.missed


async def test_without_an_encoder_a_clock_is_the_counter():
    coupler = Coupler(parts=1)
    wired = {"encoder": None, "latch": None, "nominal_counts_per_s": 1000.0}
    async with served(coupler) as port, linked(port, **wired) as link:
        await event(link, PlcBack)
        coupler.run(1000)
        part = await event(link, PartTriggered)
        assert isinstance(part, PartTriggered)
        assert not part.missed
        assert part.encoder_count is not None
        assert abs((part.encoder_count - part.at_ns // 1_000_000) % 2**32) <= 1
        assert link.publish(passes(part), 0)
        await until(lambda: any("through" in one for one in coupler.said))
        assert {"part": 1, "through": [PASS_COIL]} in coupler.said


async def test_events_that_nobody_reads_are_counted_and_confessed():
    coupler = Coupler()
    async with served(coupler) as port, linked(port) as link:
        await event(link, PlcBack)
        for number in range(1000, 1600):
            link.publish(ResultBlock.sealed(part_seq=number, verdict=VerdictCode.PASS), 0)
        assert link.events_lost == 600 - 512
        for _ in range(512):
            await event(link, HandshakeFault)
        fault = await event(link, HandshakeFault)
        assert isinstance(fault, HandshakeFault)
        assert fault.sentence.startswith("88 events of the PLC were lost")


async def test_a_task_that_dies_is_logged_and_ends_the_waiting(caplog: pytest.LogCaptureFixture):
    broken = False

    def clock_ns() -> int:
        if broken:
            raise RuntimeError("the clock broke")
        return time.monotonic_ns()

    async with served(Coupler()) as port:
        link = open_remote_io(settings(port), GATE, ENCODER_LIMITS, clock_ns=clock_ns)
        await link.start()
        await event(link, PlcBack)
        broken = True
        with pytest.raises(PlcError, match="is not running"), caplog.at_level(logging.CRITICAL):
            await event(link, PlcBack)
        assert "Remote I/O ended" in caplog.text
        broken = False
        await link.stop()


def test_a_first_number_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"first_part_seq is 1\.\.65535, not 0"):
        open_remote_io(settings(502), GATE, ENCODER_LIMITS, first_part_seq=0)
