"""A station of twenty lines for tests of remote I/O: says its events as JSON lines, passes parts by a rule.

Rules: `odd` (even ones are defects of class 2), `all`, `none`; `fast` is `odd` with the short pulses of a fast line.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
import time

import uvloop

from drivers.plc.messages import PartTriggered
from drivers.plc.registers import ResultBlock, State, VerdictCode
from drivers.remote_io.link import RemoteIoLink, open_remote_io
from tests.remote_io_peers import ENCODER_LIMITS, FAST_FIRST, FAST_PITCH, GATE, GATE_FAST, SORT_CLASS, settings


async def beat(link: RemoteIoLink) -> None:
    while True:
        link.beat()
        await asyncio.sleep(0.05)


def decide(link: RemoteIoLink, rule: str, part: PartTriggered) -> None:
    assert part.encoder_count is not None
    place = part.encoder_count - FAST_FIRST  # of the part on the belt: unlike its number, right after a missed one too
    odd = place % (2 * FAST_PITCH) < FAST_PITCH if rule == "fast" else part.part_seq % 2 == 1
    passes = not part.missed and (rule == "all" or (rule in ("odd", "fast") and odd))
    result = ResultBlock.sealed(
        part_seq=part.part_seq,
        verdict=VerdictCode.PASS if passes else VerdictCode.DEFECT,
        defect_class=0 if passes else SORT_CLASS,
        trigger_encoder=part.encoder_count,
        gate_encoder=(part.encoder_count + GATE.offset_counts) % 2**32,
    )
    link.publish(result, time.monotonic_ns())


async def main(port: int, rule: str) -> None:
    link = open_remote_io(settings(port), GATE_FAST if rule == "fast" else GATE, ENCODER_LIMITS)
    await link.start()
    link.set_state(ready=True, online=True, state=State.READY)
    beating = asyncio.create_task(beat(link))
    try:
        while True:
            event = await link.next_event()
            said = dataclasses.asdict(event) | {"event": type(event).__name__, "said_ns": time.monotonic_ns()}
            print(json.dumps(said), flush=True)
            if isinstance(event, PartTriggered):
                decide(link, rule, event)
    finally:
        beating.cancel()
        await link.stop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1]), sys.argv[2]))
