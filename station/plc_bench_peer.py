"""The PLC of `station bench --plc`, in a process of its own: one exchange a poll, one trigger a period.

`python -m station.plc_bench_peer PORT PARTS_PER_S SECONDS POLL_MS` prints one JSON document: when each result was first
seen (part number, CLOCK_MONOTONIC ns), how long each poll took from the one before, and how many results were wrong.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import pairwise

import uvloop

from drivers.plc.client import CarefulClient
from drivers.plc.registers import (
    CONTROL_BASE,
    STATUS_BASE,
    STATUS_WORDS,
    ControlBits,
    ControlBlock,
    StatusBits,
    StatusBlock,
    is_pass,
)

_CONNECT_S = 5.0
_RUN_OUT_S = 1.0
_LAST_SEQ = 0xFFFF


async def poll(port: int, parts_per_s: float, seconds: float, poll_ms: float) -> dict[str, object]:
    """Runs the program for `seconds`."""
    seen_ns: list[tuple[int, int]] = []
    poll_ns: list[int] = []
    wrong = seq = heartbeat = 0
    bits = ControlBits.ENABLE
    async with CarefulClient("127.0.0.1", port, timeout_ms=1000) as client:
        await client.wait_connected(_CONNECT_S)
        begin_ns = time.monotonic_ns()
        next_part_ns, end_ns = begin_ns, begin_ns + round(seconds * 1e9)
        next_ns = begin_ns
        while (now_ns := time.monotonic_ns()) < end_ns + round(_RUN_OUT_S * 1e9):
            heartbeat = (heartbeat + 1) & 0xFFFF
            control = ControlBlock(bits, seq, 1, heartbeat, seq)
            words = await client.read_write(STATUS_BASE, STATUS_WORDS, CONTROL_BASE, control.encode())
            status = StatusBlock.decode(words)
            at_ns = time.monotonic_ns()
            poll_ns.append(at_ns)
            if StatusBits.TRIGGER_ACK in status.bits:
                bits &= ~ControlBits.TRIGGER
            if StatusBits.RESULTS_VALID not in status.bits:
                bits &= ~ControlBits.RESULTS_ACK
            elif ControlBits.RESULTS_ACK not in bits:
                result = status.result
                seen_ns.append((result.part_seq, at_ns))
                wrong += is_pass(result, result.part_seq) is not bool(result.part_seq % 2)
                bits |= ControlBits.RESULTS_ACK
            ready = StatusBits.TRIGGER_READY in status.bits and ControlBits.TRIGGER not in bits
            if next_part_ns <= now_ns < end_ns and ready:
                seq = seq % _LAST_SEQ + 1
                bits |= ControlBits.TRIGGER
                next_part_ns += round(1e9 / parts_per_s)
            next_ns = max(next_ns + round(poll_ms * 1e6), at_ns)
            await asyncio.sleep((next_ns - time.monotonic_ns()) * 1e-9)
    gaps_ms = [(after - before) / 1e6 for before, after in pairwise(poll_ns)]
    return {"seen_ns": seen_ns, "poll_ms": gaps_ms, "wrong": wrong}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(poll(int(sys.argv[1]), *map(float, sys.argv[2:5])))))  # noqa: T201  # its one answer
