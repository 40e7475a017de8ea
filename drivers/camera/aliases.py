"""What other makers call an SFNC feature or one of its values, by camera family.

A table and three look-ups, pure: a node map is anything with features as attributes. The configuration and the rest of
the driver speak SFNC 2.7; a camera that has the SFNC name is always spoken to by it. Sources: Basler's pylon API
reference for racer 2; Teledyne DALSA's manuals of Linea Lite, Linea HS and Genie Nano (their DFNC names).
It is imported by the capture process, so it must not import pydantic or harvesters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Family:
    """Cameras that share their names. Candidates stand in the order in which they are tried."""

    name: str
    """What settings.model calls it."""
    maker: str
    """In DeviceVendorName, in lower case."""
    models: tuple[str, ...]
    """One of these is in DeviceModelName, in lower case."""
    nodes: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """SFNC feature: this family's features."""
    entries: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict[tuple[str, str], tuple[str, ...]])
    """SFNC feature and value: this family's values."""
    before_chunks: tuple[tuple[str, str], ...] = ()
    """Features and values to set before anything is asked of the chunks."""


# SFNC numbers encoders from 0 or from 1; a camera with one encoder has only one of the two.
_FIRST_ENCODER = {
    ("EncoderSelector", "Encoder0"): ("Encoder1",),
    ("TriggerSource", "Encoder0"): ("Encoder1",),
}

_DALSA_LINE_NODES = {
    "EncoderSourceA": ("rotaryEncoderInputASource",),
    "EncoderSourceB": ("rotaryEncoderInputBSource",),
    "EncoderDivider": ("rotaryEncoderDivider",),
    "EncoderOutputMode": ("rotaryEncoderOutputMode",),
    "EventLineTriggerMissed": ("EventInvalidLineTrigger",),
    "EventFrameTriggerMissed": ("EventInvalidFrameTrigger",),
}
_DALSA_LINE_ENTRIES = {
    ("TriggerSource", "Encoder0"): ("rotaryEncoder1", "Encoder"),
    # PositionDown has no counterpart: there the direction is rotaryEncoderDirection.
    ("EncoderOutputMode", "PositionUp"): ("Position",),
    ("EventSelector", "LineTriggerMissed"): ("InvalidLineTrigger",),
    ("EventSelector", "FrameTriggerMissed"): ("InvalidFrameTrigger",),
    ("TriggerMode", "On"): ("External",),
    ("TriggerMode", "Off"): ("Internal",),
}

SFNC = Family("sfnc", "", (), entries=_FIRST_ENCODER)
FAMILIES = (
    Family(
        "basler-racer2",
        "basler",
        ("r2l", "racer 2", "racer2"),
        nodes={"ChunkTimestamp": ("BslChunkTimestampValue",)},
        entries=_FIRST_ENCODER,
    ),
    Family("dalsa-linea2", "dalsa", ("linea2", "linea 2"), nodes=_DALSA_LINE_NODES, entries=_DALSA_LINE_ENTRIES),
    Family("dalsa-linea", "dalsa", ("linea",), nodes=_DALSA_LINE_NODES, entries=_DALSA_LINE_ENTRIES),
    # Its other chunk format, SaperaLT, is one that GenApi cannot read.
    Family("dalsa-genie-nano", "dalsa", ("nano",), before_chunks=(("chunkCompatibilityMode", "GenAPI"),)),
    SFNC,
)


def family_of(node_map: Any, model: str = "auto") -> Family:
    """The family that settings.model names or, with 'auto', that the camera says it is of; SFNC for all others."""
    if model != "auto":
        return next(family for family in FAMILIES if family.name == model)
    maker, said = (_text(node_map, name).lower() for name in ("DeviceVendorName", "DeviceModelName"))
    return next(
        (
            family
            for family in FAMILIES
            if family.models and family.maker in maker and any(part in said for part in family.models)
        ),
        SFNC,
    )


def candidates(family: Family, name: str) -> tuple[str, ...]:
    """What an SFNC feature may be called in this family, the SFNC name first."""
    return (name, *family.nodes.get(name, ()))


def find_node(node_map: Any, family: Family, name: str) -> Any | None:
    """The feature that SFNC calls `name`; None when this camera has it under none of its names."""
    for candidate in candidates(family, name):
        node = getattr(node_map, candidate, None)
        if node is not None:
            return node
    return None


def entry_for(node: Any, family: Family, name: str, value: object) -> object:
    """What this camera calls `value` of the SFNC feature `name`; the value itself where it knows no other."""
    if not isinstance(value, str) or (name, value) not in family.entries:
        return value
    offered = {str(entry) for entry in getattr(node, "symbolics", ())}
    if value in offered:
        return value
    return next((entry for entry in family.entries[name, value] if entry in offered), value)


def _text(node_map: Any, name: str) -> str:
    try:
        return str(getattr(node_map, name).value)
    except Exception:  # noqa: BLE001 - a camera that does not say who it is, in whatever way, is of no known family
        return ""
