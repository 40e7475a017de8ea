"""The course of a changeover: who asked for what, what is to be done next, and who is answered how (promise P8).

Pure: time and the line's state come in, steps to carry out come out. One changeover at a time; asked for the same
recipe again, it answers both. Must not know workers, registers or files.

    REST ──ask──▶ PREPARING ──proved──▶ WAITING ──an instant between two parts──▶ REST, the new recipe in use
      ▲               └── refused ──┐       └── limit over, stopped ──┐
      └───────────────────────────────┴──────────────────────────────┘ the old recipe stays
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Where a changeover is."""

    REST = "rest"
    PREPARING = "preparing"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants a recipe; `request`: the number of the PLC's request, None where a person asked."""

    recipe_id: int
    who: str
    request: int | None = None


@dataclass(frozen=True, slots=True)
class Prepare:
    """Load and prove this recipe's workers beside the running ones; then `proved` or `refused`."""

    recipe_id: int


@dataclass(frozen=True, slots=True)
class Pause:
    """TriggerReady goes down (`on`), or comes back."""

    on: bool


@dataclass(frozen=True, slots=True)
class Switch:
    """Now: everything that belongs to a recipe becomes this one's."""

    recipe_id: int


@dataclass(frozen=True, slots=True)
class Discard:
    """What was prepared for this recipe goes."""

    recipe_id: int


@dataclass(frozen=True, slots=True)
class Done:
    """This recipe is in use, as was wished."""

    wish: Wish


@dataclass(frozen=True, slots=True)
class Refuse:
    """The wish is not fulfilled, and why. `unknown`: there is no such recipe; `busy`: another one is under way."""

    wish: Wish
    sentence: str
    unknown: bool = False
    busy: bool = False


Step = Prepare | Pause | Switch | Discard | Done | Refuse


class Course:
    """`recipes`: the numbers that can be asked for; `limit_ns`: how long an instant between two parts is waited for."""

    def __init__(self, recipes: Collection[int], active: int, limit_ns: int) -> None:
        if active not in recipes:
            raise ValueError(f"recipe {active} is none of {sorted(recipes)}")
        self._recipes, self._limit_ns = frozenset(recipes), limit_ns
        self._wishes: list[Wish] = []
        self._until_ns = 0
        self.phase = Phase.REST
        self.active = active

    @property
    def wanted(self) -> int | None:
        """The recipe that is under way; None at rest."""
        return self._wishes[0].recipe_id if self._wishes else None

    @property
    def who(self) -> str | None:
        """Who asked for it first."""
        return self._wishes[0].who if self._wishes else None

    def ask(self, wish: Wish) -> list[Step]:
        """Somebody wants a recipe."""
        if wish.recipe_id not in self._recipes:
            there = ", ".join(str(recipe_id) for recipe_id in sorted(self._recipes))
            return [Refuse(wish, f"There is no recipe {wish.recipe_id}, only {there}.", unknown=True)]
        if self.phase is Phase.REST:
            if wish.recipe_id == self.active:
                return [Done(wish)]
            self._wishes, self.phase = [wish], Phase.PREPARING
            return [Prepare(wish.recipe_id)]
        if wish.recipe_id == self.wanted:
            self._wishes.append(wish)
            return []
        sentence = f"The changeover to recipe {self.wanted} is under way; ask again when it is over."
        return [Refuse(wish, sentence, busy=True)]

    def proved(self, now_ns: int) -> list[Step]:
        """The workers of the recipe under way are ready, and reproduced their golden sets."""
        if self.phase is not Phase.PREPARING:
            raise ValueError(f"nothing is being prepared: {self.phase}")
        self.phase, self._until_ns = Phase.WAITING, now_ns + self._limit_ns
        return [Pause(on=True)]

    def refused(self, sentence: str) -> list[Step]:
        """It cannot be: the old recipe stays. Nothing at rest."""
        if self.phase is Phase.REST:
            return []
        steps: list[Step] = [Pause(on=False)] if self.phase is Phase.WAITING else []
        steps += [Discard(self._wishes[0].recipe_id), *(Refuse(wish, sentence) for wish in self._wishes)]
        self._wishes, self.phase = [], Phase.REST
        return steps

    def tick(self, now_ns: int, busy_with: str | None) -> list[Step]:
        """Time went on. `busy_with`: why this is no instant between two parts; None where it is one."""
        if self.phase is not Phase.WAITING:
            return []
        if busy_with is not None:
            if now_ns < self._until_ns:
                return []
            limit_s = self._limit_ns / 1e9
            return self.refused(f"There was no moment between two parts within {limit_s:.0f} s: {busy_with}.")
        wishes, self._wishes, self.phase = self._wishes, [], Phase.REST
        self.active = wishes[0].recipe_id
        return [Switch(self.active), Pause(on=False), *(Done(wish) for wish in wishes)]
