"""The link as the station uses it: events in order, none lost silently, one owner, an end that shows no verdict."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import pytest

from drivers.plc.client import CarefulClient
from drivers.plc.errors import PlcError
from drivers.plc.link import PlcServerLink
from drivers.plc.messages import (
    CountersDiffer,
    HandshakeFault,
    PartTriggered,
    PlcBack,
    PlcConnected,
    PlcDisconnected,
    PlcEvent,
    PlcSilent,
    ResultTaken,
)
from drivers.plc.registers import (
    STATUS_WORDS,
    ControlBits,
    LineBits,
    ResultBlock,
    State,
    StatusBits,
    StatusBlock,
    VerdictCode,
)
from drivers.plc.settings import PlcSettings
from tests.plc_peers import LIMIT_S, raw_link, read_request, until, write_request

ENABLE, TRIGGER, ACK = ControlBits.ENABLE, ControlBits.TRIGGER, ControlBits.RESULTS_ACK
SETTINGS = PlcSettings(peer="simulated", heartbeat_timeout_ms=60_000).model_copy(update={"port": 0})


@pytest.fixture
async def station() -> AsyncIterator[PlcServerLink]:
    link = PlcServerLink(SETTINGS)
    await link.start()
    link.set_state(ready=True, online=True, state=State.READY)
    yield link
    await link.stop()


async def event(link: PlcServerLink) -> PlcEvent:
    async with asyncio.timeout(LIMIT_S):
        return await link.next_event()


async def test_a_part_is_told_to_the_station_in_order(station: PlcServerLink):
    async with raw_link(station.port) as plc:
        peer = f"127.0.0.1:{plc.writer.get_extra_info('sockname')[1]}"
        await plc.ask(write_request(0, ENABLE, 0, 0, 1))
        await plc.ask(write_request(0, ENABLE | TRIGGER, 7, 0, 2, 1, 2))
        await plc.ask(write_request(0, ENABLE))
        station.exposure_complete(7)
        assert station.publish(ResultBlock.sealed(part_seq=7, verdict=VerdictCode.PASS), time.monotonic_ns())
        await plc.ask(write_request(0, ENABLE | ACK))
        assert await event(station) == PlcConnected(peer)
        assert await event(station) == PlcBack()
        triggered = await event(station)
        assert isinstance(triggered, PartTriggered)
        assert (triggered.part_seq, triggered.encoder_count, triggered.missed) == (7, 0x1_0002, False)
        taken = await event(station)
        assert isinstance(taken, ResultTaken)
        assert taken.part_seq == 7
        assert triggered.at_ns <= taken.at_ns <= time.monotonic_ns()
    assert await event(station) == PlcDisconnected(peer)


async def test_a_link_that_only_reads_is_not_the_plc(station: PlcServerLink):
    async with raw_link(station.port) as hmi:
        await hmi.ask(read_request(100, 1))
    async with raw_link(station.port) as plc:
        await plc.ask(write_request(3, 1))
        assert isinstance(await event(station), PlcConnected)
    await until(lambda: station.server_counters.connections == 2)


async def test_events_that_nobody_reads_are_counted_and_confessed(station: PlcServerLink):
    async with raw_link(station.port) as plc:
        for n in range(300):
            station.raise_error(400)
            await plc.ask(write_request(0, ENABLE | ControlBits.CLEAR_ERROR))
            station.raise_error(400)
            await plc.ask(write_request(0, ENABLE))
            await plc.ask(write_request(0, ENABLE | ControlBits.CLEAR_ERROR, 0, 0, n))
            await plc.ask(write_request(0, ENABLE))
        assert station.events_lost > 0
        status = StatusBlock.decode(await _status(station.port))
        assert StatusBits.ERROR in status.bits
        kinds: list[PlcEvent] = []
        while not isinstance(kinds[-1] if kinds else None, HandshakeFault):
            kinds.append(await event(station))
        fault = kinds[-1]
        assert isinstance(fault, HandshakeFault)
        assert fault.code == "PLC-259"
        assert fault.sentence.startswith(f"{station.events_lost} events of the PLC were lost")
        assert len(kinds) == 512 + 1


async def _status(port: int) -> tuple[int, ...]:
    async with CarefulClient("127.0.0.1", port, timeout_ms=1000) as client:
        await client.wait_connected(LIMIT_S)
        return await client.read(100, 37)


async def test_after_stop_nothing_reads_as_a_verdict_and_waiting_for_events_ends(station: PlcServerLink):
    async with raw_link(station.port) as plc:
        await plc.ask(write_request(0, ENABLE, 0, 0, 1))
        await plc.ask(write_request(0, ENABLE | TRIGGER, 7))
        station.publish(ResultBlock.sealed(part_seq=7, verdict=VerdictCode.PASS), time.monotonic_ns())
        await station.stop()
        assert await plc.closed()
    assert station._bank.read_input(0, STATUS_WORDS) == bytes(2 * STATUS_WORDS)
    for kind in (PlcConnected, PlcBack, PartTriggered, PlcDisconnected):
        assert isinstance(await event(station), kind)
    with pytest.raises(PlcError, match="is not running"):
        await event(station)


async def test_a_tick_that_dies_is_logged_and_ends_the_waiting(caplog: pytest.LogCaptureFixture):
    broken = False

    def clock_ns() -> int:
        if broken:
            raise RuntimeError("the clock broke")
        return time.monotonic_ns()

    link = PlcServerLink(SETTINGS, clock_ns=clock_ns)
    await link.start()
    broken = True
    with pytest.raises(PlcError, match="is not running"), caplog.at_level(logging.CRITICAL):
        await event(link)
    assert "the PLC gets no heartbeat any more" in caplog.text
    await link.stop()


async def test_a_plc_that_was_silent_may_come_back_on_another_link():
    station = PlcServerLink(SETTINGS.model_copy(update={"heartbeat_timeout_ms": 50}))
    await station.start()
    async with raw_link(station.port) as dead, raw_link(station.port) as again:
        await dead.ask(write_request(3, 1))
        seen: list[PlcEvent] = []
        while not any(isinstance(one, PlcSilent) for one in seen):
            seen.append(await event(station))
        assert await again.ask(write_request(3, 2)) == b"\x10\x00\x03\x00\x01"
        assert await dead.ask(write_request(3, 3)) == b"\x90\x06"
    await station.stop()


async def test_state_is_told_in_one_snapshot_and_keeps_what_was_not_given(station: PlcServerLink):
    station.set_state(recipe_id=5, model_digest=0x1234_5678, simulated=True)
    station.set_state(ready=False, state=State.HALTED)
    status = StatusBlock.decode(await _status(station.port))
    assert (status.recipe_id, status.model_digest, status.state) == (5, 0x1234_5678, State.HALTED)
    assert StatusBits.ONLINE | StatusBits.SIMULATED in status.bits


async def test_the_station_is_told_of_a_part_before_the_plc_can_read_that_it_was_taken():
    seen: list[tuple[int, bool]] = []

    def told(part: PartTriggered) -> None:
        words = station._bank.read_input(0, STATUS_WORDS)
        shown = StatusBlock.decode([int.from_bytes(words[i : i + 2], "big") for i in range(0, 2 * STATUS_WORDS, 2)])
        seen.append((part.part_seq, StatusBits.TRIGGER_ACK in shown.bits))

    station = PlcServerLink(SETTINGS, on_trigger=told)
    await station.start()
    station.set_state(ready=True, online=True, state=State.READY)
    async with raw_link(station.port) as plc:
        await plc.ask(write_request(0, ENABLE, 0, 0, 1))
        answer = await plc.ask(write_request(0, ENABLE | TRIGGER, 7))
        assert answer[0] == 16
        assert seen == [(7, False)]
        assert StatusBits.TRIGGER_ACK in StatusBlock.decode(await _status(station.port)).bits
    await station.stop()


async def test_a_reject_that_the_plc_counts_as_passed_is_told_with_both_figures(station: PlcServerLink):
    async with raw_link(station.port) as plc:
        await plc.ask(write_request(0, ENABLE, 0, 0, 1, 0, 0, 0, 0, LineBits.COUNTERS_VALID))
        await plc.ask(write_request(11, 0, 1))
        await plc.ask(write_request(0, ENABLE | TRIGGER, 7))
        await plc.ask(write_request(0, ENABLE))
        station.publish(ResultBlock.sealed(part_seq=7, verdict=VerdictCode.DEFECT), time.monotonic_ns())
        await plc.ask(write_request(13, 0, 1))
        await plc.ask(write_request(0, ENABLE | ACK))
        seen: list[PlcEvent] = []
        while not seen or not isinstance(seen[-1], CountersDiffer):
            seen.append(await event(station))
        assert str(seen[-1]).count("counts 1 passed parts where the station has shown it 0 PASS results") == 1
        assert StatusBlock.decode(await _status(station.port)).error_code == 260
