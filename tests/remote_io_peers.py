"""Programs for tests of remote I/O: the simulated coupler, a small station, and a cable between them to be cut."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from drivers.encoder.settings import EncoderSettings
from drivers.gate.settings import GateSettings
from drivers.remote_io.settings import RemoteIoSettings
from drivers.remote_io.simulated import ENCODER, LATCH, PART_COUNTER, PART_SENSOR, PARTS_AT_GATE, REJECTS, WATCHDOG

LIMIT_S = 20.0
PASS_COIL, SORT_COIL, SORT_CLASS = 3, 4, 2
GATE = GateSettings(offset_counts=300, pulse_counts=60, lead_counts=30, bus_margin_ms=5, actuator_ms=0)
GATE_FAST = GATE.model_copy(update={"pulse_counts": 16, "lead_counts": 8})
FAST_FIRST, FAST_PITCH = 500, 20
"""A fast line: 50 parts/s at 1000 counts/s."""
ENCODER_LIMITS = EncoderSettings(max_counts_per_s=20_000)
Said = dict[str, object]


def settings(port: int, **more: object) -> RemoteIoSettings:
    """As the simulated coupler is wired; `more` replaces what is given."""
    wired: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "peer": "simulated",
        "timeout_ms": 500,
        "part_sensor": {"input": PART_SENSOR},
        "encoder": {"address": ENCODER},
        "latch": {"address": LATCH},
        "part_counter": {"address": PART_COUNTER},
        "reject_sensor": {"counter": REJECTS},
        "gate_sensor": {"counter": PARTS_AT_GATE},
        "gates": [
            {"name": "pass", "coil": PASS_COIL, "opens_for": "pass"},
            {"name": "sort", "coil": SORT_COIL, "opens_for": SORT_CLASS},
        ],
        "watchdog": {"address": WATCHDOG, "value": 1000},
    }
    return RemoteIoSettings.model_validate(wired | more)


class Program:
    """A process that says JSON lines; what it said so far is in `said`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[Said] = []
        self._news = asyncio.Event()

    async def listen(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.said.append(json.loads(line))
            self._news.set()
        self._news.set()

    async def until(self, condition: Callable[[list[Said]], bool], limit_s: float = LIMIT_S) -> None:
        """Wait for what it says; AssertionError with all of it after the limit."""
        try:
            async with asyncio.timeout(limit_s):
                while not condition(self.said):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"not so within {limit_s:g} s, said: {self.said[-40:]}") from None

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    @property
    def port(self) -> int:
        port = self.said[0]["port"]
        assert isinstance(port, int)
        return port

    def switched(self, coil: int) -> list[tuple[bool, float, str]]:
        """(on, exact count, by whom) of each switch of a coil."""
        return [
            (bool(one["on"]), float(str(one["count"])), str(one["by"])) for one in self.said if one.get("coil") == coil
        ]

    def went(self) -> dict[int, object]:
        """Part number to the coils it went through; none = rejected."""
        return {int(str(one["part"])): one["through"] for one in self.said if "part" in one and "through" in one}


@asynccontextmanager
async def program(module: str, *arguments: object) -> AsyncIterator[Program]:
    """Run `python -m module`; killed at the end if it does not end with its input."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *map(str, arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    one = Program(process)
    listener = asyncio.create_task(one.listen())
    try:
        yield one
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await asyncio.wait_for(listener, LIMIT_S)
        if process.stdin is not None:
            process.stdin.close()


@asynccontextmanager
async def coupler(*, port: int = 0, **given: object) -> AsyncIterator[Program]:
    """The simulated coupler as a process; keywords as its options."""
    options = [str(word) for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)]
    async with program("drivers.remote_io.simulated", "--port", port, *options) as one:
        await one.until(bool)
        yield one


@asynccontextmanager
async def small_station(port: int, *, rule: str = "odd") -> AsyncIterator[Program]:
    """`tests.remote_io_station` as a process, up and connected."""
    async with program("tests.remote_io_station", port, rule) as one:
        await one.until(lambda said: any(what.get("event") == "PlcBack" for what in said))
        yield one


class Cable:
    """A relay to a port; cut, it swallows everything both ways without closing anything, as a pulled cable does."""

    def __init__(self) -> None:
        self.cut = False
        self._links: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def lay(self, to_port: int) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", to_port)
            for source, sink in ((reader, far_writer), (far_reader, writer)):
                task = asyncio.create_task(self._carry(source, sink))
                self._links.add(task)
                task.add_done_callback(self._links.discard)

        self._server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def take_away(self) -> None:
        assert self._server is not None
        self._server.close()
        links = set(self._links)
        for task in links:
            task.cancel()
        if links:
            await asyncio.wait(links, timeout=LIMIT_S)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(4096):
                if not self.cut:
                    sink.write(data)
        except ConnectionError:
            pass
        finally:
            sink.transport.abort()
