"""Limits and heartbeats of the PLC link in virtual time: nothing waits, nothing depends on how busy the machine is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import async_solipsism

from drivers.plc.link import PlcServerLink
from drivers.plc.messages import HandshakeFault, PlcBack, PlcConnected, PlcEvent, PlcSilent
from drivers.plc.registers import ControlBits, ResultBlock, State, StatusBits, StatusBlock, VerdictCode
from drivers.plc.settings import PlcSettings
from tests.plc_peers import RawLink, frame, read_request, write_request

SETTINGS = PlcSettings(peer="simulated", heartbeat_timeout_ms=300, result_ack_timeout_ms=2000)
ENABLE, TRIGGER = ControlBits.ENABLE, ControlBits.TRIGGER


class Cell:
    """A started link, a PLC on a raw link, and the events that came, with their time in virtual seconds."""

    def __init__(self, link: PlcServerLink, plc: RawLink) -> None:
        self.link, self.plc = link, plc
        self.events: list[tuple[float, PlcEvent]] = []
        self.heartbeat = 0

    async def listen(self) -> None:
        while True:
            event = await self.link.next_event()
            self.events.append((asyncio.get_running_loop().time(), event))

    async def beat(self, bits: ControlBits = ENABLE, seq: int = 0) -> None:
        self.heartbeat += 1
        await self.plc.ask(write_request(0, bits, seq, 0, self.heartbeat))

    async def plc_runs(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.1)):
            await asyncio.sleep(0.1)
            await self.beat()

    async def status(self) -> StatusBlock:
        words = (await self.plc.ask(read_request(100, 37)))[2:]
        return StatusBlock.decode([int.from_bytes(words[i : i + 2], "big") for i in range(0, 74, 2)])

    def times(self, kind: type) -> list[float]:
        return [round(at, 3) for at, event in self.events if isinstance(event, kind)]


def in_virtual_time(story: Callable[[Cell], Awaitable[None]]) -> Cell:
    """Run `story` on a loop whose clock jumps from event to event."""

    async def play() -> Cell:
        loop = asyncio.get_running_loop()
        link = PlcServerLink(SETTINGS, clock_ns=lambda: round(loop.time() * 1e9))
        await link.start()
        link.set_state(ready=True, online=True, state=State.READY)
        reader, writer = await asyncio.open_connection(SETTINGS.host, SETTINGS.port)
        cell = Cell(link, RawLink(reader, writer))
        listener = asyncio.create_task(cell.listen())
        await story(cell)
        listener.cancel()
        await asyncio.wait([listener])
        writer.close()
        await writer.wait_closed()
        await link.stop()
        return cell

    with asyncio.Runner(loop_factory=async_solipsism.EventLoop) as runner:
        return runner.run(play())


def test_a_silent_plc_is_noticed_within_a_tick_of_the_limit_said_once_and_heard_when_it_is_back():
    async def story(cell: Cell) -> None:
        await cell.plc_runs(1.0)
        await asyncio.sleep(60)
        assert StatusBits.TRIGGER_READY not in (await cell.status()).bits
        await cell.beat()
        assert StatusBits.TRIGGER_READY in (await cell.status()).bits

    cell = in_virtual_time(story)
    assert cell.times(PlcSilent) == [1.32]
    assert cell.times(PlcBack) == [0.1, 61.0]
    assert len(cell.times(PlcConnected)) == 1


def test_a_plc_that_never_comes_is_said_once_in_ten_minutes():
    async def story(cell: Cell) -> None:
        await asyncio.sleep(600)

    assert in_virtual_time(story).times(PlcSilent) == [0.32]


def test_the_station_heartbeat_follows_progress_and_stands_still_without():
    async def story(cell: Cell) -> None:
        for _ in range(100):
            cell.link.beat()
            await asyncio.sleep(0.05)
        counted = (await cell.status()).heartbeat
        assert 48 <= counted <= 50
        await asyncio.sleep(100)
        assert (await cell.status()).heartbeat <= counted + 1

    in_virtual_time(story)


def test_a_result_without_acknowledgement_is_one_fault_after_the_limit_and_stays_shown():
    async def story(cell: Cell) -> None:
        await cell.beat()
        await cell.beat(ENABLE | TRIGGER, 7)
        await cell.beat()
        cell.link.publish(
            ResultBlock.sealed(part_seq=7, verdict=VerdictCode.PASS),
            round(asyncio.get_running_loop().time() * 1e9),
        )
        await cell.plc_runs(100)
        status = await cell.status()
        assert status.result.part_seq == 7
        assert StatusBits.RESULTS_VALID | StatusBits.ERROR in status.bits

    cell = in_virtual_time(story)
    assert cell.times(HandshakeFault) == [2.02]


def test_frames_sent_in_one_go_are_answered_in_virtual_time_too():
    async def story(cell: Cell) -> None:
        cell.plc.writer.write(b"".join(frame(read_request(100, 1), transaction=n) for n in range(100)))
        assert [(await cell.plc.answer())[0] for _ in range(100)] == list(range(100))

    in_virtual_time(story)
