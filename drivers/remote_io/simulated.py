"""A simulated coupler with a belt behind it, as a program: `python -m drivers.remote_io.simulated`.

A real Modbus TCP server. Everything follows from the time: the belt runs at a speed, parts come at a pitch, the part
sensor and its latch see them, and a part goes through the gates whose coils are on when it is there. Says as JSON
lines on its output which coil switched at which exact count, and where each part went. Commands on its input, one a
line: `speed COUNTS_PER_S`, `jump COUNTS` (of the encoder, not of the belt). Ends when its input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import struct
import sys
import time
from collections.abc import Callable

from drivers.encoder.counts import wrapped
from drivers.plc.pdu import ExceptionCode, RequestRefusedError
from drivers.plc.server import ModbusServer

PART_SENSOR, AIR_OK, BIN_FULL, CLEAR_ERROR = range(4)
"""Discrete inputs."""
ENCODER, LATCH, REJECTS, PARTS_AT_GATE, PART_COUNTER = 0, 2, 4, 5, 6
"""Input registers; the first two are 32 bits, high word first."""
WATCHDOG = 0
"""Holding register: milliseconds without a write to a coil until all coils are 0; 0 switches it off."""
COILS = 16
_WATCH_S = 0.005
_INPUT_WORDS = 7

Say = Callable[[dict[str, object]], None]


class Belt:
    """Where the belt is: exact counts since it began, from time and speed alone."""

    def __init__(self, speed: float, now_ns: int) -> None:
        self._speed, self._from, self._since_ns = speed, 0.0, now_ns

    def at(self, now_ns: int) -> float:
        """Counts since the beginning."""
        return self._from + self._speed * (now_ns - self._since_ns) / 1e9

    def run(self, speed: float, now_ns: int) -> None:
        """Go on at another speed (counts/s)."""
        self._from, self._since_ns, self._speed = self.at(now_ns), now_ns, speed


class SimulatedCoupler:
    """Coils, inputs and counters over a belt. Part n (from 1) is triggered at `first + (n - 1) * pitch` counts."""

    def __init__(
        self,
        belt: Belt,
        *,
        first: int,
        pitch: int,
        parts: int,
        gate_offset: int,
        start_count: int,
        watchdog_ms: int,
        say: Say,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._belt, self._clock_ns, self._say = belt, clock_ns, say
        self._first, self._pitch, self._parts, self._gate_offset = first, pitch, parts, gate_offset
        self._encoder_offset, self._watchdog_ms = start_count, watchdog_ms
        self._coils = [False] * COILS
        self._written_ns = clock_ns()
        self._gone = self._rejected = 0

    def jump(self, counts: int) -> None:
        """The encoder slips; the belt does not."""
        self._encoder_offset += counts

    def run(self, speed: float) -> None:
        """The belt goes on at another speed."""
        self._belt.run(speed, self._clock_ns())

    def follow(self) -> None:
        """Parts that came to the gate since the last call go where the coils send them; the watchdog looks."""
        now_ns = self._clock_ns()
        place = self._belt.at(now_ns)
        while self._gone < self._parts and place >= self._first + self._gone * self._pitch + self._gate_offset:
            self._gone += 1
            through = [coil for coil, on in enumerate(self._coils) if on]
            self._rejected += not through
            self._say({"part": self._gone, "through": through})
        if self._watchdog_ms and any(self._coils) and now_ns - self._written_ns > self._watchdog_ms * 1e6:
            self._switch(0, (False,) * COILS, "watchdog")

    def read_coils(self, address: int, count: int) -> tuple[bool, ...]:
        """See BitMap."""
        return tuple(self._coils[_within(address, count, COILS)])

    def read_discrete(self, address: int, count: int) -> tuple[bool, ...]:
        """See BitMap. The part sensor is covered for half a pitch from each trigger on."""
        at = self._belt.at(self._clock_ns()) - self._first
        number = math.floor(at / self._pitch)
        covered = 0 <= number < self._parts and at - number * self._pitch < self._pitch / 2
        levels = [False] * COILS
        levels[PART_SENSOR], levels[AIR_OK] = covered, True
        return tuple(levels[_within(address, count, COILS)])

    def write_coils(self, address: int, bits: tuple[bool, ...], writer: int) -> None:
        """See BitMap."""
        del writer
        _within(address, len(bits), COILS)
        self.follow()
        self._written_ns = self._clock_ns()
        self._switch(address, bits, "write")

    def read_input(self, address: int, count: int) -> bytes:
        """See RegisterMap."""
        self.follow()
        place = self._belt.at(self._clock_ns())
        newest = min(math.floor((place - self._first) / self._pitch), self._parts - 1)
        latch = 0 if newest < 0 else wrapped(self._first + newest * self._pitch + self._encoder_offset)
        encoder = wrapped(math.floor(place) + self._encoder_offset)
        words = struct.pack(
            ">IIHHH", encoder, latch, self._rejected & 0xFFFF, self._gone & 0xFFFF, max(0, newest + 1) & 0xFFFF
        )
        span = _within(address, count, _INPUT_WORDS)
        return words[2 * span.start : 2 * span.stop]

    def read_holding(self, address: int, count: int) -> bytes:
        """See RegisterMap."""
        _within(address, count, 1)
        return struct.pack(">H", self._watchdog_ms)

    def write_holding(self, address: int, words: tuple[int, ...], writer: int) -> None:
        """See RegisterMap."""
        del writer
        _within(address, len(words), 1)
        self._watchdog_ms = words[0]

    def _switch(self, address: int, bits: tuple[bool, ...], by: str) -> None:
        count = self._belt.at(self._clock_ns()) + self._encoder_offset
        for coil, on in enumerate(bits, address):
            if self._coils[coil] != on:
                self._coils[coil] = on
                self._say({"coil": coil, "on": on, "count": round(count, 3), "by": by})


def _within(address: int, count: int, size: int) -> slice:
    if address + count > size:
        raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
    return slice(address, address + count)


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drivers.remote_io.simulated", description="A simulated coupler.")
    for name, default, what in (
        ("--port", 0, "TCP port, 0: any free one"),
        ("--first", 200, "counts from the start to the first part"),
        ("--pitch", 100, "counts from part to part"),
        ("--parts", 20, "number of parts"),
        ("--gate-offset", 300, "counts from the trigger to the gate"),
        ("--start-count", 0, "what the encoder shows at the start"),
        ("--watchdog-ms", 1000, "outputs drop to zero after so long without a write"),
    ):
        parser.add_argument(name, type=int, default=default, help=f"{what} (default {default})")
    parser.add_argument("--speed", type=float, default=0.0, help="counts/s at the start (default 0: the belt stands)")
    return parser.parse_args()


async def _main(given: argparse.Namespace) -> None:
    coupler = SimulatedCoupler(
        Belt(given.speed, time.monotonic_ns()),
        first=given.first,
        pitch=given.pitch,
        parts=given.parts,
        gate_offset=given.gate_offset,
        start_count=given.start_count,
        watchdog_ms=given.watchdog_ms,
        say=_say,
    )
    server = ModbusServer(
        coupler, host="127.0.0.1", port=given.port, unit_id=1, max_connections=4, on_closed=lambda _: None
    )
    ended = asyncio.Event()

    def commands() -> None:
        given = os.read(sys.stdin.fileno(), 4096)
        if not given:
            ended.set()
        for line in given.decode().splitlines():
            match line.split():
                case ["speed", value]:
                    coupler.run(float(value))
                case ["jump", value]:
                    coupler.jump(int(value))
                case _:
                    _say({"not understood": line})

    await server.start()
    _say({"port": server.port})
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, commands)
    while not ended.is_set():
        coupler.follow()
        await asyncio.sleep(_WATCH_S)
    loop.remove_reader(sys.stdin)
    await server.stop()


if __name__ == "__main__":
    asyncio.run(_main(_arguments()))
