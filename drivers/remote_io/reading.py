"""All inputs and counters of the coupler, read at once: at most one request a table, of few milliseconds.

Must not know what the station makes of them. A clock is the counter where there is no encoder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.encoder.counts import wrapped
from drivers.plc.client import CarefulClient
from drivers.remote_io.settings import CounterSettings, InputSettings, PassingSensorSettings, RemoteIoSettings

_NS_PER_S = 1_000_000_000
_PLACES_NS = 20_000_000
"""A count whose request took longer may be from anywhere within it: no position to move a gate by."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One poll. Discrete inputs are read before registers, so that a latch is never older than its level."""

    at_ns: int
    """CLOCK_MONOTONIC, middle of the request that holds the counter; off by at most half of `took_ns`."""
    took_ns: int
    count: int
    """Of encoder or clock: unsigned, 32 bits, wraps."""
    part: bool
    latch: int | None = None
    part_number: int | None = None
    """Edges of the part sensor that the coupler counted, 16 bits, wraps."""
    rejects: int | bool | None = None
    """A counter of 16 bits, or a level to be counted; None: no such sensor. `parts` likewise."""
    parts: int | bool | None = None
    air_low: bool = False
    bin_full: bool = False
    clear_error: bool = False

    @property
    def places(self) -> bool:
        """It was read quickly enough for its count to say where the line is."""
        return self.took_ns <= _PLACES_NS


class CouplerReader:
    """Reads over one client; every PlcError of the client comes through."""

    def __init__(self, settings: RemoteIoSettings, client: CarefulClient, clock_ns: Callable[[], int]) -> None:
        self._settings, self._client, self._clock_ns = settings, client, clock_ns
        self._inputs = _span(settings.inputs())
        self._registers = {table: _span(settings.registers(table)) for table in ("input", "holding")}

    async def read(self) -> Reading:
        """One poll of everything that is configured."""
        settings, clock = self._settings, self._clock_ns
        counter = settings.part_counter
        began_ns = clock()
        first, count = self._inputs
        bits = dict(enumerate(await self._client.read_discrete(first, count), first))
        ended_ns = clock()
        words: dict[tuple[str, int], int] = {}
        for table, (first, count) in self._registers.items():
            if count:
                asked_ns = clock()
                read = self._client.read_inputs if table == "input" else self._client.read
                words |= {(table, at): word for at, word in enumerate(await read(first, count), first)}
                if settings.encoder is not None and settings.encoder.table == table:
                    began_ns, ended_ns = asked_ns, clock()
        at_ns = (began_ns + ended_ns) // 2
        return Reading(
            at_ns=at_ns,
            took_ns=ended_ns - began_ns,
            count=self._count(words, at_ns),
            part=_level(settings.part_sensor, bits),
            latch=None if settings.latch is None else _wide(settings.latch, words),
            part_number=None if counter is None else words[counter.table, counter.address],
            rejects=_passing(settings.reject_sensor, bits, words),
            parts=_passing(settings.gate_sensor, bits, words),
            air_low=settings.air_ok is not None and not _level(settings.air_ok, bits),
            bin_full=settings.bin_full is not None and _level(settings.bin_full, bits),
            clear_error=settings.clear_error is not None and _level(settings.clear_error, bits),
        )

    def _count(self, words: dict[tuple[str, int], int], at_ns: int) -> int:
        if self._settings.encoder is not None:
            return _wide(self._settings.encoder, words)
        return wrapped(int(at_ns * (self._settings.nominal_counts_per_s or 0) / _NS_PER_S))


def _span(addresses: tuple[int, ...]) -> tuple[int, int]:
    """First address and number of all from the lowest to the highest; (0, 0) for none."""
    return (min(addresses), max(addresses) - min(addresses) + 1) if addresses else (0, 0)


def _level(sensor: InputSettings, bits: dict[int, bool]) -> bool:
    return bits[sensor.input] != sensor.inverted


def _wide(counter: CounterSettings, words: dict[tuple[str, int], int]) -> int:
    first, second = words[counter.table, counter.address], words[counter.table, counter.address + 1]
    high, low = (first, second) if counter.word_order == "high_first" else (second, first)
    return high << 16 | low


def _passing(
    sensor: PassingSensorSettings | None, bits: dict[int, bool], words: dict[tuple[str, int], int]
) -> int | bool | None:
    if sensor is None:
        return None
    if sensor.counter is not None:
        return words[sensor.table, sensor.counter]
    return None if sensor.input is None else bits[sensor.input] != sensor.inverted
