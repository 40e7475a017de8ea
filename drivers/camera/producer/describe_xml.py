"""The GenApi descriptions (XML) of the simulated cameras, made from their tables of features.

It must not know which register means what: it is told their addresses.
"""

from __future__ import annotations

from collections.abc import Mapping

from drivers.camera.producer.feature_table import CHUNK_ID_BASE, EVENT_ID_BASE, Feature, sections

_NAMESPACE = "http://www.genicam.org/GenApi/Version_1_1"
_LOCK = "TLParamsLocked"
_COUNT_BYTES = 4
_EVENT_WORD_BYTES = 8
# Whether the selected trigger starts frames or lines: it decides what can be its source.
_TRIGGER_KNIVES = (
    '<IntSwissKnife Name="TriggersLines"><pVariable Name="S">TriggerSelectorReg</pVariable>'
    "<Formula>S</Formula></IntSwissKnife>"
    '<IntSwissKnife Name="TriggersFrames"><pVariable Name="S">TriggerSelectorReg</pVariable>'
    "<Formula>1 - S</Formula></IntSwissKnife>"
)


def _head(model: str, number: int) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<RegisterDescription ModelName="{model}" '
        'VendorName="EdgeInspection" StandardNameSpace="None" SchemaMajorVersion="1" SchemaMinorVersion="1" '
        'SchemaSubMinorVersion="0" MajorVersion="2" MinorVersion="0" SubMinorVersion="0" ToolTip="Simulated" '
        f'ProductGuid="6C0A5B1E-51C4-4B0B-9C57-0E5B6B4D00{number}1" '
        f'VersionGuid="6C0A5B1E-51C4-4B0B-9C57-0E5B6B4D00{number}2" '
        f'xmlns="{_NAMESPACE}">\n'
    )


def _register(feature: Feature, address: int, port: str = "Device") -> str:
    tag = {"text": "StringReg", "float": "FloatReg"}.get(feature.kind, "IntReg")
    name = feature.name if feature.kind == "text" else f"{feature.name}Reg"
    length, step, index, sign = 8, 8, f"{feature.selector}Index", "Signed"
    if feature.kind == "text":
        length = 64
    if feature.kind == "chunk" and feature.maximum:
        length, step, index, sign = _COUNT_BYTES, _COUNT_BYTES, feature.selector, "Unsigned"
    indexed = f'<pIndex Offset="{step}">{index}</pIndex>' if feature.selector else ""
    endian = "" if tag == "StringReg" else "<Endianess>LittleEndian</Endianess>"
    if tag == "IntReg":
        endian = f"<Sign>{sign}</Sign>{endian}"
    return (
        f'<{tag} Name="{name}"><Address>0x{address:X}</Address>{indexed}<Length>{length}</Length>'
        f"<AccessMode>{feature.access}</AccessMode><pPort>{port}</pPort><Cachable>NoCache</Cachable>{endian}</{tag}>"
    )


def _entries(feature: Feature) -> str:
    needs = dict(feature.entry_needs)
    return "".join(
        f'<EnumEntry Name="{entry}">'
        + (f"<pIsAvailable>{needs[entry]}</pIsAvailable>" if entry in needs else "")
        + f"<Value>{number}</Value></EnumEntry>"
        for entry, number in feature.entries
    )


def _node(feature: Feature, selected: str) -> str:
    value = f"<pValue>{feature.name}Reg</pValue>"
    lock = f"<pIsLocked>{_LOCK}</pIsLocked>" if feature.locked else ""
    limits = f"<Min>{feature.minimum}</Min><Max>{feature.maximum}</Max>" if feature.maximum else ""
    name = f'Name="{feature.name}"'
    match feature.kind:
        case "integer":
            increment = f"<Inc>{feature.step}</Inc>" if feature.step > 1 else ""
            return f"<Integer {name}>{lock}{value}{limits}{increment}</Integer>"
        case "local":
            return f"<Integer {name}><Value>0</Value>{limits}{selected}</Integer>"
        case "float":
            return f"<Float {name}>{lock}{value}{limits}<Unit>{feature.unit}</Unit></Float>"
        case "boolean":
            return f"<Boolean {name}>{lock}{value}<OnValue>1</OnValue><OffValue>0</OffValue></Boolean>"
        case "choice":
            index = f'<Integer Name="{feature.name}Index">{value}</Integer>' if selected else ""
            return f"<Enumeration {name}>{lock}{_entries(feature)}{value}{selected}</Enumeration>{index}"
        case "command":
            return f"<Command {name}>{value}<CommandValue>1</CommandValue></Command>"
        case "chunk" | "event":
            return f"<Integer {name}>{value}</Integer>"
        case _:
            return ""  # a text is its register


def _place(feature: Feature, addresses: Mapping[str, int]) -> str:
    """The feature's register, in the camera, in a chunk, or in an event's data."""
    port = f"{feature.name}Port"
    match feature.kind:
        case "chunk":
            there = f'<Port Name="{port}"><ChunkID>{CHUNK_ID_BASE + feature.place:X}</ChunkID></Port>'
            return _register(feature, 0, port) + there
        case "event":
            number, word = divmod(feature.place, 8)
            there = f'<Port Name="{port}"><EventID>{EVENT_ID_BASE + number:X}</EventID></Port>'
            return _register(feature, _EVENT_WORD_BYTES * word, port) + there
        case "local":
            return ""
        case _:
            return _register(feature, addresses[feature.name])


def device_xml(addresses: Mapping[str, int], *, area: bool) -> str:
    """The description of one camera; `addresses` by feature name."""
    categories = sections(area=area)
    features = [feature for _, members in categories for feature in members]
    root = "".join(f"<pFeature>{category}</pFeature>" for category, _ in categories)
    nodes = [f'<Category Name="Root">{root}</Category>']
    for category, members in categories:
        names = "".join(f"<pFeature>{feature.name}</pFeature>" for feature in members)
        nodes.append(f'<Category Name="{category}">{names}</Category>')
    for feature in features:
        selected = "".join(f"<pSelected>{f.name}</pSelected>" for f in features if f.selector == feature.name)
        nodes.append(_node(feature, selected) + _place(feature, addresses))
    if not area:
        nodes.append(_TRIGGER_KNIVES)
    body = "\n".join(nodes)
    model = "SimulatedAreaScan" if area else "SimulatedLineScan"
    return f'{_head(model, 2 if area else 1)}{body}\n<Port Name="Device"/>\n</RegisterDescription>\n'


def module_xml() -> str:
    """The description of the system, interface, local device and stream modules: nothing to set there."""
    return (
        f'{_head("SimulatedModule", 3)}<Category Name="Root"><pFeature>Nothing</pFeature></Category>'
        '<Integer Name="Nothing"><Value>0</Value></Integer><Port Name="Module"/>\n</RegisterDescription>\n'
    )
