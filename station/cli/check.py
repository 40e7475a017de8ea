"""`station check CONFIG`: every fault at once, nothing started."""

from __future__ import annotations

from pathlib import Path

from station.cli.exits import BAD_INPUT, OK, UserError
from station.config.faults import ConfigError
from station.config.load import Loaded, load_config


def check(path: Path) -> int:
    """Print the faults, or that there are none."""
    loaded = loaded_or_exit(path)
    config = loaded.config
    cameras = "; ".join(
        f"{camera.producer} camera {name} ({camera.serial}), "
        f"{camera.width_px}x{camera.lines_per_frame} {camera.pixel_format}"
        for name, camera in config.cameras.items()
    )
    views = len(config.recipe.views)
    print(
        f"{path}: good. Station {config.name!r}: {cameras}; "
        f"{config.line_end}; "
        f"recipe {config.recipe.id} {config.recipe.name!r}, {views} picture{'s' if views > 1 else ''} a part, "
        f"{len(loaded.labels)} classes{_part_type(loaded)}."
    )
    for product in loaded.unsigned:
        print(f"{path}: the model of product {product} is not signed, which models.allow_unsigned lets pass.")
    return OK


def _part_type(loaded: Loaded) -> str:
    """Which part it must be, in words; nothing where the recipe does not ask."""
    asked = loaded.config.recipe.identity
    if asked is None or loaded.identity is None:
        return ""
    return f"; only part type {asked.part_type}, of the {len(loaded.identity.labels)} that the model knows"


def loaded_or_exit(path: Path) -> Loaded:
    """The checked configuration; its faults as a UserError, the same for every command that reads one."""
    try:
        return load_config(path)
    except ConfigError as error:
        raise UserError(faults_text(path, error), BAD_INPUT) from None


def faults_text(path: Path, error: ConfigError) -> str:
    """All faults of a configuration, a line each, under a line that counts them."""
    count = len(error.faults)
    return f"{path}: {count} fault{'s' if count > 1 else ''}\n{error}"
