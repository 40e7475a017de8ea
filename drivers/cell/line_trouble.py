"""Faults of the line that last a while: air, bin, encoder channel, PLC. Each begins when told and ends by the clock.

Pure: time comes in as an argument. Must not know which part is concerned or what anybody does about it.
"""

from __future__ import annotations

from typing import Final

from drivers.cell.line_faults import PLC_TROUBLES, LineFaultKind, PlcTroubleKind

_MS: Final = 1_000_000
LASTS_NS: Final[dict[LineFaultKind, int]] = {
    "air-low": 1_000 * _MS,
    "bin-full": 1_000 * _MS,
    "encoder-back": 100 * _MS,
    "plc-silent": 1_500 * _MS,
    "plc-stands": 1_500 * _MS,
    "link-cut": 500 * _MS,
}
"""A PLC is silent for longer than a station's usual patience of a second."""


class LineTrouble:
    """What is wrong with the line at a time."""

    def __init__(self) -> None:
        self._until_ns: dict[LineFaultKind, int] = {}

    def begin(self, kind: LineFaultKind, now_ns: int, for_ns: int | None = None) -> None:
        """From now on, for `for_ns` or as long as this kind lasts; KeyError for a kind that does not last."""
        self._until_ns[kind] = now_ns + (LASTS_NS[kind] if for_ns is None else for_ns)

    def plc(self, trouble: PlcTroubleKind, now_ns: int, for_ns: int) -> None:
        """Trouble of the PLC, by its own name."""
        self.begin(next(kind for kind, name in PLC_TROUBLES.items() if name == trouble), now_ns, for_ns)

    def lasts(self, kind: LineFaultKind, now_ns: int) -> bool:
        """Whether this is wrong at `now_ns`."""
        return now_ns < self._until_ns.get(kind, now_ns)

    def end(self) -> None:
        """The run is over: nothing stays wrong."""
        self._until_ns.clear()
