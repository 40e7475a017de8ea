"""Which part is hit by which fault of the line (gate, sensors, encoder, PLC), by plan; the cameras have `faults.py`.

Pure. Must not know how a fault is brought about or what the station makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

LineFaultKind = Literal[
    "gate-stuck-closed",
    "gate-stuck-open",
    "reject-sensor-dead",
    "falls-off",
    "extra-part",
    "air-low",
    "bin-full",
    "encoder-jump",
    "encoder-back",
    "plc-silent",
    "plc-stands",
    "link-cut",
]
LINE_FAULT_KINDS: Final[tuple[LineFaultKind, ...]] = get_args(LineFaultKind)

NEED_A_GATE: Final[frozenset[LineFaultKind]] = frozenset(
    ("gate-stuck-closed", "gate-stuck-open", "reject-sensor-dead", "falls-off", "extra-part", "air-low", "bin-full")
)
"""A line without a gate has no sensors either, so these cannot hit it."""

PlcTroubleKind = Literal["silent", "stands", "cut"]
"""silent: the heartbeat stands still; stands: the program is not scanned; cut: the link to the station is gone."""

PLC_TROUBLES: Final[dict[LineFaultKind, PlcTroubleKind]] = {
    "plc-silent": "silent",
    "plc-stands": "stands",
    "link-cut": "cut",
}


@dataclass(frozen=True, slots=True)
class LineFaultPlan:
    """One part in `every` is hit (0: none), by the kinds in turn."""

    every: int
    kinds: tuple[LineFaultKind, ...]


def planned_line_fault(plan: LineFaultPlan, n: int, *, gate: bool) -> LineFaultKind | None:
    """What hits part `n` (from 1): half a round away from the camera faults, so that both seldom meet on a part."""
    kinds: list[LineFaultKind] = [kind for kind in plan.kinds if gate or kind not in NEED_A_GATE]
    if not plan.every or not kinds or (n + plan.every // 2) % plan.every:
        return None
    turn = (n + plan.every // 2) // plan.every - 1
    return kinds[turn % len(kinds)]
