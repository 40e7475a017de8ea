"""The careful client against servers that lie, are late, or die: it raises, and never returns a wrong value."""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Callable

import pytest

from drivers.plc.client import CarefulClient
from drivers.plc.errors import PlcLinkDownError, PlcRefusedError, PlcReplyError, PlcTimeoutError
from tests.plc_peers import HEADER, LIMIT_S, frame, lying_server, until

WORDS = (7, 8)
RIGHT_READ = bytes((3, 4)) + struct.pack(">HH", *WORDS)
Mangle = Callable[[int, int], bytes]


def client(port: int, *, timeout_ms: int = 1000) -> CarefulClient:
    return CarefulClient("127.0.0.1", port, timeout_ms=timeout_ms, retry_ms=10)


def honest(request: bytes) -> bytes:
    """The right answer of a server whose every register n holds n."""
    transaction, _, _, unit = HEADER.unpack_from(request)
    function, address, count = struct.unpack_from(">BHH", request, 7)
    if function == 16:
        return frame(request[7:12], transaction=transaction, unit=unit)
    if function in (5, 15):
        return frame(request[7:12], transaction=transaction, unit=unit)
    if function in (1, 2):
        bits = sum(1 << at for at in range(count) if (address + at) % 3 == 0)
        packed = bits.to_bytes((count + 7) // 8, "little")
        return frame(bytes((function, len(packed))) + packed, transaction=transaction, unit=unit)
    words = struct.pack(f">{count}H", *range(address, address + count))
    return frame(bytes((function, 2 * count)) + words, transaction=transaction, unit=unit)


async def honestly(request: bytes) -> bytes | None:
    return honest(request)


async def connected(plc: CarefulClient) -> None:
    await plc.wait_connected(LIMIT_S)


async def test_it_reads_writes_and_does_both_in_one():
    async with lying_server(honestly) as port, client(port) as plc:
        await connected(plc)
        assert await plc.read(100, 3) == (100, 101, 102)
        await plc.write(0, WORDS)
        assert await plc.read_write(5, 2, 0, WORDS) == (5, 6)
        assert await plc.read(0, 125) == tuple(range(125))
    assert plc.counters.requests == 4


async def test_coils_inputs_and_input_registers_are_asked_for_with_their_own_functions():
    asked: list[bytes] = []

    async def reply(request: bytes) -> bytes | None:
        asked.append(request[7:])
        return honest(request)

    async with lying_server(reply) as port, client(port) as plc:
        await connected(plc)
        assert await plc.read_coils(3, 9) == (True, False, False) * 3
        assert await plc.read_discrete(4, 3) == (False, False, True)
        assert await plc.read_inputs(40, 2) == (40, 41)
        await plc.write_coils(6, (True,))
        await plc.write_coils(6, (False,))
        await plc.write_coils(2, (True,) + (False,) * 8 + (True,))
    assert asked == [
        struct.pack(">BHH", 1, 3, 9),
        struct.pack(">BHH", 2, 4, 3),
        struct.pack(">BHH", 4, 40, 2),
        struct.pack(">BHH", 5, 6, 0xFF00),
        struct.pack(">BHH", 5, 6, 0),
        struct.pack(">BHHBBB", 15, 2, 10, 2, 1, 2),
    ]


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (struct.pack(">BHH", 5, 6, 0), "echo 0006ff00 was expected, 00060000 came"),
        (struct.pack(">BHH", 5, 7, 0xFF00), "echo 0006ff00 was expected, 0007ff00 came"),
    ],
    ids=["the output stayed off", "another output"],
)
async def test_a_coil_that_did_not_switch_as_asked_raises(lie: bytes, said: str):
    async def reply(request: bytes) -> bytes | None:
        return frame(lie, transaction=HEADER.unpack_from(request)[0])

    async with lying_server(reply) as port, client(port) as plc:
        await connected(plc)
        with pytest.raises(PlcReplyError, match=said):
            await plc.write_coils(6, (True,))


@pytest.mark.parametrize("count", [0, 1969])
async def test_coils_that_modbus_cannot_carry_are_refused_before_they_are_sent(count: int):
    async with lying_server(honestly) as port, client(port) as plc:
        await connected(plc)
        with pytest.raises(ValueError, match=r"1\.\.1968 bits a request"):
            await plc.write_coils(0, (True,) * count)
    assert plc.counters.requests == 0


WRONG_READS: dict[str, tuple[Mangle, str]] = {
    "another unit": (lambda t, u: frame(RIGHT_READ, transaction=t, unit=u + 1), "unit 1 was expected, 2 came"),
    "transaction 0": (lambda t, u: frame(RIGHT_READ, transaction=0, unit=u), "transaction 1 was expected, 0 came"),
    "another transaction": (lambda t, u: frame(RIGHT_READ, transaction=t + 1, unit=u), "1 was expected, 2 came"),
    "another function": (
        lambda t, u: frame(b"\x04" + RIGHT_READ[1:], transaction=t, unit=u),
        "function 3 was expected, 4 came",
    ),
    "a function nobody knows": (lambda t, u: frame(b"\x63abc", transaction=t, unit=u), "3 was expected, 99 came"),
    "too few registers": (lambda t, u: frame(bytes((3, 2, 0, 7)), transaction=t, unit=u), "4 data bytes"),
    "too many registers": (lambda t, u: frame(bytes((3, 6)) + bytes(6), transaction=t, unit=u), "4 data bytes"),
    "no registers": (lambda t, u: frame(bytes((3, 0)), transaction=t, unit=u), "4 data bytes were expected, 0"),
    "a byte count that lies": (lambda t, u: frame(bytes((3, 4, 0, 7)), transaction=t, unit=u), "4 data bytes"),
    "an exception without a code": (lambda t, u: frame(b"\x83", transaction=t, unit=u), "length of 3"),
    "another function's exception": (lambda t, u: frame(b"\x84\x02", transaction=t, unit=u), "132 came"),
    "another protocol": (lambda t, u: frame(RIGHT_READ, transaction=t, unit=u, protocol=5), "protocol id 0"),
    "a length of 1000": (lambda t, u: frame(RIGHT_READ, transaction=t, unit=u, length=1000), "1000 came"),
    "two replies": (lambda t, u: 2 * frame(RIGHT_READ, transaction=t, unit=u), "13 bytes was expected, 26 came"),
    "zeros": (lambda t, u: bytes(200), "0 came"),
}


@pytest.mark.parametrize(("mangle", "said"), WRONG_READS.values(), ids=WRONG_READS)
async def test_a_reply_that_is_not_the_answer_raises_and_the_next_link_reads_right(mangle: Mangle, said: str):
    lies = iter([mangle])

    async def reply(request: bytes) -> bytes | None:
        transaction, _, _, unit = HEADER.unpack_from(request)
        lie = next(lies, None)
        return honest(request) if lie is None else lie(transaction, unit)

    async with lying_server(reply) as port, client(port, timeout_ms=200) as plc:
        await connected(plc)
        with pytest.raises(PlcReplyError, match=said):
            await plc.read(100, 2)
        await connected(plc)
        assert await plc.read(100, 2) == (100, 101)
    assert plc.counters.wrong_replies == 1
    assert plc.counters.connects == 2


@pytest.mark.parametrize("echo", [(5, 2), (4, 1), (4, 3)])
async def test_a_write_echo_of_another_place_raises(echo: tuple[int, int]):
    async def reply(request: bytes) -> bytes | None:
        return frame(struct.pack(">BHH", 16, *echo), transaction=HEADER.unpack_from(request)[0])

    async with lying_server(reply) as port, client(port, timeout_ms=200) as plc:
        await connected(plc)
        with pytest.raises(PlcReplyError, match="echo 00040002 was expected"):
            await plc.write(4, WORDS)


async def test_bytes_that_nobody_asked_for_cost_the_link():
    async def reply(request: bytes) -> bytes | None:
        return honest(request) + b"more"

    async with lying_server(reply) as port, client(port, timeout_ms=200) as plc:
        await connected(plc)
        with pytest.raises(PlcReplyError):
            await plc.read(100, 2)


async def test_a_late_reply_is_never_given_to_the_next_request():
    late, seen = asyncio.Event(), 0

    async def reply(request: bytes) -> bytes | None:
        nonlocal seen
        seen += 1
        if seen == 1:
            async with asyncio.timeout(LIMIT_S):
                await late.wait()
        return honest(request)

    async with lying_server(reply) as port, client(port, timeout_ms=50) as plc:
        await connected(plc)
        with pytest.raises(PlcTimeoutError, match="no reply within 50 ms"):
            await plc.read(100, 2)
        late.set()
        async with asyncio.timeout(LIMIT_S):
            while True:
                await connected(plc)
                try:
                    assert await plc.read(200, 2) == (200, 201)
                    break
                except PlcTimeoutError:
                    continue
    assert plc.counters.timeouts >= 1


async def test_a_write_without_an_answer_is_sent_once():
    writes: list[bytes] = []

    async def reply(request: bytes) -> bytes | None:
        writes.append(request[7:])
        return b""

    async with lying_server(reply) as port, client(port, timeout_ms=50) as plc:
        await connected(plc)
        for n in range(3):
            await connected(plc)
            with pytest.raises(PlcTimeoutError):
                await plc.write(0, (n,))
            await connected(plc)
            with pytest.raises(PlcTimeoutError):
                await plc.write_coils(n, (True,))
    sent = [[struct.pack(">BHHBH", 16, 0, 1, 2, n), struct.pack(">BHH", 5, n, 0xFF00)] for n in range(3)]
    assert writes == [pdu for pair in sent for pdu in pair]


async def test_a_reply_in_pieces_is_put_together():
    gate = asyncio.Queue[bytes]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reply = honest(await reader.readexactly(12))
        for at in range(len(reply)):
            writer.write(reply[at : at + 1])
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()
        writer.transport.abort()
        gate.put_nowait(b"")

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with client(server.sockets[0].getsockname()[1]) as plc:
        await connected(plc)
        assert await plc.read(100, 2) == (100, 101)
    server.close()
    await asyncio.wait_for(gate.get(), LIMIT_S)


async def test_a_modbus_exception_is_raised_with_its_code_and_keeps_the_link():
    async def reply(request: bytes) -> bytes | None:
        return frame(b"\x83\x02", transaction=HEADER.unpack_from(request)[0])

    async with lying_server(reply) as port, client(port) as plc:
        await connected(plc)
        for _ in range(2):
            with pytest.raises(PlcRefusedError, match="Modbus exception 2") as refusal:
                await plc.read(100, 2)
            assert refusal.value.code == 2
    assert (plc.counters.connects, plc.counters.refusals) == (1, 2)


async def test_without_a_server_requests_fail_at_once_and_waiting_ends_with_a_sentence():
    async with lying_server(honestly) as port:
        pass
    async with client(port) as plc:
        with pytest.raises(PlcLinkDownError, match="the request was not sent"):
            await plc.read(100, 2)
        with pytest.raises(PlcLinkDownError, match=r"no connection within 0\.1 s; is it running"):
            await plc.wait_connected(0.1)


async def test_it_connects_when_the_server_comes_and_again_when_it_comes_back(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, logger="drivers.plc.supervised_link")
    async with lying_server(honestly) as port:
        pass
    async with client(port, timeout_ms=200) as plc:
        for _ in range(3):
            with pytest.raises(PlcLinkDownError):
                await plc.wait_connected(0.05)
            async with lying_server(honestly, port):
                await connected(plc)
                assert await plc.read(1, 1) == (1,)
            await until(lambda: not plc.connected)
    said = [record.message.split(": ")[1].split(" (")[0] for record in caplog.records]
    assert said[:6] == ["does not answer", "answers"] * 3


async def test_a_server_that_closes_mid_request_is_a_timeout_and_not_a_value():
    async def reply(request: bytes) -> bytes | None:
        return None

    async with lying_server(reply) as port, client(port, timeout_ms=50) as plc:
        await connected(plc)
        with pytest.raises(PlcTimeoutError, match="the link was lost before the reply came"):
            await plc.read(100, 2)


async def test_a_cancelled_request_costs_the_link_and_the_next_reads_right():
    asked = asyncio.Event()
    hold = True

    async def reply(request: bytes) -> bytes | None:
        if hold:
            asked.set()
            return b""
        return honest(request)

    async with lying_server(reply) as port, client(port) as plc:
        await connected(plc)
        request = asyncio.create_task(plc.read(100, 2))
        await asyncio.wait_for(asked.wait(), LIMIT_S)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        hold = False
        await connected(plc)
        assert await plc.read(300, 1) == (300,)


async def test_requests_of_many_tasks_take_turns_and_none_gets_the_other_ones_answer():
    async with lying_server(honestly) as port, client(port) as plc:
        await connected(plc)
        answers = await asyncio.gather(*(plc.read(n, 2) for n in range(200)))
    assert answers == [(n, n + 1) for n in range(200)]


@pytest.mark.parametrize(
    ("address", "count"), [(0, 0), (0, 126), (-1, 1), (65535, 2)], ids=["none", "too many", "before", "past"]
)
async def test_a_span_that_modbus_cannot_carry_is_refused_before_it_is_sent(address: int, count: int):
    async with lying_server(honestly) as port, client(port) as plc:
        await connected(plc)
        with pytest.raises(ValueError, match="CarefulClient"):
            await plc.read(address, count)
        with pytest.raises(ValueError, match="each word"):
            await plc.write(0, (65536,))
    assert plc.counters.requests == 0


@pytest.mark.parametrize("wrong", [{"timeout_ms": 10}, {"timeout_ms": 3000}, {"retry_ms": 5000}, {"unit_id": 256}])
def test_limits_that_are_none_are_refused(wrong: dict[str, int]):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CarefulClient("127.0.0.1", 502, **wrong)
