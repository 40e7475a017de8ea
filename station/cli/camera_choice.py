"""Which camera of a configuration a `station camera` command is about, and how its pictures are started."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from station.cli.exits import UserError

if TYPE_CHECKING:
    from drivers.camera.settings import CameraSettings
    from models.spec import CropRule

TRIGGERS = {
    "as-configured": "what starts a picture is as in the configuration",
    "software": "the command starts each picture itself",
    "off": "one picture after the other, lines as configured",
    "free": "one picture after the other, lines at the camera's own rate: for a standing part",
}


@dataclass(frozen=True, slots=True)
class ChosenCamera:
    """A camera of the configuration, its paths made absolute."""

    name: str
    settings: CameraSettings
    crop: CropRule | None
    """How its first view's model finds the part; None while there is no model."""


def chosen_camera(options: argparse.Namespace) -> ChosenCamera:
    """The camera that the options mean. UserError where that is not clear, or a key of the configuration is wrong.

    The models need not be there: a camera is focused before the first one is trained.
    """
    from station.cli.check import faults_text
    from station.config.faults import ConfigError
    from station.config.model import StationConfig
    from station.config.places import placed_camera
    from station.config.yaml_positions import load_yaml_model

    try:
        config = load_yaml_model(options.config, StationConfig)
    except ConfigError as error:
        raise UserError(faults_text(options.config, error)) from None
    name = _name(list(config.cameras), options.camera)
    folder = options.config.resolve().parent
    settings = with_trigger(placed_camera(config.cameras[name], folder), getattr(options, "trigger", "as-configured"))
    identity = config.recipe.identity
    named = [view.bundle or (identity and identity.bundle) for view in config.recipe.views if view.camera == name]
    bundles = [bundle for bundle in named if bundle is not None]
    return ChosenCamera(name, settings, _crop_rule(folder / bundles[0]) if bundles else None)


def with_trigger(settings: CameraSettings, trigger: str) -> CameraSettings:
    """The same camera, with its pictures started as `trigger` (of TRIGGERS) says."""
    if trigger == "as-configured":
        return settings
    changes: dict[str, Any] = {"frame_trigger": "Software" if trigger == "software" else "Off"}
    if trigger == "free" and settings.line_trigger is not None:
        changes["line_trigger"] = settings.line_trigger.model_copy(update={"source": "Off"})
    return settings.model_copy(update=changes)


def _name(names: list[str], asked: str | None) -> str:
    if asked is None and len(names) == 1:
        return names[0]
    if asked is None:
        raise UserError(f"there are {len(names)} cameras: say which with --camera {'|'.join(names)}")
    if asked not in names:
        raise UserError(f"there is no camera {asked!r} in the configuration: it has {', '.join(names)}")
    return asked


def _crop_rule(bundle: Path) -> CropRule | None:
    from models.bundle import BundleError, load_bundle

    try:
        return load_bundle(bundle).spec.preprocessing.crop
    except BundleError:
        return None
