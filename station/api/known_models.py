"""The bundles that a station may be asked about: those of its recipes, and the candidates that decide nothing.

Reads the bundles' folders once for each configuration in use: call it outside the event loop. A candidate that cannot
be used is kept with the sentence that says why. Must not know HTTP or engines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from models.bundle import BundleError
from models.signature import Trust
from models.spec import PATCHES
from models.verify import Trusted, load_trusted
from station.api.threads import ReadingThreads
from station.config.load import Loaded

Use = Literal["active", "recipe", "candidate"]
"""Of the recipe in use, of another one, or of none."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One bundle. `name` is its folder's; `problem` says why it cannot be asked, and then the rest is empty."""

    name: str
    path: Path
    use: Use
    problem: str | None = None
    product: str = ""
    version: str = ""
    digest: str = ""
    kind: str = ""
    signed_by: str | None = None
    labels: tuple[str, ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class KnownModels:
    """All of them, and which one looks at which view."""

    models: tuple[KnownModel, ...]
    of_view: Mapping[str, KnownModel]
    """By the name of the view; a view that nobody looks at for defects is missing."""
    sharpness_min: Mapping[str, float]

    def named(self, name: str) -> KnownModel | None:
        """A bundle that can be asked, by its folder's name; candidates before active ones. None: there is none."""
        found = [model for model in self.models if model.name == name]
        return min(found, key=lambda model: model.use != "candidate", default=None)


def known_models(loaded: Loaded) -> KnownModels:
    """What this configuration knows: the bundles of the recipe in use, of the other recipes, and the candidates."""
    known: dict[Path, KnownModel] = {}
    for bundle in loaded.all_bundles:
        known[bundle.path] = _described(_asked(bundle.path, loaded.trust), bundle.path, "active")
    for models in loaded.models_of.values():
        for bundle in (*models.bundles, *([models.identity] if models.identity is not None else [])):
            if bundle.path not in known:
                known[bundle.path] = _described(_asked(bundle.path, loaded.trust), bundle.path, "recipe")
    of_view = {
        view.name: known[bundle.path]
        for view, bundle in zip(loaded.config.recipe.views, loaded.bundles, strict=True)
        if bundle.spec.kind == PATCHES
    }
    candidates: list[KnownModel] = []
    for name in loaded.config.models.candidates:
        place = loaded.path_of(name)
        candidates.append(_described(_asked(place, loaded.trust), place, "candidate"))
    sharpness_min = {view.name: view.sharpness_min for view in loaded.config.recipe.views}
    return KnownModels((*known.values(), *candidates), of_view, sharpness_min)


def _asked(place: Path, trust: Trust) -> Trusted | str:
    try:
        return load_trusted(place, trust)
    except BundleError as error:
        return f"{error}."


def _described(found: Trusted | str, place: Path, use: Use) -> KnownModel:
    if isinstance(found, str):
        return KnownModel(place.name, place, use, problem=found)
    spec = found.bundle.spec
    return KnownModel(
        name=place.name,
        path=place,
        use=use,
        product=spec.product,
        version=spec.version,
        digest=found.bundle.digest,
        kind=spec.kind,
        signed_by=None if found.signed is None else found.signed.key_name,
        labels=spec.labels,
        metrics=spec.metrics,
    )


class KnownModelsShelf:
    """Implements `station.api.classify.ModelShelf`: read again when another configuration is in use.

    `loaded` gives the configuration in use now.
    """

    def __init__(self, loaded: Callable[[], Loaded], reads: ReadingThreads) -> None:
        self._loaded, self._reads = loaded, reads
        self._known: tuple[Loaded, KnownModels] | None = None

    async def now(self) -> KnownModels:
        """See ModelShelf."""
        loaded, known = self._loaded(), self._known
        if known is None or known[0] is not loaded:
            known = loaded, await self._reads.disk(lambda: known_models(loaded))
            self._known = known
        return known[1]
