"""A remote I/O coupler at the simulated line: inputs show the world, its coil moves the gate, its watchdog shuts it.

At the addresses of the station's own configuration. Must not know parts beyond what a sensor sees.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Callable

from drivers.cell.coil_gate import CoilGate
from drivers.cell.world import World
from drivers.encoder.counts import wrapped
from drivers.plc.pdu import ExceptionCode, RequestRefusedError
from drivers.remote_io.settings import CounterSettings, InputSettings, RemoteIoSettings

_TABLE = 65_536
_MS = 1_000_000
_MASTER_MS = 1000
_WATCHDOG_MS = 1_000


class Coupler:
    """Registers, inputs and coils for `ModbusServer`; every request looks at the world as it is at that moment.

    The gate has moved `actuator_ns` after its coil was switched.
    """

    def __init__(
        self,
        settings: RemoteIoSettings,
        world: World,
        gate: CoilGate,
        *,
        actuator_ns: int,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._settings = settings
        self._world = world
        self._gate = gate
        self._actuator_ns = actuator_ns
        self._clock_ns = clock_ns
        self._moves: deque[tuple[int, bool]] = deque()
        self._coils: dict[int, bool] = {output.coil: False for output in settings.gates}
        self._pass_coil = next(output.coil for output in settings.gates if output.opens_for == "pass")
        self._written_ns: int | None = None
        self._asked_ns: int | None = None
        self._watchdog_ms = _WATCHDOG_MS
        self.watchdog_trips = 0

    @property
    def has_master(self) -> bool:
        """Whether somebody polls the inputs, or writes the outputs: the drive runs only then."""
        return self._asked_ns is not None and self._clock_ns() - self._asked_ns < _MASTER_MS * _MS

    def follow(self) -> None:
        """Let time pass: without a write for the watchdog's time all outputs drop to zero."""
        now_ns = self._clock_ns()
        while self._moves and self._moves[0][0] <= now_ns:
            moved_ns, on = self._moves.popleft()
            self._world.advance(moved_ns)
            self._gate.switch(on, self._world.line.count)
        self._world.advance(now_ns)
        if self._written_ns is None or now_ns - self._written_ns < self._watchdog_ms * _MS:
            return
        self._written_ns = None
        self.watchdog_trips += any(self._coils.values())
        for coil in self._coils:
            self._set(coil, False)

    def read_coils(self, address: int, count: int) -> tuple[bool, ...]:
        """See BitMap."""
        return tuple(self._coil(coil) for coil in range(address, address + count))

    def read_discrete(self, address: int, count: int) -> tuple[bool, ...]:
        """See BitMap. Inputs that nobody wired are 0."""
        self._asked_ns = self._clock_ns()
        self.follow()
        settings, line, levels = self._settings, self._world.line_inputs(), dict[int, bool]()
        _wire(levels, settings.part_sensor, self._world.line.part_at_trigger)
        _wire(levels, settings.air_ok, not line.air_low)
        _wire(levels, settings.bin_full, line.bin_full)
        _wire(levels, settings.clear_error, False)
        return tuple(levels.get(place, False) for place in range(address, address + count))

    def write_coils(self, address: int, bits: tuple[bool, ...], writer: int) -> None:
        """See BitMap."""
        del writer
        for coil in range(address, address + len(bits)):
            self._coil(coil)
        self.follow()
        self._written_ns = self._asked_ns = self._clock_ns()
        for coil, on in enumerate(bits, address):
            self._set(coil, on)

    def read_input(self, address: int, count: int) -> bytes:
        """See RegisterMap."""
        return self._registers("input", address, count)

    def read_holding(self, address: int, count: int) -> bytes:
        """See RegisterMap."""
        return self._registers("holding", address, count)

    def write_holding(self, address: int, words: tuple[int, ...], writer: int) -> None:
        """See RegisterMap: the watchdog's time in milliseconds, and nothing else."""
        del writer
        watchdog = self._settings.watchdog
        if watchdog is None or address != watchdog.address or len(words) != 1:
            raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
        self._watchdog_ms = words[0]

    def _registers(self, table: str, address: int, count: int) -> bytes:
        self.follow()
        settings, line, words = self._settings, self._world.line_inputs(), dict[int, int]()
        _count(words, table, settings.encoder, line.encoder_count)
        _count(words, table, settings.latch, wrapped(self._world.line.latched_count))
        for sensor, seen in ((settings.reject_sensor, line.rejects_seen), (settings.gate_sensor, line.parts_seen)):
            if sensor is not None and sensor.counter is not None and sensor.table == table:
                words[sensor.counter] = seen
        if settings.watchdog is not None and table == "holding":
            words[settings.watchdog.address] = self._watchdog_ms
        if address + count > _TABLE:
            raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
        return struct.pack(f">{count}H", *(words.get(place, 0) for place in range(address, address + count)))

    def _coil(self, coil: int) -> bool:
        if coil not in self._coils:
            raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
        return self._coils[coil]

    def _set(self, coil: int, on: bool) -> None:
        if coil == self._pass_coil and self._coils[coil] != on:
            self._moves.append((self._clock_ns() + self._actuator_ns, on))
        self._coils[coil] = on


def _wire(levels: dict[int, bool], wired: InputSettings | None, active: bool) -> None:
    if wired is not None:
        levels[wired.input] = active != wired.inverted


def _count(words: dict[int, int], table: str, wired: CounterSettings | None, count: int) -> None:
    if wired is not None and wired.table == table:
        high, low = count >> 16, count & 0xFFFF
        first, second = (high, low) if wired.word_order == "high_first" else (low, high)
        words[wired.address], words[wired.address + 1] = first, second
