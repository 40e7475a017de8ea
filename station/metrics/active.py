"""Which recipe and which models are at work, as metrics whose labels say it: the value is 1.

At a changeover the old series goes away and the new one comes, in one step. Must not decide which recipe that is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from station.config.load import Loaded

_DIGEST_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class ShownModel:
    """One bundle. `digest` in hex; `signed`: by a key that the station trusts."""

    bundle: str
    product: str
    version: str
    digest: str
    signed: bool


@dataclass(frozen=True, slots=True)
class ShownRecipe:
    """What parts are inspected by. `gate_counts`: encoder counts from trigger to gate, None where there is none."""

    recipe_id: int
    name: str
    deadline_s: float
    gate_counts: int | None
    models: tuple[ShownModel, ...]


def shown_recipe(loaded: Loaded) -> ShownRecipe:
    """What the metrics say of a configuration's recipe."""
    recipe = loaded.config.recipe
    models = tuple(
        ShownModel(
            bundle=bundle.path.name,
            product=bundle.spec.product,
            version=bundle.spec.version,
            digest=bundle.digest,
            signed=bundle.spec.product not in loaded.unsigned,
        )
        for bundle in loaded.all_bundles
    )
    gate_counts = recipe.gate.offset_counts if recipe.gate else None
    return ShownRecipe(recipe.id, recipe.name, recipe.deadline_ms / 1e3, gate_counts, models)


class ActiveCollector(Collector):
    """Shows `recipe`; None: nothing is loaded yet, or the configuration cannot be used."""

    def __init__(self) -> None:
        self.recipe: ShownRecipe | None = None

    def collect(self) -> Iterable[Metric]:
        """One series for the recipe, its limits, and one for each model."""
        active = self.recipe
        recipe = GaugeMetricFamily(
            "station_recipe_info", "The recipe by which parts are inspected.", labels=["recipe_id", "recipe"]
        )
        models = GaugeMetricFamily(
            "station_model_info",
            "A model that looks at pictures.",
            labels=["bundle", "product", "version", "digest", "signed"],
        )
        deadline = GaugeMetricFamily(
            "station_deadline_seconds", "Time that a part has from its trigger to its verdict."
        )
        gate = GaugeMetricFamily("station_gate_offset_counts", "Encoder counts from a part's trigger to the gate.")
        if active is not None:
            recipe.add_metric([str(active.recipe_id), active.name], 1)
            deadline.add_metric([], active.deadline_s)
            if active.gate_counts is not None:
                gate.add_metric([], active.gate_counts)
            for model in active.models:
                digest, signed = model.digest[:_DIGEST_CHARACTERS], "yes" if model.signed else "no"
                models.add_metric([model.bundle, model.product, model.version, digest, signed], 1)
        return (recipe, models, deadline, gate)
