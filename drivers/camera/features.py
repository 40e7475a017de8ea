"""From settings to camera features: an ordered list of writes by SFNC name, and how they are set.

Pure towards the configuration; towards the camera it only needs a node map as GenApi gives it. It is imported by
the capture process, so it must not import pydantic or harvesters.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drivers.camera.aliases import Family, candidates, entry_for, family_of, find_node

if TYPE_CHECKING:
    from drivers.camera.settings import CameraSettings, FeatureValue, LineTriggerSettings

_MOST_NAMED = 8
_Writes = Iterator["FeatureWrite"]


@dataclass(frozen=True, slots=True)
class FeatureWrite:
    """Set this feature to this value; for a command, True executes it."""

    name: str
    value: FeatureValue
    only_if_there: bool = False
    """A camera without this feature does without it: it undoes what an earlier owner may have left there."""


class FeatureRefusedError(Exception):
    """The camera lacks a feature or refuses its value; one sentence a feature, with what the camera offers."""


def writes_for(settings: CameraSettings) -> tuple[FeatureWrite, ...]:
    """Every write, in order: a selector stands before what it selects, and the sizes before the triggers."""
    return tuple(_writes(settings))


def _writes(settings: CameraSettings) -> _Writes:
    yield from _picture(settings)
    if settings.line_trigger is not None:
        yield from _encoder(settings.line_trigger)
        yield from _trigger("LineStart", settings.line_trigger.source)
    if settings.frame_trigger is not None:
        yield from _trigger("FrameStart", settings.frame_trigger)
    if settings.line_rate_hz is not None:
        yield _if_there("AcquisitionLineRateEnable", True)
        yield FeatureWrite("AcquisitionLineRate", settings.line_rate_hz)
    if settings.frame_rate_hz is not None:
        yield _if_there("AcquisitionFrameRateEnable", True)
        yield FeatureWrite("AcquisitionFrameRate", settings.frame_rate_hz)
    if settings.chunks:
        yield FeatureWrite("ChunkModeActive", True)
    for chunk in settings.chunks:
        yield FeatureWrite("ChunkSelector", chunk)
        yield FeatureWrite("ChunkEnable", True)
    for event in settings.events:
        yield FeatureWrite("EventSelector", event)
        yield FeatureWrite("EventNotification", "On")
    for name, value in settings.features.items():
        yield FeatureWrite(name, value)


def _if_there(name: str, value: FeatureValue) -> FeatureWrite:
    return FeatureWrite(name, value, only_if_there=True)


def _picture(settings: CameraSettings) -> _Writes:
    yield FeatureWrite("PixelFormat", settings.pixel_format)
    yield _if_there("OffsetX", 0)  # a shift that somebody left there may keep the width from fitting
    yield _if_there("OffsetY", 0)
    yield FeatureWrite("Width", settings.width_px)
    yield FeatureWrite("Height", settings.lines_per_frame)
    if settings.offset_x_px:
        yield FeatureWrite("OffsetX", settings.offset_x_px)
    if settings.offset_y_px:
        yield FeatureWrite("OffsetY", settings.offset_y_px)
    if settings.exposure_us is not None:
        yield _if_there("ExposureAuto", "Off")
        yield FeatureWrite("ExposureTime", settings.exposure_us)
    if settings.gain_db is not None:
        yield _if_there("GainAuto", "Off")
        yield FeatureWrite("Gain", settings.gain_db)


def _encoder(line: LineTriggerSettings) -> _Writes:
    if line.source != "Encoder0":
        return
    yield _if_there("EncoderSelector", "Encoder0")
    if line.encoder_source_a is not None:
        yield FeatureWrite("EncoderSourceA", line.encoder_source_a)
    if line.encoder_source_b is not None:
        yield FeatureWrite("EncoderSourceB", line.encoder_source_b)
    if line.encoder_mode is not None:
        yield FeatureWrite("EncoderMode", line.encoder_mode)
    yield FeatureWrite("EncoderDivider", line.encoder_divider)
    if line.encoder_output_mode is not None:
        yield FeatureWrite("EncoderOutputMode", line.encoder_output_mode)


def _trigger(selector: str, source: str) -> _Writes:
    yield FeatureWrite("TriggerSelector", selector)
    if source == "Off":
        yield FeatureWrite("TriggerMode", "Off")
    else:
        yield FeatureWrite("TriggerSource", source)
        yield FeatureWrite("TriggerMode", "On")


def apply_writes(node_map: Any, writes: Iterable[FeatureWrite], model: str = "auto") -> None:
    """Set every feature; those that fail are reported together. A feature that already has the value is left.

    `model` is settings.model: by whose names the features are sought beside SFNC's. Raises FeatureRefusedError.
    """
    family = family_of(node_map, model)
    faults = [fault for write in _with_chunk_mode(family, writes) if (fault := _apply(node_map, family, write))]
    if faults:
        raise FeatureRefusedError("; ".join(faults))


def _with_chunk_mode(family: Family, writes: Iterable[FeatureWrite]) -> Iterator[FeatureWrite]:
    pending = family.before_chunks
    for write in writes:
        if write.name.startswith("Chunk"):
            yield from (FeatureWrite(name, value) for name, value in pending)
            pending = ()
        yield write


def _apply(node_map: Any, family: Family, write: FeatureWrite) -> str | None:
    node = find_node(node_map, family, write.name)
    if node is None:
        return None if write.only_if_there else _absent(node_map, family, write)
    value = entry_for(node, family, write.name, write.value)
    try:
        if value is True and hasattr(node, "execute"):
            node.execute()
            return None
        try:
            present = node.value
        except Exception:  # noqa: BLE001 - one that can only be written, or that is there in name only
            if write.only_if_there:
                return None
            present = None
        if present != value:
            node.value = value
    except Exception as error:  # noqa: BLE001 - each binding has its own exceptions, none of them shared
        return _refused(node, write, error)
    return None


def _absent(node_map: Any, family: Family, write: FeatureWrite) -> str:
    others = candidates(family, write.name)[1:]
    also = f", nor is {' or '.join(others)}" if others else ""
    near = difflib.get_close_matches(write.name, _names(node_map), n=3)
    hint = f"it has {', '.join(near)}" if near else "it has none of a similar name"
    return f"feature {write.name} (wanted {write.value!r}) is not in the camera{also}: {hint}"


def _names(node_map: Any) -> list[str]:
    return [str(node.node.name) for node in getattr(node_map, "nodes", ()) if hasattr(node, "node")]


def _refused(node: Any, write: FeatureWrite, error: Exception) -> str:
    said = str(error).split(" : ", maxsplit=1)[0].strip().rstrip(".") or type(error).__name__
    return f"feature {write.name} does not take {write.value!r}: {_offer(node) or said}"


def _offer(node: Any) -> str:
    """What the camera offers for this feature, or nothing where it does not say."""
    try:
        if hasattr(node, "symbolics"):
            names = [str(name) for name in node.symbolics]
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            return f"the camera offers {', '.join(names[:_MOST_NAMED])}{more}"
        if hasattr(node, "min") and hasattr(node, "max"):
            step = f" in steps of {node.inc}" if getattr(node, "inc", None) not in (None, 0, 1) else ""
            return f"the camera offers {node.min} to {node.max}{step}"
    except Exception:  # noqa: BLE001 - a node that cannot be read offers nothing
        return ""
    return ""
