"""Reads and checks a station's configuration whole: the one road for start-up, `station check` and the demo.

Beyond each key by itself: the files that it names. `agreement.py` checks the keys that must agree with each other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from drivers.camera.settings import CameraSettings
from models.bundle import Bundle, BundleError, load_bundle
from models.spec import SOUND_LABEL
from station.config.agreement import OWN_PRODUCERS, disagreements
from station.config.faults import ConfigError, ConfigFault
from station.config.model import StationConfig
from station.config.places import placed_camera
from station.config.yaml_compose import YamlDocument
from station.config.yaml_positions import load_yaml_document


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that passed every check, with its bundles, one a view. Relative paths start at its folder."""

    path: Path
    config: StationConfig
    bundles: tuple[Bundle, ...]

    def path_of(self, relative: str) -> Path:
        """A path of the configuration, made absolute."""
        return (self.path.parent / relative).resolve()

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names by the number that the PLC reads: "defect-free", then the defects of all views."""
        defects = dict.fromkeys(label for bundle in self.bundles for label in bundle.labels[1:])
        return (SOUND_LABEL, *defects)

    @property
    def class_numbers(self) -> tuple[tuple[int, ...], ...]:
        """For each view, the number in `labels` of each class of its bundle."""
        labels = self.labels
        return tuple(tuple(labels.index(label) for label in bundle.labels) for bundle in self.bundles)

    @property
    def model_digest(self) -> str:
        """What identifies the models together, in hex; one bundle's own digest where all views share it."""
        digests = list(dict.fromkeys(bundle.digest for bundle in self.bundles))
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
    faults = [*disagreements(config, document), *_missing_producers(config, document, folder)]
    bundles: dict[Path, Bundle] = {}
    for index, view in enumerate(config.recipe.views):
        place = (folder / view.bundle).resolve()
        try:
            bundles[place] = bundles.get(place) or load_bundle(place)
        except BundleError as error:
            right = "name the folder of a model bundle, relative to this file"
            faults.append(document.fault(("recipe", "views", index, "bundle"), str(error), right))
    if faults:
        raise ConfigError(faults)
    in_order = tuple(bundles[(folder / view.bundle).resolve()] for view in config.recipe.views)
    return Loaded(path.resolve(), config, in_order)


def _missing_producers(config: StationConfig, document: YamlDocument, folder: Path) -> list[ConfigFault]:
    right = "write the path of a GenTL producer (.cti), or " + " or ".join(f"'{name}'" for name in OWN_PRODUCERS)
    return [
        document.fault(("cameras", name, "producer"), f"there is no file {folder / camera.producer}", right)
        for name, camera in config.cameras.items()
        if camera.producer not in OWN_PRODUCERS and not (folder / camera.producer).is_file()
    ]
