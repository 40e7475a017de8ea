"""GET /api/recipes and the command to change over: what is inspected, with which models, and what else could be.

Must not know how a recipe takes over: it asks, and tells how that goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from station.access.audit import add_detail
from station.access.person import person_of
from station.access.roles import Role
from station.api.classify import ModelShelf
from station.api.endpoint import Call, Endpoint
from station.api.forms import Document, Query, Whole
from station.api.known_models import KnownModel, Use
from station.api.refusal import Refusal
from station.api.threads import missing


class ViewShown(Document):
    """A view and the model that looks at it; None: nobody looks for defects."""

    view: str
    camera: str
    bundle: str | None
    bundle_digest: str | None


class ChangeoverShown(Document):
    """How the last or present changeover to a recipe goes, in one word and one sentence."""

    state: str
    sentence: str


class RecipeShown(Document):
    """One recipe that the configuration has."""

    id: int
    name: str
    digest: str
    views: list[ViewShown]
    changeover: ChangeoverShown | None


class ModelShown(Document):
    """One bundle. `problem`: why it cannot be used, and then most of the rest is empty."""

    name: str
    use: Use
    product: str
    version: str
    digest: str
    signed_by: str | None
    kind: str
    labels: list[str]
    metrics: dict[str, Any]
    problem: str | None


class RecipesShown(Document):
    """`active` is the recipe that inspects now; None while none could be loaded."""

    active: RecipeShown | None
    recipes: list[RecipeShown]
    models: list[ModelShown]


class Started(Document):
    """It is being prepared; /api/recipes tells how it goes."""

    state: Literal["preparing"]


class RecipeBook(Protocol):
    """The recipes, and how to change over. Called in the event loop: all of it at once."""

    def active_id(self) -> int | None:
        """Number of the recipe that inspects now."""
        ...

    def recipes(self) -> list[RecipeShown]:
        """All of them, in the configuration's order."""
        ...

    def activate(self, recipe_id: int, who: str) -> str | None:
        """`who` wants to change over: begin; why it cannot be done now, in one sentence, or None."""
        ...


class RecipePath(Query):
    """A recipe."""

    recipe_id: Annotated[int, Field(ge=1, le=65535, description="Number of the recipe."), Whole]


def recipe_endpoints(book: RecipeBook, shelf: ModelShelf) -> list[Endpoint]:
    """Both endpoints."""

    async def show(call: Call) -> RecipesShown:
        del call
        recipes, active_id = book.recipes(), book.active_id()
        return RecipesShown(
            active=next((recipe for recipe in recipes if recipe.id == active_id), None),
            recipes=recipes,
            models=[_model(model) for model in (await shelf.now()).models],
        )

    async def activate(call: Call) -> Started:
        recipe_id = call.params(RecipePath).recipe_id
        recipe = next((recipe for recipe in book.recipes() if recipe.id == recipe_id), None)
        if recipe is None:
            raise missing(f"recipe {recipe_id} in the configuration")
        add_detail(call.request, recipe.name)
        person = person_of(call.request)
        why_not = book.activate(recipe_id, person.user or person.shown)
        if why_not is not None:
            raise Refusal(409, why_not)
        return Started(state="preparing")

    return [
        Endpoint("GET", "/api/recipes", Role.VIEWER, show, "Recipes and models, and how a changeover goes",
                 answer=RecipesShown, refuses=(503,)),
        Endpoint("POST", "/api/recipes/{recipe_id}/activate", Role.ENGINEER, activate,
                 "Let another recipe take over between two parts", params=RecipePath, answer=Started, status=202,
                 refuses=(404, 409)),
    ]  # fmt: skip


def _model(model: KnownModel) -> ModelShown:
    metrics: Mapping[str, Any] = model.metrics
    return ModelShown(
        name=model.name,
        use=model.use,
        product=model.product,
        version=model.version,
        digest=model.digest,
        signed_by=model.signed_by,
        kind=model.kind,
        labels=list(model.labels),
        metrics=dict(metrics),
        problem=model.problem,
    )
