"""How old a verdict is when the PLC sees it: the station's PLC connection against a PLC program in another process.

What `station bench --plc` measures. No camera, no classifier: a verdict is "ready" a random time after its trigger, and
its age is counted from there to the PLC's poll that shows it. Both processes read the same CLOCK_MONOTONIC.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from dataclasses import dataclass
from random import Random
from typing import Any

import uvloop

from drivers.plc.link import PlcServerLink
from drivers.plc.messages import PartTriggered
from drivers.plc.registers import ResultBlock, State, VerdictCode
from drivers.plc.settings import PlcSettings
from station.statistics import percentiles

_WORK_S = (0.004, 0.012)
"""From trigger to verdict: shorter than the period, so that results do not wait for each other."""
_BEAT_S = 0.02
_PEER_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class PlcPace:
    """Parts a second, for so long, with a PLC that polls so often."""

    parts_per_s: float = 50.0
    seconds: float = 20.0
    poll_ms: float = 1.0


def plc_figures(pace: PlcPace, seed: int = 1) -> dict[str, Any]:
    """Runs the station's side here, the PLC's in a process of its own: milliseconds from verdict to the PLC's view."""
    return uvloop.run(_measure(pace, Random(seed)))  # noqa: S311  (times of work, nothing secret)


async def _measure(pace: PlcPace, random: Random) -> dict[str, Any]:
    link = PlcServerLink(PlcSettings(peer="simulated").model_copy(update={"port": 0}))  # 0: any free one
    await link.start()
    link.set_state(ready=True, online=True, state=State.READY, simulated=True)
    ready_ns: dict[int, int] = {}
    tasks = [asyncio.create_task(_station(link, random, ready_ns)), asyncio.create_task(_beats(link))]
    try:
        seen = await _plc(link.port, pace)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await link.stop()
    ages_ms = [(seen_ns - ready_ns[seq]) / 1e6 for seq, seen_ns in seen["seen_ns"] if seq in ready_ns]
    return {
        "parts": len(ages_ms),
        "parts_per_s": pace.parts_per_s,
        "poll_ms": {"asked": pace.poll_ms, **percentiles(seen["poll_ms"]).as_dict()},
        "verdict_to_plc_ms": percentiles(ages_ms).as_dict(),
        "wrong": seen["wrong"],
    }


async def _station(link: PlcServerLink, random: Random, ready_ns: dict[int, int]) -> None:
    async with asyncio.TaskGroup() as parts:
        while True:
            event = await link.next_event()
            if isinstance(event, PartTriggered):
                parts.create_task(_inspect(link, event, random.uniform(*_WORK_S), ready_ns))


async def _inspect(link: PlcServerLink, part: PartTriggered, work_s: float, ready_ns: dict[int, int]) -> None:
    link.exposure_complete(part.part_seq)
    await asyncio.sleep(work_s)
    verdict = VerdictCode.PASS if part.part_seq % 2 else VerdictCode.DEFECT
    ready_ns[part.part_seq] = time.monotonic_ns()
    link.publish(ResultBlock.sealed(part_seq=part.part_seq, verdict=verdict), time.monotonic_ns())


async def _beats(link: PlcServerLink) -> None:
    while True:
        link.beat()
        await asyncio.sleep(_BEAT_S)


async def _plc(port: int, pace: PlcPace) -> dict[str, Any]:
    """The PLC program as a process; what it saw."""
    peer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "station.plc_bench_peer",
        *map(str, (port, pace.parts_per_s, pace.seconds, pace.poll_ms)),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(pace.seconds + _PEER_LIMIT_S):
            said, _ = await peer.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            peer.kill()
        await peer.wait()
    return json.loads(said)
