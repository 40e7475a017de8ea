"""`station camera list|features|grab|tune`: what a technician needs to connect, focus and expose a camera."""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from station.cli.camera_choice import TRIGGERS, chosen_camera
from station.cli.exits import BAD_INPUT, CANNOT_START, FAILED, OK, UserError

if TYPE_CHECKING:
    from drivers.camera.discovery import SeenFeature

_WIDEST_VALUE = 40


def add_camera_commands(subparsers: Any) -> None:
    """Add `camera` with its commands to the parser's."""
    camera_parser = subparsers.add_parser("camera", help="find, look through, focus and expose a camera")
    commands = camera_parser.add_subparsers(dest="camera_command", required=True, metavar="COMMAND")

    found = commands.add_parser("list", help="every camera that this machine's GenTL producers find")
    found.add_argument("--producer", metavar="P", help="only this one: a .cti file, 'aravis' or 'simulated'")

    features = commands.add_parser("features", help="every feature of a camera, as it stands")
    features.add_argument("config", type=Path, nargs="?", metavar="CONFIG", help="or: --producer P --serial S")
    features.add_argument("--producer", metavar="P", help="a .cti file, 'aravis' or 'simulated'")
    features.add_argument("--serial", metavar="S")
    features.add_argument("--csv", action="store_true", help="everything, as a table for a spreadsheet")

    grab = commands.add_parser("grab", help="save a picture, or a recording that can be replayed")
    grab.add_argument("--out", type=Path, required=True, metavar="FILE.png|DIR", help="DIR: a recording")
    grab.add_argument("--frames", type=_at_least_one, default=1, metavar="N", help="pictures of a recording")
    grab.add_argument(
        "--timeout", type=_seconds, default=10.0, metavar="S", help="how long to wait for a picture (default 10)"
    )
    grab.add_argument(
        "--full-depth", action="store_true", help="one picture in colour or 16 bits, as the camera gives it"
    )
    tune = commands.add_parser("tune", help="live figures: levels, histogram, sharpness, line period")
    tune.add_argument("--seconds", type=_seconds, metavar="S", help="stop after S seconds (default: until Ctrl-C)")
    for command in (grab, tune):
        command.add_argument("config", type=Path, metavar="CONFIG")
        command.add_argument(
            "--trigger",
            choices=tuple(TRIGGERS),
            default="as-configured",
            help="; ".join(f"{name}: {meaning}" for name, meaning in TRIGGERS.items()),
        )
    for command in (features, grab, tune):
        command.add_argument("--camera", metavar="NAME", help="which of the configuration's cameras")


def camera(options: argparse.Namespace) -> int:
    """Run the camera command."""
    from drivers.camera.interface import CameraError

    try:
        match options.camera_command:
            case "list":
                return _list(options.producer)
            case "features":
                return _features(options)
            case "grab":
                from station.cli.camera_grab import grab, grab_full_depth

                chosen = chosen_camera(options)
                if options.full_depth:
                    return grab_full_depth(chosen, options.out, options.timeout)
                return grab(chosen, options.out, options.frames, options.timeout)
            case _:
                from station.cli.camera_tune import tune

                return tune(chosen_camera(options), options.seconds)
    except CameraError as error:
        raise UserError(str(error), CANNOT_START) from None


def _list(only: str | None) -> int:
    from drivers.camera.discovery import cameras_behind
    from drivers.camera.interface import CameraError
    from drivers.camera.producers import SEARCH_PATH, installed_producers, producer_file
    from drivers.camera.settings import ARAVIS, SIMULATED

    everywhere = [*(str(path) for path in installed_producers()), ARAVIS, SIMULATED]
    names = everywhere if only is None else [only]
    rows: list[Sequence[str]] = []
    for name in names:
        try:
            path = producer_file(name)
            cameras = cameras_behind(path)
        except CameraError as error:
            if only is not None:
                raise
            print(f"station: {error}", file=sys.stderr)
            continue
        shown = path.name if name == str(path) else name
        rows += [(shown, c.vendor, c.model, c.serial, c.version, c.transport, c.access) for c in cameras]
    if not rows:
        where = (
            f"through {only}" if only is not None else f"({SEARCH_PATH} is {os.environ.get(SEARCH_PATH) or 'empty'})"
        )
        raise UserError(f"no camera was found {where}: check cables and power, or install the maker's producer", FAILED)
    heading = ("PRODUCER", "VENDOR", "MODEL", "SERIAL", "VERSION", "TRANSPORT", "ACCESS")
    for line in _columns([heading, *rows]):
        print(line)
    return OK


def _features(options: argparse.Namespace) -> int:
    from drivers.camera.discovery import features_of
    from drivers.camera.producers import producer_file
    from drivers.camera.settings import REPLAY, SIMULATED

    if options.config is None:
        if options.producer is None or options.serial is None:
            raise UserError("name a configuration, or a camera with --producer and --serial", BAD_INPUT)
        producer, serial, scene = options.producer, options.serial, None
    else:
        chosen = chosen_camera(options)
        name, settings = chosen.name, chosen.settings
        producer, serial = options.producer or settings.producer, options.serial or settings.serial
        scene = settings.scene if producer == SIMULATED else None
        if producer == REPLAY:
            raise UserError(f"camera {name} is a replay: a recording has no features")
    features = features_of(producer_file(producer), serial, scene)
    if options.csv:
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow(
            ("category", "feature", "value", "unit", "access", "kind", "offers", "visibility", "description")
        )
        table.writerows(
            (f.category, f.name, f.value, f.unit, f.access, f.kind, f.offers, f.visibility, f.meaning) for f in features
        )
        return OK
    shown = [feature for feature in features if feature.visibility != "invisible"]
    width = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else 160
    for line in feature_lines(shown, width):
        print(line)
    return OK


def feature_lines(features: Iterable[SeenFeature], width: int) -> Iterable[str]:
    """A line a feature under a heading a category, cut at `width`: name, value with unit, access, what it takes."""
    shown = list(features)
    name_width = max((len(feature.name) for feature in shown), default=0)
    values = ["(command)" if item.kind == "command" else f"{item.value} {item.unit}".strip() for item in shown]
    value_width = min(_WIDEST_VALUE, max((len(value) for value in values), default=0))
    category = ""
    for feature, value in zip(shown, values, strict=True):
        if feature.category != category:
            category = feature.category
            yield category or "(no category)"
        access = {"read": "r ", "write": " w", "read/write": "rw"}[feature.access]
        takes = feature.offers if "w" in access else ""
        line = f"  {feature.name:<{name_width}}  {value:<{value_width}}  {access}  {takes}".rstrip()
        yield line if len(line) <= width else f"{line[: width - 1]}…"


def _columns(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is below 1")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value
