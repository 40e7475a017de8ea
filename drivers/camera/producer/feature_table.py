"""The simulated cameras' features by SFNC 2.7 name: one table each for the line-scan and the area camera.

Features of the same name share their registers' addresses. Every register is 8 bytes (texts 64), so the C side reads
an address as one integer or one double. It must not know how the cameras behave: that is the C files' part.
"""

from __future__ import annotations

from dataclasses import dataclass

CHUNK_ID_BASE = 0x1001
EVENT_ID_BASE = 0x9001
EVENTS = ("FrameTrigger", "FrameTriggerMissed", "FrameStart", "FrameEnd", "LineTriggerMissed")
PIXEL_FORMATS = (
    ("Mono8", 0x01080001),
    ("Mono10", 0x01100003),
    ("Mono10p", 0x010A0046),
    ("Mono12", 0x01100005),
    ("Mono12p", 0x010C0047),
    ("BayerRG8", 0x01080009),
    ("RGB8", 0x02180014),
)
LINE_MAX_PX, LINES_MAX, AREA_MAX_PX = 16_384, 65_536, 4096
COUNT_MAX = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Feature:
    """One SFNC feature. `registers` counts those behind it: one for each entry of its selector.

    `kind` is text, integer, float, boolean, choice, command, chunk (read from a buffer's chunk), event (read from an
    event's data) or local (kept in the consumer's node map, without a register).
    """

    name: str
    kind: str
    default: int | float = 0
    access: str = "RW"
    minimum: float = 0
    maximum: float = 0
    step: int = 1
    unit: str = ""
    entries: tuple[tuple[str, int], ...] = ()
    selector: str = ""
    registers: int = 1
    locked: bool = False
    """While the stream runs."""
    defaults: tuple[int, ...] = ()
    """One a register, where they differ."""
    place: int = 0
    """Chunk: its number. Event: its number times 8, plus the word within its data."""
    entry_needs: tuple[tuple[str, str], ...] = ()
    """Entries that are there only while the node named beside them is not 0."""


Section = tuple[str, tuple[Feature, ...]]


def _number(name: str, default: int, low: int, high: int, step: int = 1) -> Feature:
    return Feature(name, "integer", default, minimum=low, maximum=high, step=step, locked=True)


def _told(name: str, value: int = 0, selector: str = "", registers: int = 1, maximum: int = 2**40) -> Feature:
    return Feature(name, "integer", value, "RO", maximum=maximum, selector=selector, registers=registers)


def _float(name: str, default: float, low: float, high: float, unit: str) -> Feature:
    return Feature(name, "float", default, minimum=low, maximum=high, unit=unit)


def _choice(name: str, default: int, *entries: str, access: str = "RW", locked: bool = False) -> Feature:
    return Feature(name, "choice", default, access, entries=_numbered(entries), locked=locked)


def _numbered(names: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((name, number) for number, name in enumerate(names))


def _selected(name: str, selector: str, registers: int, *entries: str, locked: bool = True) -> Feature:
    kind = "choice" if entries else "boolean"
    return Feature(name, kind, entries=_numbered(entries), selector=selector, registers=registers, locked=locked)


def sections(*, area: bool) -> tuple[Section, ...]:
    """The features of one camera by category, in the order of its registers."""
    return (
        ("DeviceControl", _device(area)),
        ("ImageFormatControl", _image_format(area)),
        ("AcquisitionControl", _acquisition(area)),
        ("DigitalIOControl", _lines()),
        ("EncoderControl", _encoder(area)),
        ("ChunkDataControl", _chunks(area)),
        ("EventControl", _events(area)),
    )


def _device(area: bool) -> tuple[Feature, ...]:
    return (
        Feature("DeviceVendorName", "text", access="RO"),
        Feature("DeviceModelName", "text", access="RO"),
        Feature("DeviceVersion", "text", access="RO"),
        Feature("DeviceSerialNumber", "text", access="RO"),
        Feature("DeviceUserID", "text"),
        _choice("DeviceScanType", int(not area), "Areascan", "Linescan", access="RO"),
        _told("Timestamp", maximum=2**63 - 1),
        Feature("TLParamsLocked", "integer", minimum=0, maximum=1),
    )


def _image_format(area: bool) -> tuple[Feature, ...]:
    widest, highest = (AREA_MAX_PX, AREA_MAX_PX) if area else (LINE_MAX_PX, LINES_MAX)
    return (
        _told("SensorWidth", widest),
        _told("SensorHeight", highest if area else 1),
        _told("WidthMax", widest),
        _told("HeightMax", highest),
        _number("Width", 2464 if area else 4096, 16, widest, 8),
        _number("Height", 2056 if area else 1024, 1, highest),
        _number("OffsetX", 0, 0, widest - 16),
        *((_number("OffsetY", 0, 0, highest - 1),) if area else ()),
        Feature("PixelFormat", "choice", PIXEL_FORMATS[0][1], entries=PIXEL_FORMATS, locked=True),
        _told("PayloadSize"),
    )


def _acquisition(area: bool) -> tuple[Feature, ...]:
    pace = "Frame" if area else "Line"
    triggers = ("FrameStart",) if area else ("FrameStart", "LineStart")
    sources = Feature(
        "TriggerSource",
        "choice",
        entries=_numbered(("Software", "Line1") if area else ("Software", "Line1", "Encoder0")),
        selector="TriggerSelector",
        registers=2,
        locked=True,
        defaults=(0, 2),
        entry_needs=()
        if area
        else (("Software", "TriggersFrames"), ("Line1", "TriggersFrames"), ("Encoder0", "TriggersLines")),
    )
    return (
        _choice("AcquisitionMode", 0, "Continuous"),
        Feature("AcquisitionStart", "command"),
        Feature("AcquisitionStop", "command"),
        Feature(f"Acquisition{pace}RateEnable", "boolean", 0 if area else 1),
        _float(f"Acquisition{pace}Rate", 10.0 if area else 10_000.0, 0.1 if area else 1.0, 200_000.0, "Hz"),
        _float("ExposureTime", 1000.0 if area else 15.0, 1.0, 1_000_000.0 if area else 100_000.0, "us"),
        _float("Gain", 0.0, 0.0, 24.0, "dB"),
        _choice("TriggerSelector", 0, *triggers),
        _selected("TriggerMode", "TriggerSelector", 2, "Off", "On"),
        sources,
        _selected("TriggerActivation", "TriggerSelector", 2, "RisingEdge"),
        Feature("TriggerSoftware", "command"),
    )


def _lines() -> tuple[Feature, ...]:
    return (
        _choice("LineSelector", 0, "Line0", "Line1", "Line2", "Line3"),
        Feature("LineMode", "choice", access="RO", entries=(("Input", 0),), selector="LineSelector", registers=4),
        Feature("LineStatus", "boolean", access="RO", selector="LineSelector", registers=4),
        _told("LineStatusAll"),
    )


def _encoder(area: bool) -> tuple[Feature, ...]:
    of_lines = (
        _choice(
            "EncoderOutputMode", 5, "Off", "PositionUp", "PositionDown", "DirectionUp", "DirectionDown", "Motion",
            locked=True,
        ),
        _number("EncoderDivider", 1, 1, 65_536),
    )  # fmt: skip
    return (
        _choice("EncoderSelector", 0, "Encoder0"),
        _choice("EncoderSourceA", 1, "Off", "Line2", "Line3", locked=True),
        _choice("EncoderSourceB", 2, "Off", "Line2", "Line3", locked=True),
        _choice("EncoderMode", 0, "FourPhase", "HighResolution", locked=True),
        *(() if area else of_lines),
        _choice("EncoderStatus", 2, "EncoderUp", "EncoderDown", "EncoderIdle", access="RO"),
        _told("EncoderValue", maximum=COUNT_MAX),
        _told("EncoderValueAtReset", maximum=COUNT_MAX),
        Feature("EncoderReset", "command"),
    )


def _chunks(area: bool) -> tuple[Feature, ...]:
    names = ("FrameID", "Timestamp", "EncoderValue", "LineStatusAll")
    chunks = [
        Feature(
            f"Chunk{name}",
            "chunk",
            access="RO",
            place=place,
            maximum=COUNT_MAX if name == "EncoderValue" else 0,
            selector="ChunkScanLineSelector" if name == "EncoderValue" and not area else "",
        )
        for place, name in enumerate(names)
    ]
    return (
        Feature("ChunkModeActive", "boolean", locked=True),
        _choice("ChunkSelector", 0, *names),
        _selected("ChunkEnable", "ChunkSelector", len(names)),
        *(() if area else (Feature("ChunkScanLineSelector", "local", maximum=LINES_MAX - 1),)),
        *chunks,
    )


def _events(area: bool) -> tuple[Feature, ...]:
    offered = tuple((name, number) for number, name in enumerate(EVENTS) if not (area and name.startswith("Line")))
    facts = [
        Feature(f"Event{name}{fact}", "event", access="RO", place=8 * number + word)
        for name, number in offered
        for word, fact in enumerate(("", "Timestamp", "FrameID"))
    ]
    return (
        Feature("EventSelector", "choice", entries=offered),
        _selected("EventNotification", "EventSelector", len(EVENTS), "Off", "On", locked=False),
        *facts,
    )


LINE_FEATURES = tuple(feature for _, features in sections(area=False) for feature in features)
AREA_FEATURES = tuple(feature for _, features in sections(area=True) for feature in features)
CHUNKS = tuple(feature for feature in LINE_FEATURES if feature.kind == "chunk")
