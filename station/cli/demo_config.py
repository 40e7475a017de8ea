"""The configuration of one demo run: the demo's own file, what the command line asks for, and ports that are free."""

from __future__ import annotations

import argparse
import os
import socket
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from drivers.camera.settings import CameraSettings
from drivers.cell.settings import CellSettings
from drivers.cell.sources import SourceError, largest_picture
from models.bundle import BundleError, load_bundle
from station.cli.check import faults_text
from station.cli.exits import UserError
from station.config.faults import ConfigError
from station.config.load import Loaded
from station.config.model import SHIPPED_KEYS, StationConfig
from station.config.yaml_positions import load_yaml_model

REPOSITORY = Path(__file__).resolve().parents[2]
DEMO_CONFIG = REPOSITORY / "deploy" / "demo.yaml"
FASTENER_CONFIG = REPOSITORY / "deploy" / "demo-fastener.yaml"
SERIAL_CONFIG = REPOSITORY / "deploy" / "demo-identity.yaml"

Overrides = dict[tuple[str, ...], Any]
"""Values by the path of their key that replace those of the file."""

_SENSOR_MARGIN_PX = 96
_WIDTH_STEP_PX = 16
_PORTS_TRIED = 50
_FASTER = 1.5
"""The jig's speed varies, and it runs a little further than a turn."""


def write_demo_config(
    base: Path, options: argparse.Namespace, folder: Path, overrides: Overrides | None = None
) -> Path:
    """A configuration for this run in `folder`, after the file `base`; every path in it is absolute."""
    try:
        config = load_yaml_model(base, StationConfig)
    except ConfigError as error:
        raise UserError(faults_text(base, error)) from None
    if config.cell is None:
        raise UserError(f"{base}: cell: is missing: a demo needs the simulated cell; add a cell section")
    document: dict[str, Any] = config.model_dump(mode="json")
    cell = document["cell"]
    for name, camera in config.cameras.items():
        document["cameras"][name]["scene"] = _scene_path(name, camera)
    identity = document["recipe"]["identity"]
    for named in (*document["recipe"]["views"], *([identity] if identity else [])):
        if named["bundle"] is not None:
            named["bundle"] = str((base.resolve().parent / named["bundle"]).resolve())
    keys, beside = document["models"]["trusted_keys"], base.resolve().parent
    more_keys: list[Path] = options.trusted or []
    document["models"]["trusted_keys"] = [
        *(key if key == SHIPPED_KEYS else str((beside / key).resolve()) for key in keys),
        *(str(key.resolve()) for key in more_keys),
    ]
    document["records"]["folder"] = str(folder / "records")
    document["log"]["file"] = str(folder / "station.log")
    asked = {
        "parts": options.parts or None,
        "rate_parts_per_s": options.rate,
        "seed": options.seed,
        "fault_every": options.faults,
        "line_fault_every": options.line_faults,
        "wrong_parts": options.wrong_parts,
    }
    cell.update({key: value for key, value in asked.items() if value is not None})
    _lengthen_deadlines(document, config.cell)
    _let_line_run(document)
    if options.faults:
        cell["fault_slow_ms"] = round(document["recipe"]["deadline_ms"] * 2)  # a slow frame must miss its deadline
    for keys, value in (overrides or {}).items():
        place = document
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value
    if options.bundle is not None:
        for view in document["recipe"]["views"]:
            view["bundle"] = view["bundle"] and str(options.bundle.resolve())
    if options.images is not None:
        _show_folder(document, options)
    cell["keep_parts"] = max(cell["keep_parts"], cell["parts"])
    taken: set[int] = set()
    for section in ("plc", "page", "metrics", *(["remote_io"] if document["remote_io"] else [])):
        document[section]["port"] = _free_port(document[section]["host"], document[section]["port"], taken)
    path = folder / "demo.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def _lengthen_deadlines(document: dict[str, Any], before: CellSettings) -> None:
    """A slower line turns its parts more slowly: the deadlines, which begin at the trigger, grow by as much."""
    slower_s = before.turn_fraction * (1 / document["cell"]["rate_parts_per_s"] - 1 / before.rate_parts_per_s)
    for key in ("deadline_ms", "picture_deadline_ms"):
        if slower_s > 0 and document["recipe"][key] is not None:
            document["recipe"][key] += round(slower_s * 1e3)


def _let_line_run(document: dict[str, Any]) -> None:
    """A faster line turns its parts faster: the encoder may then go faster, too."""
    cell = document["cell"]
    speed_counts_per_s = cell["counts_per_turn"] * cell["rate_parts_per_s"] / cell["turn_fraction"]
    if document["encoder"] is not None:
        encoder = document["encoder"]
        encoder["max_counts_per_s"] = max(encoder["max_counts_per_s"], _FASTER * speed_counts_per_s)


def _scene_path(name: str, camera: CameraSettings) -> str:
    scene = camera.scene_path or Path(f"/dev/shm/edge-demo-{name}.scene")  # noqa: S108  # memory, not a temp file
    place = scene.parent if scene.parent.is_dir() else Path.cwd()
    return str(place / f"{scene.stem}-{os.getpid()}.scene")


def _show_folder(document: dict[str, Any], options: argparse.Namespace) -> None:
    """A sensor that fits the folder's pictures, and a bin for each class of the bundle."""
    if len(document["recipe"]["views"]) > 1:
        raise UserError("pictures of a folder have one view each: --images needs a recipe with one view")
    view, cell = document["recipe"]["views"][0], document["cell"]
    if view["bundle"] is None:
        raise UserError("pictures of a folder need a model bundle that looks for defects: the recipe's view has none")
    camera = document["cameras"][view["camera"]]
    cell["images"] = str(options.images.resolve())
    for key, value in (("image_set", options.set), ("image_split", options.split)):
        if value is not None:
            cell[key] = value
    try:
        height_px, width_px = largest_picture(options.images, options.set, options.split)
    except SourceError as error:
        raise UserError(str(error)) from None
    camera["width_px"] = -(-(width_px + 2 * _SENSOR_MARGIN_PX) // _WIDTH_STEP_PX) * _WIDTH_STEP_PX
    camera["lines_per_frame"] = height_px + 2 * _SENSOR_MARGIN_PX
    cell["counts_per_turn"] = camera["lines_per_frame"] * cell["counts_per_line"]
    try:
        bundle = load_bundle(Path(view["bundle"]))
    except BundleError as error:
        raise UserError(f"{error}; name a model bundle with --bundle DIR") from None
    cell["defect_bins"] = list(bundle.labels[1:])
    document["recipe"]["name"] = options.set or options.images.name


def _free_port(host: str, wanted: int, taken: set[int]) -> int:
    """The port itself, or the next one that is free: a demo should not fail for a port."""
    for port in range(wanted, min(wanted + _PORTS_TRIED, 65_536)):
        if port in taken:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
        taken.add(port)
        return port
    raise UserError(
        f"ports {wanted} to {wanted + _PORTS_TRIED - 1} of {host} are all in use: free one, or change the config"
    )


def cell_of(loaded: Loaded, wrong_parts: float | None = None) -> CellSettings:
    """The cell section of a configuration, which shows the recipe's part type where it names none itself.

    `wrong_parts` replaces the cell's own. UserError where there is no cell, or it cannot show such parts.
    """
    cell, asked = loaded.config.cell, loaded.config.recipe.identity
    if cell is None:
        raise UserError(f"{loaded.path}: cell: is missing: add a cell section to simulate one")
    changes: dict[str, Any] = {} if wrong_parts is None else {"wrong_parts": wrong_parts}
    if cell.product == "serial" and cell.part_type is None and asked is not None:
        changes["part_type"] = asked.part_type
    try:
        return CellSettings.model_validate({**cell.model_dump(), **changes})
    except ValidationError as error:
        words = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UserError(f"{loaded.path}: cell: {words}") from None
