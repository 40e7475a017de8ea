"""The station's Modbus TCP server under raw sockets: what the specification orders, and no link harms another."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from drivers.plc.errors import PlcError
from drivers.plc.link import PlcServerLink
from drivers.plc.registers import CONTROL_WORDS, STATUS_WORDS, State, StatusBits
from drivers.plc.settings import PlcSettings
from drivers.plc.symbols import LAYOUT_VERSION
from tests.plc_peers import LIMIT_S, RawLink, frame, raw_link, read_request, until, write_request

MAX_CONNECTIONS = 4
VERSION_ADDRESS = 136


def settings(port: int = 0, **more: object) -> PlcSettings:
    return PlcSettings(peer="simulated", max_connections=MAX_CONNECTIONS).model_copy(update={"port": port, **more})


@pytest.fixture
async def station() -> AsyncIterator[PlcServerLink]:
    link = PlcServerLink(settings())
    await link.start()
    link.set_state(ready=True, online=True, state=State.READY)
    yield link
    await link.stop()


async def answers_right(port: int) -> bool:
    async with raw_link(port) as link:
        return await link.ask(read_request(VERSION_ADDRESS, 1)) == struct.pack(">BBH", 3, 2, LAYOUT_VERSION)


async def test_pipelined_requests_of_one_segment_are_all_answered_in_order(station: PlcServerLink):
    async with raw_link(station.port) as link:
        link.writer.write(
            frame(read_request(VERSION_ADDRESS, 1), transaction=11)
            + frame(b"\x63", transaction=12)
            + frame(read_request(36, 1, function=4), transaction=13)
        )
        version = struct.pack(">H", LAYOUT_VERSION)
        assert await link.answer() == (11, 1, b"\x03\x02" + version)
        assert await link.answer() == (12, 1, b"\xe3\x01")
        assert await link.answer() == (13, 1, b"\x04\x02" + version)


async def test_a_request_that_comes_byte_by_byte_is_answered_once_it_is_whole(station: PlcServerLink):
    async with raw_link(station.port) as link:
        whole = frame(read_request(VERSION_ADDRESS, 1)) + frame(write_request(3, 5), transaction=2)
        for byte in whole:
            link.writer.write(bytes((byte,)))
            await link.writer.drain()
        assert (await link.answer())[2][:2] == b"\x03\x02"
        assert await link.answer() == (2, 1, struct.pack(">BHH", 16, 3, 1))


async def test_thousands_of_requests_at_once_are_answered_and_hold_up_nobody(station: PlcServerLink):
    count = 5000
    async with raw_link(station.port) as greedy, raw_link(station.port) as modest:
        assert await modest.ask(read_request(100, 1))
        greedy.writer.write(b"".join(frame(read_request(100, 1), transaction=n) for n in range(count)))
        assert (await greedy.answer())[0] == 0
        assert await modest.ask(read_request(100, 1))
        assert station.server_counters.requests < count / 2
        for n in range(1, count):
            assert (await greedy.answer())[0] == n


@pytest.mark.parametrize(
    "broken",
    [
        frame(read_request(100, 1), protocol=5),
        frame(read_request(100, 1), length=1000),
        frame(b"", length=0),
        frame(b"", length=1),
        bytes(400),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=["protocol id 5", "length 1000", "length 0", "length 1", "400 zero bytes", "HTTP"],
)
async def test_a_broken_header_closes_that_link_and_no_other(station: PlcServerLink, broken: bytes):
    async with raw_link(station.port) as bad, raw_link(station.port) as good:
        assert await good.ask(read_request(100, 1))
        bad.writer.write(frame(read_request(VERSION_ADDRESS, 1)) + broken)
        assert (await bad.answer())[2][:2] == b"\x03\x02"
        assert await bad.closed()
        assert await good.ask(read_request(100, 1))
    assert station.server_counters.malformed == 1


@pytest.mark.parametrize("unit", [0, 2, 247, 255])
async def test_an_absent_unit_is_answered_as_a_gateway_would(station: PlcServerLink, unit: int):
    async with raw_link(station.port) as link:
        link.writer.write(frame(read_request(100, 1), unit=unit))
        assert await link.answer() == (1, unit, b"\x83\x0b")


async def test_the_largest_request_and_the_largest_answer_fit(station: PlcServerLink):
    async with raw_link(station.port) as link:
        assert await link.ask(write_request(0, *([0] * 123))) == b"\x90\x02"
        assert len(await link.ask(read_request(100, STATUS_WORDS))) == 2 + 2 * STATUS_WORDS


async def test_links_beyond_the_limit_are_refused_and_counted(station: PlcServerLink):
    async with AsyncExitStack() as links:
        for _ in range(MAX_CONNECTIONS):
            link = await links.enter_async_context(raw_link(station.port))
            assert await link.ask(read_request(100, 1))
        for _ in range(100):
            refused = await links.enter_async_context(raw_link(station.port))
            assert await refused.closed()
        assert await link.ask(read_request(100, 1))
    assert station.server_counters.refused_connections == 100
    assert station.server_counters.connections == MAX_CONNECTIONS


async def test_a_place_is_free_again_when_a_link_ends(station: PlcServerLink):
    for _ in range(3 * MAX_CONNECTIONS):
        assert await answers_right(station.port)
    assert station.server_counters.refused_connections == 0


async def test_a_peer_that_asks_and_does_not_read_is_dropped_alone(station: PlcServerLink):
    async with raw_link(station.port) as deaf:
        deaf.writer.transport.pause_reading()
        questions = frame(read_request(100, STATUS_WORDS)) * 2000
        async with asyncio.timeout(LIMIT_S):
            while not station.server_counters.slow_readers:
                try:
                    deaf.writer.write(questions)
                    await asyncio.wait_for(deaf.writer.drain(), 0.05)
                except (TimeoutError, ConnectionError):
                    await asyncio.sleep(0)
        assert await answers_right(station.port)
    assert station.server_counters.slow_readers == 1


async def test_a_peer_that_ends_its_half_still_gets_its_answer(station: PlcServerLink):
    async with raw_link(station.port) as link:
        link.writer.write(frame(read_request(VERSION_ADDRESS, 1)))
        link.writer.write_eof()
        assert (await link.answer())[2] == struct.pack(">BBH", 3, 2, LAYOUT_VERSION)
        assert await link.closed()


async def test_a_link_that_dies_inside_a_request_leaves_nothing(station: PlcServerLink):
    async with raw_link(station.port) as link:
        link.writer.write(frame(write_request(0, 3, 7))[:9])
        await link.writer.drain()
    assert await answers_right(station.port)
    async with raw_link(station.port) as link:
        assert await link.ask(read_request(0, 2)) == b"\x03\x04" + bytes(4)


async def test_a_control_write_is_answered_with_the_reaction_already_in_the_registers(station: PlcServerLink):
    async with raw_link(station.port) as link:
        await link.ask(write_request(0, 1, 7, 0, 1))
        answer = await link.ask(struct.pack(">BHHHHB2H", 23, 100, 9, 0, 2, 4, 3, 7))
        bits, *_, acq_seq = struct.unpack(">9H", answer[2:])
        assert StatusBits.TRIGGER_ACK in StatusBits(bits)
        assert acq_seq == 7


async def test_a_second_writer_is_refused_until_the_first_is_gone(station: PlcServerLink):
    async with raw_link(station.port) as intruder:
        async with raw_link(station.port) as plc:
            assert await plc.ask(write_request(3, 1)) == struct.pack(">BHH", 16, 3, 1)
            assert await intruder.ask(write_request(3, 2)) == b"\x90\x06"
            assert await intruder.ask(struct.pack(">BHH", 6, 3, 2)) == b"\x86\x06"
            assert await intruder.ask(read_request(3, 1)) == b"\x03\x02\x00\x01"
        async with asyncio.timeout(LIMIT_S):
            while await intruder.ask(write_request(3, 2)) == b"\x90\x06":
                pass
    assert station.second_writer >= 2


async def test_stopping_closes_all_links_and_frees_the_port():
    first = PlcServerLink(settings())
    await first.start()
    port = first.port
    async with raw_link(port) as link:
        assert await link.ask(read_request(100, 1))
        await first.stop()
        await first.stop()
        assert await link.closed()
    second = PlcServerLink(settings(port))
    await second.start()
    assert await answers_right(port)
    await second.stop()


async def test_a_port_in_use_is_one_sentence_with_the_address_and_what_to_do(station: PlcServerLink):
    with pytest.raises(PlcError) as fault:
        await PlcServerLink(settings(station.port)).start()
    assert str(fault.value) == (
        f"PLC server cannot listen on 127.0.0.1:{station.port}: the address is in use; stop the other program or "
        "choose another plc.port"
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
async def test_a_host_that_is_not_ours_is_one_sentence(host: str):
    with pytest.raises(PlcError, match=f"cannot listen on {host}:.*plc.host"):
        await PlcServerLink(settings(host=host)).start()


async def test_a_peer_that_is_not_on_the_list_is_refused_counted_and_said_once(caplog: pytest.LogCaptureFixture):
    station = PlcServerLink(settings(allowed_peers=["127.0.0.9", "127.1.0.0/16"]))
    await station.start()
    for _ in range(3):
        async with raw_link(station.port) as stranger:
            assert await stranger.closed()
    for own_address in ("127.0.0.9", "127.1.2.3"):
        reader, writer = await asyncio.open_connection("127.0.0.1", station.port, local_addr=(own_address, 0))
        assert await RawLink(reader, writer).ask(read_request(VERSION_ADDRESS, 1))
        writer.close()
        await writer.wait_closed()
    assert (station.server_counters.refused_peers, station.server_counters.connections) == (3, 2)
    assert caplog.text.count("127.0.0.1 was refused: its address is not among plc.allowed_peers") == 1
    await station.stop()


async def test_hundreds_of_links_are_served_each_in_its_turn_and_give_their_places_back():
    station = PlcServerLink(PlcSettings(peer="simulated", max_connections=256).model_copy(update={"port": 0}))
    await station.start()
    async with AsyncExitStack() as links:
        peers = [await links.enter_async_context(raw_link(station.port)) for _ in range(256)]
        for peer in peers:
            peer.writer.write(frame(read_request(100, STATUS_WORDS)) * 3)
        for peer in peers:
            for _ in range(3):
                assert len((await peer.answer())[2]) == 2 + 2 * STATUS_WORDS
        assert station.server_counters.requests == 3 * 256
    await until(lambda: station._server.open_links == 0)
    await station.stop()


async def test_links_that_send_half_a_request_and_wait_cost_a_place_and_nothing_else(station: PlcServerLink):
    async with AsyncExitStack() as links:
        for _ in range(MAX_CONNECTIONS - 1):
            half = await links.enter_async_context(raw_link(station.port))
            half.writer.write(frame(write_request(0, *([1] * CONTROL_WORDS)))[:-1])
        for _ in range(50):
            assert await answers_right(station.port)
        kept = [len(link._received) for link in station._server._links.values()]
        assert max(kept) < 260, "more than one frame is kept for a peer"
    assert station.second_writer == 0


async def test_what_is_kept_for_a_peer_that_floods_stays_bounded(station: PlcServerLink):
    count, most = 100_000, 0
    async with raw_link(station.port) as greedy:
        greedy.writer.write(frame(read_request(100, 1)) * count)
        left = count * len(frame(b"\x03\x02\x00\x00"))
        async with asyncio.timeout(3 * LIMIT_S):
            while left:
                left -= len(await greedy.reader.read(1000))
                most = max(most, *(len(link._received) for link in station._server._links.values()))
    assert 0 < most <= 300_000, "reading goes on while requests wait"


@pytest.mark.parametrize(
    ("pdu", "answer"),
    [
        (b"\x63", b"\xe3\x01"),
        (b"\x80", b"\x80\x01"),
        (struct.pack(">BHH", 3, 100, 0), b"\x83\x03"),
        (struct.pack(">BHH", 3, 100, 126), b"\x83\x03"),
        (struct.pack(">BH", 3, 100), b"\x83\x03"),
        (struct.pack(">BHHB", 3, 100, 1, 0), b"\x83\x03"),
        (struct.pack(">BHH", 3, CONTROL_WORDS, 1), b"\x83\x02"),
        (struct.pack(">BHH", 4, 37, 1), b"\x84\x02"),
        (struct.pack(">BHH", 1, 0, 1), b"\x81\x02"),
        (struct.pack(">BHH", 5, 0, 0x1234), b"\x85\x03"),
        (struct.pack(">BHHB", 16, 0, 2, 2) + bytes(2), b"\x90\x03"),
        (struct.pack(">BHHB", 16, 100, 1, 2) + bytes(2), b"\x90\x02"),
        (struct.pack(">BHHHHB", 23, 100, 1, 100, 1, 2) + bytes(2), b"\x97\x02"),
    ],
    ids=lambda value: value.hex() if isinstance(value, bytes) else str(value),
)
async def test_a_wrong_request_gets_its_exception_and_the_link_goes_on(
    station: PlcServerLink, pdu: bytes, answer: bytes
):
    async with raw_link(station.port) as link:
        assert await link.ask(pdu) == answer
        assert await link.ask(read_request(VERSION_ADDRESS, 1)) == struct.pack(">BBH", 3, 2, LAYOUT_VERSION)
    assert (station.server_counters.refused_requests, station.server_counters.malformed) == (1, 0)
