"""The keys of one recipe that must agree with each other and with the devices. Must not open files.

`where` is the recipe's place in the file: each fault is named by its key path and line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from station.config.faults import ConfigFault
from station.config.model import Recipe, StationConfig
from station.config.yaml_compose import KeyPath, YamlDocument, dotted


def recipe_disagreements(
    config: StationConfig, recipe: Recipe, where: KeyPath, document: YamlDocument
) -> Iterator[ConfigFault]:
    """Every pair of keys of this recipe that cannot both be right."""
    yield from _views(config, recipe, where, document)
    yield from _identity(recipe, where, document)
    yield from _gate(config, recipe, where, document)


def frames_of(recipe: Recipe) -> Counter[str]:
    """How many frames of each camera one part of this recipe needs."""
    return Counter(view.camera for view in recipe.views)


def _views(config: StationConfig, recipe: Recipe, where: KeyPath, document: YamlDocument) -> Iterator[ConfigFault]:
    seen: set[str] = set()
    needed = frames_of(recipe)
    for index, view in enumerate(recipe.views):
        place = (*where, "views", index)
        if view.name in seen:
            yield document.fault((*place, "name"), f"{view.name!r} is there twice", "give each view its own name")
        seen.add(view.name)
        camera = config.cameras.get(view.camera)
        if camera is None:
            yield document.fault(
                (*place, "camera"), f"there is no camera {view.camera!r}", f"one of {', '.join(config.cameras)}"
            )
            continue
        for other in recipe.views[:index]:
            reach = view.encoder_tolerance_counts + other.encoder_tolerance_counts
            apart = abs(view.offset_counts - other.offset_counts)
            if other.camera == view.camera and apart <= reach:
                yield document.fault(
                    (*place, "offset_counts"),
                    f"{view.offset_counts} is only {apart} counts from view {other.name}: a picture could be either's",
                    f"more than {reach} counts apart (the sum of the encoder tolerances)",
                )
        if camera.frame_trigger == "Software" and (view.offset_counts or needed[view.camera] > 1):
            yield document.fault(
                (*place, "camera"),
                f"camera {view.camera} is triggered by software, at the part's trigger",
                "one view at offset_counts 0, or a camera that the encoder or an input line triggers",
            )


def _identity(recipe: Recipe, where: KeyPath, document: YamlDocument) -> Iterator[ConfigFault]:
    view = recipe.identity_view
    if recipe.identity is not None and view is None:
        there = ", ".join(f"{index} {each.name}" for index, each in enumerate(recipe.views))
        yield document.fault(
            (*where, "identity", "view"), f"there is no view {recipe.identity.view!r}", f"one of {there}"
        )
    for index, each in enumerate(recipe.views):
        if each.bundle is None and index != view:
            yield document.fault(
                (*where, "views", index, "bundle"),
                "is missing: nobody would look at this picture",
                f"name a model bundle; only the view of {dotted(where)}.identity may have none",
            )


def _gate(config: StationConfig, recipe: Recipe, where: KeyPath, document: YamlDocument) -> Iterator[ConfigFault]:
    gate, alone = recipe.gate, config.plc.role == "remote_io"
    if alone and gate is None:
        right = "without a PLC the station moves the gate: say where it is"
        yield document.fault((*where, "gate"), "is missing", right)
    if gate is None:
        return
    if config.encoder is None and not alone:
        right = "add an 'encoder:' section, or remove the gate: without counts deadlines are in time alone"
        yield document.fault((*where, "gate"), "needs the line's encoder", right)
    begins = gate.offset_counts - gate.lead_counts
    for index, view in enumerate(recipe.views):
        if view.offset_counts >= begins:
            yield document.fault(
                (*where, "views", index, "offset_counts"),
                f"{view.offset_counts} lies behind the gate, whose pulse begins {begins} counts after the trigger",
                "a part must be seen before the gate",
            )
