"""From settings to camera features: an ordered list of writes by SFNC name, and how they are set.

Pure towards the configuration; towards the camera it only needs a node map as GenApi gives it. It is imported by
the capture process, so it must not import pydantic or harvesters.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drivers.camera.settings import CameraSettings, FeatureValue

_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class FeatureWrite:
    """Set this feature to this value; for a command, True executes it."""

    name: str
    value: FeatureValue


class FeatureRefusedError(Exception):
    """The camera lacks a feature or refuses its value; one sentence a feature, with what the camera offers."""


def writes_for(settings: CameraSettings) -> tuple[FeatureWrite, ...]:
    """Every write, in order: a selector stands before what it selects, and the sizes before the triggers."""
    return tuple(FeatureWrite(name, value) for name, value in _pairs(settings))


def _pairs(settings: CameraSettings) -> Iterator[tuple[str, FeatureValue]]:
    yield "PixelFormat", settings.pixel_format
    yield "Width", settings.width_px
    yield "Height", settings.lines_per_frame
    if settings.exposure_us is not None:
        yield "ExposureTime", settings.exposure_us
    line = settings.line_trigger
    if line is not None:
        yield "TriggerSelector", "LineStart"
        if line.source == "Off":
            yield "TriggerMode", "Off"
        else:
            yield "EncoderDivider", line.encoder_divider
            yield "TriggerSource", line.source
            yield "TriggerMode", "On"
            yield "ChunkModeActive", True
            yield "ChunkSelector", "EncoderValue"
            yield "ChunkEnable", True
    if settings.frame_trigger is not None:
        yield "TriggerSelector", "FrameStart"
        if settings.frame_trigger == "Off":
            yield "TriggerMode", "Off"
        else:
            yield "TriggerSource", settings.frame_trigger
            yield "TriggerMode", "On"
    yield from settings.features.items()


def apply_writes(node_map: Any, writes: Iterable[FeatureWrite]) -> None:
    """Set every feature; those that fail are reported together. A feature that already has the value is left."""
    faults = [fault for write in writes if (fault := _apply(node_map, write)) is not None]
    if faults:
        raise FeatureRefusedError("; ".join(faults))


def _apply(node_map: Any, write: FeatureWrite) -> str | None:
    node = getattr(node_map, write.name, None)
    if node is None:
        return _absent(node_map, write)
    try:
        if write.value is True and hasattr(node, "execute"):
            node.execute()
        elif node.value != write.value:
            node.value = write.value
    except Exception as error:  # noqa: BLE001 - each binding has its own exceptions, none of them shared
        return _refused(node, write, error)
    return None


def _absent(node_map: Any, write: FeatureWrite) -> str:
    near = difflib.get_close_matches(write.name, _names(node_map), n=3)
    hint = f"it has {', '.join(near)}" if near else "it has none of a similar name"
    return f"feature {write.name} (wanted {write.value!r}) is not in the camera: {hint}"


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
