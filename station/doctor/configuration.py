"""Does the configuration load, with every file and model that it names?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from station.config.faults import ConfigError
from station.config.load import load_config
from station.config.model import StationConfig
from station.config.yaml_positions import load_yaml_model
from station.doctor.finding import Finding, bad, note, ok


def whole(path: Path) -> Iterator[Finding]:
    """Each fault of the configuration, as `station check` tells it."""
    try:
        loaded = load_config(path)
    except ConfigError as error:
        for fault in error.faults:
            yield bad(str(fault), "mend this line, then look with: station check")
        return
    views = len(loaded.config.recipe.views)
    yield ok(f"{path} is good: {len(loaded.config.cameras)} camera(s), {views} picture(s) a part")
    for product in loaded.unsigned:
        yield note(f"the model of product {product} is not signed", "have it signed: station model sign")


def keys_alone(path: Path) -> StationConfig | None:
    """The configuration by its keys, whatever the files that it names are; None where not even these are good."""
    try:
        return load_yaml_model(path, StationConfig)
    except ConfigError:
        return None
