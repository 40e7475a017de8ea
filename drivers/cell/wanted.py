"""Requests to the infeed, one JSON object a line: a part, the belt emptied, trouble of the PLC, another recipe.

Pure. A request that cannot be understood gets one sentence. Must not know which parts there are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast, get_args

from drivers.cell.faults import FAULT_KINDS, FaultKind
from drivers.cell.line_faults import LINE_FAULT_KINDS, LineFaultKind, PlcTroubleKind

_PLC_TROUBLES: Final[tuple[PlcTroubleKind, ...]] = get_args(PlcTroubleKind)
_LONGEST_MS: Final = 60_000
_USUAL_MS: Final = 1_500
_LARGEST_RECIPE: Final = 65_535

KindT = TypeVar("KindT")


@dataclass(frozen=True, slots=True)
class WantedPart:
    """One part, please: "good", "any" or a defect's label, hit by these faults."""

    part: str
    fault: FaultKind | None = None
    line_fault: LineFaultKind | None = None


@dataclass(frozen=True, slots=True)
class WantedRunOut:
    """Let the belt run until every part is in its bin."""


@dataclass(frozen=True, slots=True)
class WantedTrouble:
    """Trouble of the PLC for a while."""

    kind: PlcTroubleKind
    for_ms: int


@dataclass(frozen=True, slots=True)
class WantedRecipe:
    """The PLC asks the station for another recipe; parts go on meanwhile."""

    recipe_id: int


Wanted = WantedPart | WantedRunOut | WantedTrouble | WantedRecipe


class WantedError(Exception):
    """A request that cannot be met: one sentence with what was found and what is expected."""


def read_wanted(line: str) -> Wanted:
    """One request. WantedError with what is wrong with it."""
    try:
        asked: Any = json.loads(line)
    except ValueError as error:
        raise WantedError(f"infeed: {line.strip()[:80]!r} is not JSON ({error}); it is left out") from None
    if not isinstance(asked, dict):
        raise WantedError(f'infeed: {line.strip()[:80]!r} is no request; expected for one {{"part": "good"}}')
    found = cast("dict[str, Any]", asked)
    if "part" in found:
        _only(found, "part", "fault", "line_fault")
        if not isinstance(found["part"], str):
            raise WantedError(f'infeed: part is "good", "any" or a defect\'s label, found {found["part"]!r}')
        return WantedPart(
            found["part"],
            _one_of("fault", found.get("fault"), FAULT_KINDS),
            _one_of("line_fault", found.get("line_fault"), LINE_FAULT_KINDS),
        )
    if "run_out" in found:
        _only(found, "run_out")
        if found["run_out"] is not True:
            raise WantedError(f"infeed: run_out is true or not there, found {found['run_out']!r}")
        return WantedRunOut()
    if "plc" in found:
        _only(found, "plc", "for_ms")
        kind: PlcTroubleKind | None = _one_of("plc", found["plc"], _PLC_TROUBLES)
        for_ms: Any = found.get("for_ms", _USUAL_MS)
        if kind is None or type(for_ms) is not int or not 1 <= for_ms <= _LONGEST_MS:
            raise WantedError(f"infeed: plc needs its trouble and for_ms of 1 to {_LONGEST_MS}, found {found}")
        return WantedTrouble(kind, for_ms)
    if "recipe" in found:
        _only(found, "recipe")
        recipe_id: Any = found["recipe"]
        if type(recipe_id) is not int or not 0 <= recipe_id <= _LARGEST_RECIPE:
            raise WantedError(f"infeed: recipe is a number of 0 to {_LARGEST_RECIPE}, found {recipe_id!r}")
        return WantedRecipe(recipe_id)
    raise WantedError(f"infeed: {line.strip()[:80]!r} asks for nothing; expected one of part, run_out, plc, recipe")


def _only(found: dict[str, Any], *keys: str) -> None:
    unknown = sorted(set(found) - set(keys))
    if unknown:
        beside = ", ".join(keys[1:]) or "nothing"
        raise WantedError(f"infeed: {', '.join(unknown)} is unknown; beside {keys[0]} there can be {beside}")


def _one_of(key: str, value: Any, kinds: tuple[KindT, ...]) -> KindT | None:
    if value is None:
        return None
    for kind in kinds:
        if value == kind:
            return kind
    raise WantedError(f"infeed: {key} {value!r} is unknown; expected one of {', '.join(map(str, kinds))}")
