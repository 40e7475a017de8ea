"""The keys of a configuration that must agree with each other. Must not open files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from drivers.camera.settings import ARAVIS, REPLAY, SIMULATED, CameraSettings
from station.config.faults import ConfigFault
from station.config.model import StationConfig
from station.config.yaml_compose import YamlDocument

OWN_PRODUCERS = (SIMULATED, REPLAY, ARAVIS)
"""Producers that are named by a word instead of a path."""
_NO_HARDWARE = (SIMULATED, REPLAY)


def disagreements(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    """Every pair of keys that cannot both be right."""
    yield from _cameras(config, document)
    yield from _views(config, document)
    yield from _identity(config, document)
    yield from _gate(config, document)
    yield from _ports(config, document)
    yield from _cell(config, document)


def frames_a_part(config: StationConfig) -> Counter[str]:
    """How many frames of each camera one part needs."""
    return Counter(view.camera for view in config.recipe.views)


def _cameras(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    scenes: dict[str, str] = {}
    needed = frames_a_part(config)
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
        if needed[name] == 0:
            yield document.fault(
                ("cameras", name), "no view of the recipe uses this camera", "remove it, or add a view"
            )
        elif camera.ring_slots < needed[name]:
            yield document.fault(
                ("cameras", name, "ring_slots"),
                f"{camera.ring_slots} are fewer than the {needed[name]} pictures of one part",
                f"at least {needed[name]}, better twice as many",
            )


def _views(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    seen: set[str] = set()
    needed = frames_a_part(config)
    for index, view in enumerate(config.recipe.views):
        where = ("recipe", "views", index)
        if view.name in seen:
            yield document.fault((*where, "name"), f"{view.name!r} is there twice", "give each view its own name")
        seen.add(view.name)
        camera = config.cameras.get(view.camera)
        if camera is None:
            yield document.fault(
                (*where, "camera"), f"there is no camera {view.camera!r}", f"one of {', '.join(config.cameras)}"
            )
            continue
        for other in config.recipe.views[:index]:
            reach = view.encoder_tolerance_counts + other.encoder_tolerance_counts
            apart = abs(view.offset_counts - other.offset_counts)
            if other.camera == view.camera and apart <= reach:
                yield document.fault(
                    (*where, "offset_counts"),
                    f"{view.offset_counts} is only {apart} counts from view {other.name}: a picture could be either's",
                    f"more than {reach} counts apart (the sum of the encoder tolerances)",
                )
        if camera.frame_trigger == "Software" and (view.offset_counts or needed[view.camera] > 1):
            yield document.fault(
                (*where, "camera"),
                f"camera {view.camera} is triggered by software, at the part's trigger",
                "one view at offset_counts 0, or a camera that the encoder or an input line triggers",
            )


def _identity(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    recipe, view = config.recipe, config.recipe.identity_view
    if recipe.identity is not None and view is None:
        there = ", ".join(f"{index} {each.name}" for index, each in enumerate(recipe.views))
        yield document.fault(
            ("recipe", "identity", "view"), f"there is no view {recipe.identity.view!r}", f"one of {there}"
        )
    for index, each in enumerate(recipe.views):
        if each.bundle is None and index != view:
            yield document.fault(
                ("recipe", "views", index, "bundle"),
                "is missing: nobody would look at this picture",
                "name a model bundle; only the view of recipe.identity may have none",
            )


def _gate(config: StationConfig, document: YamlDocument) -> Iterator[ConfigFault]:
    gate, alone = config.recipe.gate, config.plc.role == "remote_io"
    if alone and config.remote_io is None:
        yield document.fault(("plc", "role"), "remote_io needs a remote_io section", "say what is wired to the coupler")
    if alone and gate is None:
        right = "without a PLC the station moves the gate: say where it is"
        yield document.fault(("recipe", "gate"), "is missing", right)
    if not alone and config.remote_io is not None:
        right = "write plc.role: remote_io, or remove the section"
        yield document.fault(("remote_io",), f"is not used with plc.role {config.plc.role}", right)
    if gate is None:
        return
    if alone and config.encoder is None and config.remote_io is not None and config.remote_io.encoder is not None:
        yield document.fault(("remote_io", "encoder"), "needs the line's highest speed", "add an 'encoder:' section")
    if config.encoder is None and not alone:
        right = "add an 'encoder:' section, or remove the gate: without counts deadlines are in time alone"
        yield document.fault(("recipe", "gate"), "needs the line's encoder", right)
    begins = gate.offset_counts - gate.lead_counts
    for index, view in enumerate(config.recipe.views):
        if view.offset_counts >= begins:
            yield document.fault(
                ("recipe", "views", index, "offset_counts"),
                f"{view.offset_counts} lies behind the gate, whose pulse begins {begins} counts after the trigger",
                "a part must be seen before the gate",
            )


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
    turn_ms = config.cell.turn_ns / 1e6
    recipe = config.recipe
    key = "deadline_ms" if recipe.picture_deadline_ms is None else "picture_deadline_ms"
    due_ms = recipe.deadline_ms if recipe.picture_deadline_ms is None else recipe.picture_deadline_ms
    if due_ms <= turn_ms:
        yield document.fault(
            ("recipe", key),
            f"{due_ms:g} is over before the simulated jig has turned once ({turn_ms:.0f} ms)",
            "give the part more time, or raise cell.rate_parts_per_s",
        )
    if not by_lines:
        right = "the simulated jig needs a line-scan camera (line_trigger)"
        yield document.fault(("cameras",), "none of them is a line-scan camera", right)
