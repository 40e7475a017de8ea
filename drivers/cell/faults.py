"""Which part is hit by which camera fault on which sensor, and what the station must then say of it.

Pure. Must not know the station: the reasons in the tables are its texts, compared by whoever judges a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from drivers.cell.sensor import Sensor

FaultKind = Literal[
    "incomplete",
    "drop",
    "stale",
    "duplicate-id",
    "slow",
    "wrong-size",
    "encoder-jump",
    "encoder-reverse",
    "black",
    "white",
    "blur",
    "freeze",
    "unplug",
]
FAULT_KINDS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)

_LINE_REASONS: Final[dict[FaultKind, tuple[str, ...]]] = {
    "incomplete": ("incomplete frame",),
    "drop": ("no frame", "frame-id gap"),
    "stale": ("stale frame",),
    "duplicate-id": ("stale frame",),
    "slow": ("no frame", "deadline"),
    "wrong-size": ("wrong picture size",),
    "encoder-jump": ("encoder step",),
    "encoder-reverse": ("encoder reversed",),
    "black": ("dark picture", "no part in picture"),
    "white": ("saturated picture", "part outside picture"),
    "blur": ("blurred picture",),
    "freeze": ("frozen picture",),
    "unplug": ("camera down", "no frame"),
}
# An area frame has one count: one that jumped belongs to no view, and the view stays without its frame.
_AREA_REASONS: Final[dict[FaultKind, tuple[str, ...]]] = {
    **{kind: reasons for kind, reasons in _LINE_REASONS.items() if kind != "encoder-reverse"},
    "encoder-jump": ("no frame",),
}
EXPECTED_REASONS: Final[dict[str, tuple[str, ...]]] = {
    kind: tuple(dict.fromkeys((*reasons, *_AREA_REASONS.get(kind, ())))) for kind, reasons in _LINE_REASONS.items()
}
"""What the station may say of a part that was hit by a fault, whichever sensor it hit."""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Every `every`-th part is hit (0: none), by the kinds in turn; `slow_ms` must exceed the station's deadline."""

    every: int
    kinds: tuple[FaultKind, ...]
    slow_ms: int


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """Part `n` is hit by `kind` on sensor `sensor`."""

    n: int
    kind: FaultKind
    sensor: str


def expected_reasons(kind: FaultKind, *, area: bool) -> tuple[str, ...]:
    """What the station may say of the part, by the kind of sensor; KeyError for a fault that cannot hit it."""
    return (_AREA_REASONS if area else _LINE_REASONS)[kind]


def planned_fault(plan: FaultPlan, n: int, sensors: Sequence[Sensor]) -> PlannedFault | None:
    """What hits part `n` (from 1); every kind comes to every sensor that it can hit, one after the other."""
    if not plan.every or n % plan.every:
        return None
    turn = n // plan.every - 1
    around, place = divmod(turn, len(plan.kinds))
    kind = plan.kinds[place]
    able = [sensor for sensor in sensors if kind in (_AREA_REASONS if sensor.area else _LINE_REASONS)]
    if not able:
        return None
    return PlannedFault(n, kind, able[(place + around) % len(able)].name)
