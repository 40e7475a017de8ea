"""The coils of the gates: switched at the moment they are due, and written again while the coupler watches.

Must not know parts or counts. The time from asking to the output is measured, because a switch is decided earlier
by it.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.plc.client import CarefulClient
from drivers.remote_io.settings import GateOutputSettings

_REFRESH_NS = 100_000_000
"""Also while everything is off: a coupler whose watchdog ran out wants to be reset by hand."""
_SMOOTHING = 8


class GateOutputs:
    """Which gates are energised, as last written. Every PlcError of the client comes through."""

    def __init__(
        self, gates: tuple[GateOutputSettings, ...], client: CarefulClient, clock_ns: Callable[[], int]
    ) -> None:
        self._gates = sorted(gates, key=lambda gate: gate.coil)
        self._client, self._clock_ns = client, clock_ns
        coils = [gate.coil for gate in self._gates]
        self._in_a_row = coils == list(range(coils[0], coils[0] + len(coils)))
        self._written_ns = 0
        self._round_ns = 0
        self.on: frozenset[str] = frozenset()

    @property
    def bus_ns(self) -> int:
        """Half of the smoothed time of a write: from asking to the output."""
        return self._round_ns // 2

    async def all_off(self) -> None:
        """First and last of each link, whatever was written before."""
        await self._write(frozenset(), everything=True)

    async def switch(self, on: frozenset[str]) -> None:
        """Energise exactly these gates. Outputs that are not gates are left alone."""
        await self._write(on, everything=False)

    async def refresh(self, now_ns: int) -> None:
        """Write what is on again, at each call while anything is, else each 100 ms."""
        if self.on or now_ns - self._written_ns >= _REFRESH_NS:
            await self._write(self.on, everything=True)

    async def _write(self, on: frozenset[str], *, everything: bool) -> None:
        began_ns = self._clock_ns()
        if self._in_a_row:
            await self._client.write_coils(self._gates[0].coil, tuple(gate.name in on for gate in self._gates))
            requests = 1
        else:
            changed = [gate for gate in self._gates if everything or (gate.name in on) != (gate.name in self.on)]
            for gate in sorted(changed, key=lambda gate: gate.name in on):  # closing comes first
                await self._client.write_coils(gate.coil, (gate.name in on,))
            requests = max(1, len(changed))
        self.on, self._written_ns = on, self._clock_ns()
        took_ns = (self._written_ns - began_ns) // requests
        self._round_ns += (took_ns - self._round_ns) // (_SMOOTHING if self._round_ns else 1)
