"""Everything that belongs to one recipe while it is in use, made from the configuration before it is needed.

`ActiveRecipe` holds the one in use: whoever asks it twice between two parts gets the same answer, and a changeover is
one assignment. Must not know processes or sockets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from drivers.plc.registers import ResultBlock
from station.config.load import Loaded
from station.core.alarms import AlarmLimits
from station.core.line_limits import LineLimits
from station.core.transport import Transport
from station.core.values import Decision
from station.limits import Way, alarms_of, limits_of, way_of
from station.result_block import result_block
from station.run_identity import RunIdentity, run_identity

_DIGEST_DIGITS = 8
"""Of the digest in hex: the 32 bits that the PLC reads in S6-7."""


@dataclass(frozen=True, slots=True)
class RecipeRun:
    """`loaded` is the configuration with this recipe as `config.recipe`; the rest follows from it."""

    loaded: Loaded
    identity: RunIdentity
    limits: LineLimits
    way: Way | None
    """Belt and gate; None where parts are not followed."""
    alarms: AlarmLimits
    stop_on_alarm: bool

    @property
    def recipe_id(self) -> int:
        """As the PLC asks for it."""
        return self.loaded.config.recipe.id

    @property
    def title(self) -> str:
        """Number and name, for people."""
        return f"{self.recipe_id} {self.loaded.config.recipe.name}"

    @property
    def digest_bits(self) -> int:
        """The first 32 bits of the models' digest (S6-7)."""
        return int(self.loaded.model_digest[:_DIGEST_DIGITS], 16)

    def block_of(self, decision: Decision) -> ResultBlock:
        """The result block of a part of this recipe."""
        return result_block(decision, self.identity.class_numbers, self.identity.gate_counts)

    def transport(self) -> Transport | None:
        """What follows this recipe's parts to the gate, new; None where nothing does."""
        return None if self.way is None else Transport(*self.way)


class ActiveRecipe:
    """The recipe in use. `run` is exchanged as a whole."""

    def __init__(self, run: RecipeRun) -> None:
        self.run = run

    @property
    def loaded(self) -> Loaded:
        """The configuration with the recipe in use as `config.recipe`: its views, labels, bundles, digest."""
        return self.run.loaded

    def block_of(self, decision: Decision) -> ResultBlock:
        """The result block of a part, by the recipe in use."""
        return self.run.block_of(decision)


def recipe_runs(loaded: Loaded, run_id: str) -> dict[int, RecipeRun]:
    """One for each recipe of the configuration, by its number."""
    configuration_id = run_identity(loaded, run_id).configuration_id
    runs: dict[int, RecipeRun] = {}
    for recipe in loaded.recipes:
        its = loaded.for_recipe(recipe.id)
        runs[recipe.id] = RecipeRun(
            loaded=its,
            identity=replace(run_identity(its, run_id), configuration_id=configuration_id),
            limits=limits_of(its.config),
            way=way_of(its.config),
            alarms=alarms_of(its.config),
            stop_on_alarm=recipe.alarms.stop_line,
        )
    return runs
