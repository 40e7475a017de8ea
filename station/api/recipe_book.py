"""The recipes of a running station as the API tells them, and the way to its changeover.

Must not know HTTP, nor how a recipe takes over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from models.spec import PATCHES
from station.api.recipes import ChangeoverShown, RecipeShown, ViewShown
from station.changeover.changeover import ChangeoverState, RecipeRefusedError
from station.changeover.course import Phase
from station.changeover.recipe_run import RecipeRun

_STATES: Final = {Phase.REST: "done", Phase.PREPARING: "preparing", Phase.WAITING: "waiting"}


class ChangeoverControl(Protocol):
    """The changeover as people command it."""

    def ask(self, recipe_id: int, who: str) -> ChangeoverState:
        """Begin; RecipeRefusedError where it cannot even be tried."""
        ...

    def state(self) -> ChangeoverState:
        """Where it stands."""
        ...


class StationRecipes:
    """Implements `station.api.recipes.RecipeBook` over the recipes of one configuration, by their numbers."""

    def __init__(self, runs: Mapping[int, RecipeRun], changeover: ChangeoverControl) -> None:
        self._runs, self._changeover = runs, changeover

    def active_id(self) -> int | None:
        """See RecipeBook."""
        return self._changeover.state().active_id

    def recipes(self) -> list[RecipeShown]:
        """The recipe under way has the changeover's sentence; at rest the active one says what was done last."""
        state = self._changeover.state()
        about = state.active_id if state.recipe_id is None else state.recipe_id
        moving = ChangeoverShown(state=_STATES[state.phase], sentence=state.sentence) if state.sentence else None
        return [_recipe(run, moving if number == about else None) for number, run in self._runs.items()]

    def activate(self, recipe_id: int, who: str) -> str | None:
        """See RecipeBook."""
        try:
            self._changeover.ask(recipe_id, who)
        except RecipeRefusedError as refused:
            return str(refused)
        return None


def _recipe(run: RecipeRun, moving: ChangeoverShown | None) -> RecipeShown:
    recipe = run.loaded.config.recipe
    views = [
        ViewShown(
            view=view.name,
            camera=view.camera,
            bundle=bundle.path.name if bundle.spec.kind == PATCHES else None,
            bundle_digest=bundle.digest if bundle.spec.kind == PATCHES else None,
        )
        for view, bundle in zip(recipe.views, run.loaded.bundles, strict=True)
    ]
    digest = run.identity.recipe_digest or ""
    return RecipeShown(id=recipe.id, name=recipe.name, digest=digest, views=views, changeover=moving)
