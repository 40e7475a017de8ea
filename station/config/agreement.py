"""The keys of a configuration that must agree with each other. Must not open files.

What one recipe says is checked in `recipe_agreement.py`; here is what all of them, devices and servers have in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from drivers.camera.settings import ARAVIS, REPLAY, SIMULATED, CameraSettings
from station.access.tls import insecure
from station.config.faults import ConfigFault
from station.config.model import Recipe, StationConfig
from station.config.recipe_agreement import frames_of, recipe_disagreements
from station.config.yaml_compose import KeyPath, YamlDocument

OWN_PRODUCERS = (SIMULATED, REPLAY, ARAVIS)
"""Producers that are named by a word instead of a path."""
_NO_HARDWARE = (SIMULATED, REPLAY)


def disagreements(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    """Every pair of keys that cannot both be right."""
    yield from _cameras(config, document)
    yield from _roles(config, document)
    for where, recipe in recipes_of(config):
        yield from recipe_disagreements(config, recipe, where, document)
    yield from _further(config, document)
    yield from _ports(config, document)
    yield from _page(config, document)
    yield from _cell(config, document)


def recipes_of(config: StationConfig) -> list[tuple[KeyPath, Recipe]]:
    """Each recipe with the place where it stands in the file; the one that the station starts with first."""
    further = enumerate(config.further_recipes)
    return [(("recipe",), config.recipe), *((("further_recipes", index), recipe) for index, recipe in further)]


def frames_a_part(config: StationConfig) -> Counter[str]:
    """How many frames of each camera one part needs."""
    return frames_of(config.recipe)


def _page(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    """Passwords do not cross a network in clear."""
    sentence = insecure(config)
    if sentence is not None:
        found, _, right = sentence.partition("; ")
        yield document.fault(("page", "host"), found, right or "write both keys, or none")


def _cameras(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    scenes: dict[str, str] = {}
    most: Counter[str] = Counter()
    for _, recipe in recipes_of(config):
        most |= frames_of(recipe)
    needing = "the recipe" if not config.further_recipes else "any recipe"
    for name, camera in config.cameras.items():
        if camera.producer in _NO_HARDWARE and config.peer == "real":
            right = "write 'simulated', or name a real camera's producer"
            yield document.fault(("plc", "peer"), f"a simulated camera ({name}) is refused beside a real PLC", right)
        if camera.producer in _NO_HARDWARE and camera.scene is None:
            right = "the simulated camera needs the path of the cell's scene file, a replay its recording's folder"
            yield document.fault(("cameras", name, "scene"), "is missing", right)
        elif camera.scene is not None and camera.producer == SIMULATED:
            if camera.scene in scenes:
                right = "each simulated camera needs a scene file of its own"
                yield document.fault(
                    ("cameras", name, "scene"), f"is the scene of camera {scenes[camera.scene]} too", right
                )
            scenes[camera.scene] = name
        if most[name] == 0:
            yield document.fault(
                ("cameras", name), f"no view of {needing} uses this camera", "remove it, or add a view"
            )
        elif camera.ring_slots < most[name]:
            yield document.fault(
                ("cameras", name, "ring_slots"),
                f"{camera.ring_slots} are fewer than the {most[name]} pictures of one part",
                f"at least {most[name]}, better twice as many",
            )


def _roles(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    alone = config.plc.role == "remote_io"
    if alone and config.remote_io is None:
        yield document.fault(("plc", "role"), "remote_io needs a remote_io section", "say what is wired to the coupler")
    if not alone and config.remote_io is not None:
        right = "write plc.role: remote_io, or remove the section"
        yield document.fault(("remote_io",), f"is not used with plc.role {config.plc.role}", right)
    if alone and config.encoder is None and config.remote_io is not None and config.remote_io.encoder is not None:
        yield document.fault(("remote_io", "encoder"), "needs the line's highest speed", "add an 'encoder:' section")


def _further(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    """The PLC asks by number, so each recipe has its own; the coupler's gates stand where they stand."""
    seen: dict[int, str] = {}
    for where, recipe in recipes_of(config):
        if recipe.id in seen:
            right = "give each recipe its own number, as the PLC asks for it"
            yield document.fault((*where, "id"), f"{recipe.id} is the number of recipe {seen[recipe.id]!r} too", right)
        seen.setdefault(recipe.id, recipe.name)
        if config.plc.role == "remote_io" and recipe.gate is not None and recipe.gate != config.recipe.gate:
            right = "without a PLC the station moves the gate: write the same one in each recipe"
            yield document.fault((*where, "gate"), "is another one than recipe.gate", right)


def _ports(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    seen: dict[int, tuple[str, str]] = {}
    for key, port in {
        ("page", "port"): config.page.port,
        ("metrics", "port"): config.metrics.port,
        ("plc", "port"): config.plc.port,
    }.items():
        if port in seen:
            other = ".".join(seen[port])
            yield document.fault(key, f"{port} is the port of {other} too", "give each its own port")
        seen[port] = key


def _cell(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    if config.cell is None:
        return
    by_lines: dict[str, CameraSettings] = {name: cam for name, cam in config.cameras.items() if not cam.is_area}
    for name, camera in by_lines.items():
        divider = camera.counts_per_line
        if divider is not None and divider != config.cell.counts_per_line:
            yield document.fault(
                ("cell", "counts_per_line"),
                f"{config.cell.counts_per_line} is not the encoder_divider {divider:g} of camera {name}",
                "the simulated jig and the camera must agree",
            )
        turn_lines = config.cell.counts_per_turn // config.cell.counts_per_line
        if camera.lines_per_frame > turn_lines:
            yield document.fault(
                ("cameras", name, "lines_per_frame"),
                f"{camera.lines_per_frame} lines are more than the {turn_lines} of one turn of the jig",
                f"at most {turn_lines}",
            )
    for where, recipe in recipes_of(config):
        yield from _turn_in_time(recipe, where, config.cell.turn_ns / 1e6, document)
    if not by_lines:
        right = "the simulated jig needs a line-scan camera (line_trigger)"
        yield document.fault(("cameras",), "none of them is a line-scan camera", right)


def _turn_in_time(recipe: Recipe, where: KeyPath, turn_ms: float, document: YamlDocument) -> Iterator[ConfigFault]:
    key = "deadline_ms" if recipe.picture_deadline_ms is None else "picture_deadline_ms"
    due_ms = recipe.deadline_ms if recipe.picture_deadline_ms is None else recipe.picture_deadline_ms
    if due_ms <= turn_ms:
        yield document.fault(
            (*where, key),
            f"{due_ms:g} is over before the simulated jig has turned once ({turn_ms:.0f} ms)",
            "give the part more time, or raise cell.rate_parts_per_s",
        )
