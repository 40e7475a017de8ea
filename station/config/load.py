"""Reads and checks a station's configuration whole: the one road for start-up, `station check` and the demo.

Beyond each key by itself: the files that it names, and the keys that must agree with each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.bundle import Bundle, BundleError, load_bundle
from station.config.faults import ConfigError, ConfigFault
from station.config.model import StationConfig
from station.config.yaml_compose import YamlDocument
from station.config.yaml_positions import load_yaml_document

SIMULATED_PRODUCER = "simulated"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that passed every check, with the bundle it names. Relative paths start at its folder."""

    path: Path
    config: StationConfig
    bundle: Bundle

    def path_of(self, relative: str) -> Path:
        """A path of the configuration, made absolute."""
        return (self.path.parent / relative).resolve()

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names by class index, "defect-free" first."""
        return self.bundle.labels


def load_config(path: Path) -> Loaded:
    """The configuration in `path`; ConfigError with every fault."""
    config, document = load_yaml_document(path, StationConfig)
    faults = list(_disagreements(config, document))
    folder = path.resolve().parent
    producer = config.camera.producer
    if producer != SIMULATED_PRODUCER and not (folder / producer).is_file():
        right = "write the path of a GenTL producer (.cti), or 'simulated'"
        faults.append(document.fault(("camera", "producer"), f"there is no file {folder / producer}", right))
    try:
        bundle = load_bundle((folder / config.recipe.bundle).resolve())
    except BundleError as error:
        right = "name the folder of a model bundle, relative to this file"
        raise ConfigError([*faults, document.fault(("recipe", "bundle"), str(error), right)]) from None
    if faults:
        raise ConfigError(faults)
    return Loaded(path.resolve(), config, bundle)


def _disagreements(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    simulated = config.camera.producer == SIMULATED_PRODUCER
    if simulated and config.plc.peer == "real":
        yield document.fault(
            ("plc", "peer"),
            "a simulated camera is refused beside a real PLC",
            "write 'simulated', or name a real camera's producer",
        )
    if simulated and config.camera.scene is None:
        yield document.fault(
            ("camera", "scene"), "is missing", "the simulated camera needs the path of the cell's scene file"
        )
    listens = {
        ("page", "port"): (config.page.host, config.page.port),
        ("metrics", "port"): (config.metrics.host, config.metrics.port),
        ("plc", "port"): (config.plc.host, config.plc.port),
    }
    seen: dict[int, tuple[str, str]] = {}
    for key, (_, port) in listens.items():
        if port in seen:
            other = ".".join(seen[port])
            yield document.fault(key, f"{port} is the port of {other} too", "give each its own port")
        seen[port] = key
    if config.cell is not None:
        cell, camera = config.cell, config.camera
        divider = camera.line_trigger.encoder_divider if camera.line_trigger else None
        if divider is not None and divider != cell.counts_per_line:
            yield document.fault(
                ("cell", "counts_per_line"),
                f"{cell.counts_per_line} is not the camera's encoder_divider {divider}",
                "the simulated jig and the camera must agree",
            )
        turn_lines = cell.counts_per_turn // cell.counts_per_line
        if camera.lines_per_frame > turn_lines:
            yield document.fault(
                ("camera", "lines_per_frame"),
                f"{camera.lines_per_frame} lines are more than the {turn_lines} of one turn of the jig",
                f"at most {turn_lines}",
            )
