"""A process that serves the PLC side of a station, for tests between two processes: prints its port, ends at EOF.

`parts`: a PlcServerLink that passes every odd part and rejects every even one. `slow-parts`: the same, patient enough
for a PLC that starts a program for each exchange. `storm`: a bare server whose status block is swapped as often as the
loop turns, all of its numbers made from one counter.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time

from drivers.plc.bank import ControlOwner, RegisterBank
from drivers.plc.link import PlcServerLink
from drivers.plc.messages import PartTriggered
from drivers.plc.registers import ResultBlock, State, StatusBits, StatusBlock, VerdictCode
from drivers.plc.server import ModbusServer
from drivers.plc.settings import PlcSettings

_ANY_PORT = {"port": 0}
_MINUTE_MS = 60_000
_SETTINGS = PlcSettings(host="127.0.0.1")
_PATIENT = PlcSettings(
    host="127.0.0.1",
    heartbeat_timeout_ms=_MINUTE_MS,
    result_ack_timeout_ms=_MINUTE_MS,
    trigger_release_timeout_ms=_MINUTE_MS,
)


async def _until_eof() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    transport.close()


async def _parts(link: PlcServerLink) -> None:
    while True:
        event = await link.next_event()
        if isinstance(event, PartTriggered):
            link.exposure_complete(event.part_seq)
            passes = event.part_seq % 2 == 1 and not event.missed
            link.publish(
                ResultBlock.sealed(
                    part_seq=event.part_seq,
                    verdict=VerdictCode.PASS if passes else VerdictCode.DEFECT,
                    trigger_encoder=event.encoder_count or 0,
                ),
                time.monotonic_ns(),
            )


async def _beats(link: PlcServerLink) -> None:
    while True:
        link.beat()
        await asyncio.sleep(0.02)


async def serve_parts(settings: PlcSettings = _SETTINGS) -> None:
    """Serve a small station until standard input ends."""
    link = PlcServerLink(settings.model_copy(update=_ANY_PORT))
    await link.start()
    link.set_state(ready=True, online=True, state=State.READY, simulated=True)
    tasks = [asyncio.create_task(_parts(link)), asyncio.create_task(_beats(link))]
    print(link.port, flush=True)
    await _until_eof()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await link.stop()


def storm_status(n: int) -> StatusBlock:
    """The status block of step `n`: a reader can tell whether all of it is of one step."""
    seq = n % 0xFFFF + 1
    verdict = VerdictCode.PASS if n % 2 else VerdictCode.DEFECT
    return StatusBlock(
        bits=StatusBits.RESULTS_VALID,
        heartbeat=n & 0xFFFF,
        acq_seq=seq,
        result=ResultBlock.sealed(part_seq=seq, verdict=verdict, trigger_encoder=n),
        triggers=n,
        in_flight=n,
    )


async def serve_slow_parts() -> None:
    """Serve a small station that waits a minute for each move of the PLC."""
    await serve_parts(_PATIENT)


async def serve_storm() -> None:
    """Swap the status block without pause until standard input ends."""
    bank = RegisterBank(ControlOwner(), lambda _: None)
    server = ModbusServer(bank, host="127.0.0.1", port=0, unit_id=1, max_connections=4, on_closed=lambda _: None)
    await server.start()

    async def swap() -> None:
        n = 0
        while True:
            n += 1
            bank.show(storm_status(n).encode())
            await asyncio.sleep(0)

    swapper = asyncio.create_task(swap())
    print(server.port, flush=True)
    await _until_eof()
    swapper.cancel()
    await asyncio.wait([swapper])
    await server.stop()


@contextlib.asynccontextmanager
async def station_process(mode: str) -> contextlib.AbstractAsyncContextManager[int]:
    """Run this module as a process; yields the port it serves."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.plc_station",
        mode,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            port = int(await process.stdout.readline())
        yield port
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


if __name__ == "__main__":
    asyncio.run({"parts": serve_parts, "slow-parts": serve_slow_parts, "storm": serve_storm}[sys.argv[1]]())
