"""Reads and checks a station's configuration whole: the one road for start-up, `station check` and the demo.

Beyond each key by itself: the files that it names. `agreement.py` checks the keys that must agree with each other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from drivers.camera.settings import CameraSettings
from models.bundle import Bundle, BundleError
from models.spec import IDENTITY, PATCHES, SOUND_LABEL
from models.verify import load_trusted
from station.config.agreement import OWN_PRODUCERS, disagreements
from station.config.bundle_kinds import BundleKind, strange_part_type, wrong_kind
from station.config.faults import ConfigError, ConfigFault
from station.config.model import StationConfig
from station.config.places import placed_camera
from station.config.trust import trust_of, what_to_do
from station.config.yaml_compose import YamlDocument
from station.config.yaml_positions import load_yaml_document


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that passed every check, with its bundles, one a view. Relative paths start at its folder.

    A view that only tells the part's type has the identity bundle here, too.
    """

    path: Path
    config: StationConfig
    bundles: tuple[Bundle, ...]
    identity: Bundle | None = None
    """Tells which part it is, in the picture of the view `config.recipe.identity_view`."""
    unsigned: tuple[str, ...] = ()
    """Products whose bundle has no signature and is taken because the configuration allows it."""

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
    bundles: dict[Path, Bundle] = {}
    unsigned: list[str] = []
    named: list[tuple[tuple[str | int, ...], str, BundleKind]] = [
        (("recipe", "views", index, "bundle"), view.bundle, PATCHES)
        for index, view in enumerate(config.recipe.views)
        if view.bundle is not None
    ]
    asked = config.recipe.identity
    if asked is not None:
        named.append((("recipe", "identity", "bundle"), asked.bundle, IDENTITY))
    for where, name, kind in named:
        place = (folder / name).resolve()
        try:
            if place not in bundles:
                found = load_trusted(place, trust)
                bundles[place] = found.bundle
                unsigned += [found.bundle.spec.product] if found.signed is None else []
        except BundleError as error:
            faults.append(document.fault(where, str(error), what_to_do(error)))
            continue
        faults += wrong_kind(bundles[place], kind, document, where)
    identity = None if asked is None else bundles.get((folder / asked.bundle).resolve())
    if asked is not None and identity is not None:
        faults += strange_part_type(identity, asked, document)
    if faults:
        raise ConfigError(faults)
    in_order = [
        identity if view.bundle is None else bundles[(folder / view.bundle).resolve()] for view in config.recipe.views
    ]
    views = tuple(bundle for bundle in in_order if bundle is not None)
    return Loaded(path.resolve(), config, views, identity, tuple(unsigned))


def _missing_producers(config: StationConfig, document: YamlDocument, folder: Path) -> list[ConfigFault]:
    right = "write the path of a GenTL producer (.cti), or " + " or ".join(f"'{name}'" for name in OWN_PRODUCERS)
    return [
        document.fault(("cameras", name, "producer"), f"there is no file {folder / camera.producer}", right)
        for name, camera in config.cameras.items()
        if camera.producer not in OWN_PRODUCERS and not (folder / camera.producer).is_file()
    ]
