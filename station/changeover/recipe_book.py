"""The recipes as the API shows them, with how a changeover goes. Implements `station.api.recipes.RecipeBook`.

Must not know HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping

from station.api.recipes import ChangeoverShown, RecipeShown, ViewShown
from station.changeover.changeover import Changeover, ChangeoverState, RecipeRefusedError
from station.changeover.course import Phase
from station.changeover.recipe_run import RecipeRun

PAGE = "somebody on the page"


class StationRecipes:
    """Over the recipes of the configuration, in its order, and the one changeover."""

    def __init__(self, runs: Mapping[int, RecipeRun], changeover: Changeover) -> None:
        self._runs, self._changeover = runs, changeover

    def active_id(self) -> int | None:
        """Number of the recipe that inspects now."""
        return self._changeover.state().active_id

    def recipes(self) -> list[RecipeShown]:
        """All of them; the one under way, or asked for last, tells how that goes or went."""
        state = self._changeover.state()
        return [_shown(run, state) for run in self._runs.values()]

    def activate(self, recipe_id: int, who: str = PAGE) -> str | None:
        """Begin to change over; why it cannot be done now, in one sentence, or None."""
        try:
            self._changeover.ask(recipe_id, who)
        except RecipeRefusedError as refused:
            return str(refused)
        return None


def _shown(run: RecipeRun, state: ChangeoverState) -> RecipeShown:
    loaded = run.loaded
    recipe = loaded.config.recipe
    return RecipeShown(
        id=recipe.id,
        name=recipe.name,
        digest=run.identity.recipe_digest or "",
        views=[
            ViewShown(
                view=view.name,
                camera=view.camera,
                bundle=None if view.bundle is None else bundle.path.name,
                bundle_digest=None if view.bundle is None else bundle.digest,
            )
            for view, bundle in zip(recipe.views, loaded.bundles, strict=True)
        ],
        changeover=_changeover_of(recipe.id, state),
    )


def _changeover_of(recipe_id: int, state: ChangeoverState) -> ChangeoverShown | None:
    if state.recipe_id == recipe_id:
        return ChangeoverShown(state=state.phase.value, sentence=state.sentence)
    if state.phase is Phase.REST and state.asked_id == recipe_id:
        outcome = "in use" if recipe_id == state.active_id else "refused"
        return ChangeoverShown(state=outcome, sentence=state.sentence)
    return None
