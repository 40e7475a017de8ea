"""Reads and checks a station's configuration whole: the one road for start-up, `station check` and the demo.

Beyond each key by itself: the files that it names. `agreement.py` checks the keys that must agree with each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from drivers.camera.settings import CameraSettings
from models.bundle import Bundle, BundleError
from models.signature import Trust
from models.spec import IDENTITY, PATCHES, SOUND_LABEL
from models.verify import load_trusted
from station.config.agreement import OWN_PRODUCERS, disagreements, recipes_of
from station.config.bundle_kinds import BundleKind, strange_part_type, wrong_kind
from station.config.faults import ConfigError, ConfigFault
from station.config.model import Recipe, StationConfig
from station.config.places import placed_camera
from station.config.trust import trust_of, what_to_do
from station.config.yaml_compose import KeyPath, YamlDocument
from station.config.yaml_positions import load_yaml_document


@dataclass(frozen=True, slots=True)
class RecipeModels:
    """The bundles of one recipe: one a view, and the one that tells the part's type, where it asks."""

    bundles: tuple[Bundle, ...]
    identity: Bundle | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that passed every check, with the bundles of its recipe, one a view.

    Relative paths start at its folder. A view that only tells the part's type has the identity bundle here, too. What
    is true of the recipe (`labels`, `model_digest`, ...) is true of `config.recipe`; see `for_recipe` for the others.
    """

    path: Path
    config: StationConfig
    bundles: tuple[Bundle, ...]
    identity: Bundle | None = None
    """Tells which part it is, in the picture of the view `config.recipe.identity_view`."""
    unsigned: tuple[str, ...] = ()
    """Products whose bundle has no signature and is taken because the configuration allows it."""
    models_of: Mapping[int, RecipeModels] = field(default_factory=dict[int, RecipeModels])
    """The bundles of every recipe by its number."""
    trust: Trust = field(default_factory=lambda: Trust(()))
    """Whose bundles are taken."""

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """Every recipe, this one first."""
        return (self.config.recipe, *self.config.further_recipes)

    def for_recipe(self, recipe_id: int) -> Loaded:
        """The same configuration with another of its recipes in the place of this one. LookupError: it has none."""
        recipe = next((recipe for recipe in self.recipes if recipe.id == recipe_id), None)
        if recipe is None:
            there = ", ".join(str(recipe.id) for recipe in self.recipes)
            raise LookupError(f"there is no recipe {recipe_id} in the configuration, only {there}")
        if recipe is self.config.recipe:
            return self
        further = [other for other in self.recipes if other is not recipe]
        config = self.config.model_copy(update={"recipe": recipe, "further_recipes": further})
        models = self.models_of[recipe_id]
        return replace(self, config=config, bundles=models.bundles, identity=models.identity)

    def path_of(self, relative: str) -> Path:
        """A path of the configuration, made absolute."""
        return (self.path.parent / relative).resolve()

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names by the number that the PLC reads: "defect-free", then the defects of all views."""
        finders = [bundle for bundle in self.bundles if bundle.spec.kind == PATCHES]
        return (SOUND_LABEL, *dict.fromkeys(label for bundle in finders for label in bundle.labels[1:]))

    @property
    def class_numbers(self) -> tuple[tuple[int, ...], ...]:
        """For each view, the number in `labels` of each class of its bundle; a recognised part type is no defect."""
        labels = self.labels
        return tuple(
            (0,) if bundle.spec.kind == IDENTITY else tuple(labels.index(label) for label in bundle.labels)
            for bundle in self.bundles
        )

    @property
    def all_bundles(self) -> tuple[Bundle, ...]:
        """Each bundle once: those of the views, then the one that tells the part's type."""
        found = (*self.bundles, *([self.identity] if self.identity is not None else []))
        return tuple({bundle.path: bundle for bundle in found}.values())

    @property
    def model_digest(self) -> str:
        """What identifies the models together, in hex; one bundle's own digest where all views share it."""
        digests = list(dict.fromkeys(bundle.digest for bundle in self.all_bundles))
        return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()

    @property
    def cameras(self) -> dict[str, CameraSettings]:
        """The cameras by name, their paths made absolute."""
        return {name: placed_camera(camera, self.path.parent) for name, camera in self.config.cameras.items()}

    def camera_of(self, view: int) -> CameraSettings:
        """The camera that takes a view's picture."""
        return self.config.cameras[self.config.recipe.views[view].camera]


def load_config(path: Path) -> Loaded:
    """The configuration in `path`; ConfigError with every fault."""
    config, document = load_yaml_document(path, StationConfig)
    folder = path.resolve().parent
    trust, key_faults = trust_of(config, document, folder)
    faults = [*disagreements(config, document), *_missing_producers(config, document, folder), *key_faults]
    shelf = _Shelf(folder, trust, document)
    for where, recipe in recipes_of(config):
        shelf.take(recipe, where)
    faults += shelf.faults
    if faults:
        raise ConfigError(faults)
    models_of = {recipe.id: shelf.models_of(recipe) for recipe in (config.recipe, *config.further_recipes)}
    models = models_of[config.recipe.id]
    return Loaded(
        path.resolve(), config, models.bundles, models.identity, tuple(shelf.unsigned), models_of, trust
    )  # fmt: skip


class _Shelf:
    """The bundles of all recipes, each read and checked once; every fault at the key that names the bundle."""

    def __init__(self, folder: Path, trust: Trust, document: YamlDocument) -> None:
        self._folder, self._trust, self._document = folder, trust, document
        self._bundles: dict[Path, Bundle] = {}
        self.unsigned: list[str] = []
        self.faults: list[ConfigFault] = []

    def take(self, recipe: Recipe, where: KeyPath) -> None:
        """Read the bundles that a recipe names."""
        for index, view in enumerate(recipe.views):
            if view.bundle is not None:
                self._read(view.bundle, PATCHES, (*where, "views", index, "bundle"))
        asked = recipe.identity
        if asked is None:
            return
        identity = self._read(asked.bundle, IDENTITY, (*where, "identity", "bundle"))
        if identity is not None:
            self.faults += strange_part_type(identity, asked, self._document, (*where, "identity", "part_type"))

    def models_of(self, recipe: Recipe) -> RecipeModels:
        """A recipe's bundles, when there was no fault."""
        identity = None if recipe.identity is None else self._bundles[self._place(recipe.identity.bundle)]
        in_order = [
            identity if view.bundle is None else self._bundles[self._place(view.bundle)] for view in recipe.views
        ]
        return RecipeModels(tuple(bundle for bundle in in_order if bundle is not None), identity)

    def _read(self, name: str, kind: BundleKind, where: KeyPath) -> Bundle | None:
        place = self._place(name)
        try:
            if place not in self._bundles:
                found = load_trusted(place, self._trust)
                self._bundles[place] = found.bundle
                self.unsigned += [found.bundle.spec.product] if found.signed is None else []
        except BundleError as error:
            self.faults.append(self._document.fault(where, str(error), what_to_do(error)))
            return None
        self.faults += wrong_kind(self._bundles[place], kind, self._document, where)
        return self._bundles[place]

    def _place(self, name: str) -> Path:
        return (self._folder / name).resolve()


def _missing_producers(config: StationConfig, document: YamlDocument, folder: Path) -> list[ConfigFault]:
    right = "write the path of a GenTL producer (.cti), or " + " or ".join(f"'{name}'" for name in OWN_PRODUCERS)
    return [
        document.fault(("cameras", name, "producer"), f"there is no file {folder / camera.producer}", right)
        for name, camera in config.cameras.items()
        if camera.producer not in OWN_PRODUCERS and not (folder / camera.producer).is_file()
    ]
