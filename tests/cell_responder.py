"""A station as small as can be behind real Modbus TCP sockets, for tests of the cell: it answers what it is told to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

from drivers.plc.factory import open_plc
from drivers.plc.messages import PartTriggered
from drivers.plc.registers import ResultBlock, State, VerdictCode
from drivers.plc.settings import PlcSettings

Answer = Callable[[PartTriggered], ResultBlock | None]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def passes(part: PartTriggered) -> ResultBlock | None:
    """Lets everything through."""
    return ResultBlock.sealed(part_seq=part.part_seq, verdict=VerdictCode.PASS)


class Responder:
    """Answers each trigger `result_ms` later; beats as long as it runs."""

    def __init__(
        self,
        port: int,
        answer: Answer = passes,
        *,
        exposure_ms: float = 20,
        result_ms: float = 30,
        role: Literal["server", "client"] = "server",
    ) -> None:
        self.port = port
        self.link = open_plc(PlcSettings(role=role, host="127.0.0.1", port=port, peer="simulated"))
        self.answer = answer
        self.exposure_s, self.result_s = exposure_ms / 1000, result_ms / 1000
        self.parts: list[PartTriggered] = []

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        self.link.set_state(ready=True, online=True, state=State.READY, simulated=True)
        beating = loop.create_task(self._beat(), name="test: beat")
        try:
            while True:
                event = await self.link.next_event()
                if isinstance(event, PartTriggered):
                    self.parts.append(event)
                    loop.call_later(self.exposure_s, self.link.exposure_complete, event.part_seq)
                    result = self.answer(event)
                    if result is not None:
                        loop.call_later(self.result_s, self.link.publish, result, event.at_ns)
        finally:
            beating.cancel()
            await asyncio.wait([beating])

    async def _beat(self) -> None:
        while True:
            self.link.beat()
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(responder: Responder) -> AsyncIterator[Responder]:
    await responder.link.start()
    task = asyncio.create_task(responder.run(), name="test: station")
    try:
        yield responder
    finally:
        task.cancel()
        await asyncio.wait([task])
        await responder.link.stop()
