"""Which part comes next: by itself, in its order, until enough were shown; or on demand, one request after the other.

Pure. Must not know pictures' contents beyond their label, the station, or where requests come from.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

from drivers.cell.faults import FaultKind
from drivers.cell.line_faults import LineFaultKind
from drivers.cell.order import PartOrder
from drivers.cell.wanted import (
    Wanted,
    WantedError,
    WantedPart,
    WantedRecipe,
    WantedRunOut,
    WantedTrouble,
    read_wanted,
)

GOOD: Final = "good"
ANY: Final = "any"
_MOST_WAITING: Final = 10_000


class Labelled(Protocol):
    """What the infeed must know of a part."""

    @property
    def label(self) -> str:
        """The truth in a word."""
        ...

    @property
    def defective(self) -> bool:
        """Whether the label is a defect."""
        ...

    @property
    def problem(self) -> str | None:
        """Why it has no picture."""
        ...


@dataclass(frozen=True, slots=True)
class NextPart:
    """Picture `picture` of the cell's collection. `by_plan`: faults come by the plan, else these two and no other."""

    picture: int
    by_plan: bool = True
    fault: FaultKind | None = None
    line_fault: LineFaultKind | None = None


class PartSupply(Protocol):
    """Where parts come from."""

    @property
    def waiting(self) -> bool:
        """Whether a part can be laid on the jig now."""
        ...

    @property
    def ended(self) -> bool:
        """Whether no part will come any more."""
        ...

    @property
    def run_out(self) -> bool:
        """Whether the belt is to be emptied before anything else."""
        ...

    def take(self) -> NextPart:
        """The part that is laid on now."""
        ...

    def close(self) -> None:
        """No part follows."""
        ...

    def step(self, *, empty: bool) -> WantedTrouble | WantedRecipe | None:
        """Go on with what is no part; `empty`: every part is in its bin."""
        ...


class AutoSupply:
    """Parts in their order, `last_part` of them (0: without end)."""

    def __init__(self, order: PartOrder, last_part: int) -> None:
        self._order = order
        self._last_part = last_part
        self._shown = 0
        self._closed = False

    @property
    def waiting(self) -> bool:
        """See PartSupply."""
        return not self.ended

    @property
    def ended(self) -> bool:
        """See PartSupply."""
        return self._closed or (self._last_part != 0 and self._shown >= self._last_part)

    @property
    def run_out(self) -> bool:
        """See PartSupply."""
        return self.ended

    def take(self) -> NextPart:
        """See PartSupply."""
        self._shown += 1
        return NextPart(self._order.next())

    def close(self) -> None:
        """See PartSupply."""
        self._closed = True

    def step(self, *, empty: bool) -> WantedTrouble | WantedRecipe | None:
        """See PartSupply: there is nothing but parts."""
        del empty
        return None


class DemandSupply:
    """Parts as they are asked for. `ask` and `close` by whoever reads the requests; `seed` chooses among equals."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"demand {seed}")  # noqa: S311  (a world that can be repeated)
        self._wanted: deque[Wanted] = deque()
        self._orders: dict[str, tuple[list[int], PartOrder]] | None = None
        self._closed = False

    def fill(self, parts: Sequence[Labelled]) -> None:
        """What there is to show; nothing may be asked for before."""
        groups: dict[str, list[int]] = {ANY: list(range(len(parts)))}
        for number, part in enumerate(parts):
            if part.problem is None:
                groups.setdefault(part.label if part.defective else GOOD, []).append(number)
        self._orders = {
            name: (numbers, PartOrder(len(numbers), self._random, shuffled=True)) for name, numbers in groups.items()
        }

    def ask(self, line: str) -> None:
        """One request as a JSON line. WantedError: it cannot be met, nothing else changes."""
        if self._orders is None:
            raise RuntimeError("infeed: nothing can be asked for before the parts are there")
        wanted = read_wanted(line)
        if isinstance(wanted, WantedPart) and wanted.part not in self._orders:
            there = ", ".join(sorted(name for name in self._orders if self._orders[name][0]))
            raise WantedError(f'infeed: there is no part "{wanted.part}" among the drawn ones; there are: {there}')
        if len(self._wanted) >= _MOST_WAITING:
            raise WantedError(f"infeed: {_MOST_WAITING} requests wait already, this one is left out")
        self._wanted.append(wanted)

    @property
    def waiting(self) -> bool:
        """See PartSupply."""
        return bool(self._wanted) and isinstance(self._wanted[0], WantedPart)

    @property
    def ended(self) -> bool:
        """See PartSupply."""
        return self._closed and not self._wanted

    @property
    def run_out(self) -> bool:
        """See PartSupply."""
        return self.ended or (bool(self._wanted) and isinstance(self._wanted[0], WantedRunOut))

    def take(self) -> NextPart:
        """See PartSupply."""
        wanted = self._wanted.popleft()
        assert isinstance(wanted, WantedPart)
        assert self._orders is not None
        numbers, order = self._orders[wanted.part]
        return NextPart(numbers[order.next()], by_plan=False, fault=wanted.fault, line_fault=wanted.line_fault)

    def close(self) -> None:
        """See PartSupply: the line stops, what was asked for and not shown yet is dropped."""
        self._wanted.clear()
        self._closed = True

    def end_of_requests(self) -> None:
        """Nothing more will be asked for; what was is done."""
        self._closed = True

    def step(self, *, empty: bool) -> WantedTrouble | WantedRecipe | None:
        """See PartSupply."""
        if self._wanted and isinstance(self._wanted[0], WantedRunOut) and empty:
            self._wanted.popleft()
        if self._wanted and isinstance(self._wanted[0], WantedTrouble | WantedRecipe):
            wanted = self._wanted.popleft()
            assert isinstance(wanted, WantedTrouble | WantedRecipe)
            return wanted
        return None
