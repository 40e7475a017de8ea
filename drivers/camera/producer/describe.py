"""The simulated camera's features: one table that becomes its GenApi XML and its register map in C.

Every register is 8 bytes (texts 64), so the C side reads an address as one integer or one double. Names and
meanings are SFNC 2.7. It must not know how the camera behaves: that is the C files' part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

REGISTER_BYTES = 8
TEXT_BYTES = 64
CHUNK_ID_BASE = 0x1001
LOCK = "TLParamsLocked"
_NAMESPACE = "http://www.genicam.org/GenApi/Version_1_1"


@dataclass(frozen=True, slots=True)
class Feature:
    """One SFNC feature. `selects` counts the registers behind it: one for each entry of its selector."""

    name: str
    kind: str  # text, integer, float, boolean, choice, command, chunk
    default: int | float = 0
    access: str = "RW"
    minimum: float = 0
    maximum: float = 0
    step: int = 1
    unit: str = ""
    entries: tuple[tuple[str, int], ...] = ()
    selector: str = ""
    registers: int = 1
    locked: bool = False  # while the stream runs


def _number(name: str, default: int, low: int, high: int, step: int = 1, *, locked: bool = False) -> Feature:
    return Feature(name, "integer", default, minimum=low, maximum=high, step=step, locked=locked)


def _constant(name: str, value: int) -> Feature:
    return Feature(name, "integer", value, "RO", maximum=2**31)


def _float(name: str, default: float, low: float, high: float, unit: str) -> Feature:
    return Feature(name, "float", default, minimum=low, maximum=high, unit=unit)


def _choice(name: str, default: int, *entries: str, selector: str = "", locked: bool = False) -> Feature:
    numbered = tuple((entry, number) for number, entry in enumerate(entries))
    return Feature(
        name,
        "choice",
        default,
        entries=numbered,
        selector=selector,
        registers=2 if selector else 1,
        locked=locked,
    )


FEATURES: tuple[Feature, ...] = (
    Feature("DeviceVendorName", "text", access="RO"),
    Feature("DeviceModelName", "text", access="RO"),
    Feature("DeviceVersion", "text", access="RO"),
    Feature("DeviceSerialNumber", "text", access="RO"),
    Feature("DeviceUserID", "text"),
    Feature("DeviceScanType", "choice", 1, "RO", entries=(("Areascan", 0), ("Linescan", 1))),
    _constant("SensorWidth", 16384),
    _constant("SensorHeight", 1),
    _constant("WidthMax", 16384),
    _constant("HeightMax", 65536),
    _number("Width", 4096, 16, 16384, 8, locked=True),
    _number("Height", 1024, 1, 65536, locked=True),
    _number("OffsetX", 0, 0, 16368, locked=True),
    Feature("PixelFormat", "choice", 0x01080001, entries=(("Mono8", 0x01080001),), locked=True),
    Feature("PayloadSize", "integer", 0, "RO", maximum=2**40),
    Feature("TLParamsLocked", "integer", 0, minimum=0, maximum=1),
    _choice("AcquisitionMode", 0, "Continuous"),
    Feature("AcquisitionStart", "command"),
    Feature("AcquisitionStop", "command"),
    _float("AcquisitionLineRate", 10_000.0, 1.0, 200_000.0, "Hz"),
    _float("ExposureTime", 15.0, 1.0, 100_000.0, "us"),
    _float("Gain", 0.0, 0.0, 24.0, "dB"),
    _choice("TriggerSelector", 0, "FrameStart", "LineStart"),
    _choice("TriggerMode", 0, "Off", "On", selector="TriggerSelector", locked=True),
    _choice("TriggerSource", 0, "Software", "Line1", "Encoder0", selector="TriggerSelector", locked=True),
    _choice("TriggerActivation", 0, "RisingEdge", selector="TriggerSelector", locked=True),
    Feature("TriggerSoftware", "command"),
    _choice("EncoderSelector", 0, "Encoder0"),
    _choice("EncoderSourceA", 0, "Off", "Line2"),
    _choice("EncoderSourceB", 0, "Off", "Line3"),
    _choice("EncoderMode", 0, "FourPhase", "HighResolution"),
    _choice("EncoderOutputMode", 1, "Off", "Motion"),
    _number("EncoderDivider", 1, 1, 65536, locked=True),
    Feature("EncoderValue", "integer", 0, "RO"),
    Feature("Timestamp", "integer", 0, "RO"),
    Feature("ChunkModeActive", "boolean", 0, locked=True),
    _choice("ChunkSelector", 0, "FrameID", "Timestamp", "EncoderValue"),
    Feature("ChunkEnable", "boolean", 0, selector="ChunkSelector", registers=3, locked=True),
    Feature("ChunkFrameID", "chunk"),
    Feature("ChunkTimestamp", "chunk"),
    Feature("ChunkEncoderValue", "chunk"),
)
CHUNKS = tuple(feature for feature in FEATURES if feature.kind == "chunk")


def addressed() -> Iterator[tuple[Feature, int]]:
    """Every feature that has registers in the device, with the address of its first."""
    address = 0
    for feature in FEATURES:
        if feature.kind == "chunk":
            continue
        yield feature, address
        address += TEXT_BYTES if feature.kind == "text" else REGISTER_BYTES * feature.registers


def c_name(name: str) -> str:
    """DeviceUserID -> DEVICE_USER_ID."""
    parts: list[str] = []
    for index, letter in enumerate(name):
        before, after = name[index - 1 : index], name[index + 1 : index + 2]
        if letter.isupper() and before and (before.islower() or (before.isupper() and after.islower())):
            parts.append("_")
        parts.append(letter.upper())
    return "".join(parts)


def registers_header() -> str:
    """The C header: addresses, entry values, what each register holds after power-up, the XML's place."""
    lines = ["#ifndef SIMCAM_REGISTERS_H", "#define SIMCAM_REGISTERS_H", "#include <stdint.h>", "enum {"]
    defaults: list[str] = []
    end = 0
    for feature, address in addressed():
        name = c_name(feature.name)
        lines.append(f"    REG_{name} = 0x{address:X},")
        lines += [f"    {name}_{c_name(entry)} = 0x{value:X}," for entry, value in feature.entries]
        end = address + (TEXT_BYTES if feature.kind == "text" else REGISTER_BYTES * feature.registers)
        if feature.kind == "text":
            continue
        field = ".real" if feature.kind == "float" else ".whole"
        defaults += [
            f"    {{0x{address + REGISTER_BYTES * number:X}, {int(feature.access == 'RW')}, "
            f"{{{field} = {feature.default}}}}}, \\"
            for number in range(feature.registers)
        ]
    lines += [f"    REG_END = 0x{end:X},"]
    lines += [f"    {c_name(chunk.name)}_ID = 0x{CHUNK_ID_BASE + n:X}," for n, chunk in enumerate(CHUNKS)]
    lines += ["};", f"#define CHUNK_COUNT {len(CHUNKS)}", "#define REGISTER_DEFAULTS { \\", *defaults, "}"]
    lines += ["extern const char simcam_xml[], simcam_module_xml[];"]
    lines += ["extern const unsigned simcam_xml_bytes, simcam_module_xml_bytes;", "#endif", ""]
    return "\n".join(lines)


def _head(model: str) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<RegisterDescription ModelName="{model}" '
        'VendorName="EdgeInspection" StandardNameSpace="None" SchemaMajorVersion="1" SchemaMinorVersion="1" '
        'SchemaSubMinorVersion="0" MajorVersion="1" MinorVersion="0" SubMinorVersion="0" ToolTip="Simulated" '
        'ProductGuid="6C0A5B1E-51C4-4B0B-9C57-0E5B6B4D0001" '
        'VersionGuid="6C0A5B1E-51C4-4B0B-9C57-0E5B6B4D0002" '
        f'xmlns="{_NAMESPACE}">\n'
    )


def _register(feature: Feature, address: int, port: str = "Device") -> str:
    tag = {"text": "StringReg", "float": "FloatReg"}.get(feature.kind, "IntReg")
    name = feature.name if feature.kind == "text" else f"{feature.name}Reg"
    length = TEXT_BYTES if feature.kind == "text" else REGISTER_BYTES
    access = "RO" if feature.kind == "chunk" else feature.access
    index = f'<pIndex Offset="{REGISTER_BYTES}">{feature.selector}Index</pIndex>' if feature.selector else ""
    ending = {"StringReg": "", "FloatReg": "<Endianess>LittleEndian</Endianess>"}.get(
        tag, "<Sign>Signed</Sign><Endianess>LittleEndian</Endianess>"
    )
    return (
        f'<{tag} Name="{name}"><Address>0x{address:X}</Address>{index}<Length>{length}</Length>'
        f"<AccessMode>{access}</AccessMode><pPort>{port}</pPort><Cachable>NoCache</Cachable>{ending}</{tag}>"
    )


def _node(feature: Feature) -> str:
    value = f"<pValue>{feature.name}Reg</pValue>"
    lock = f"<pIsLocked>{LOCK}</pIsLocked>" if feature.locked else ""
    limits = f"<Min>{feature.minimum}</Min><Max>{feature.maximum}</Max>" if feature.maximum else ""
    selected = "".join(f"<pSelected>{f.name}</pSelected>" for f in FEATURES if f.selector == feature.name)
    name = f'Name="{feature.name}"'
    if feature.kind == "integer":
        increment = f"<Inc>{feature.step}</Inc>" if feature.step > 1 else ""
        return f"<Integer {name}>{lock}{value}{limits}{increment}</Integer>"
    if feature.kind == "float":
        return f"<Float {name}>{lock}{value}{limits}<Unit>{feature.unit}</Unit></Float>"
    if feature.kind == "boolean":
        return f"<Boolean {name}>{lock}{value}<OnValue>1</OnValue><OffValue>0</OffValue></Boolean>"
    if feature.kind == "choice":
        entries = "".join(
            f'<EnumEntry Name="{entry}"><Value>{number}</Value></EnumEntry>' for entry, number in feature.entries
        )
        index = f'<Integer Name="{feature.name}Index">{value}</Integer>' if selected else ""
        return f"<Enumeration {name}>{lock}{entries}{value}{selected}</Enumeration>{index}"
    if feature.kind == "command":
        return f"<Command {name}>{value}<CommandValue>1</CommandValue></Command>"
    if feature.kind == "chunk":
        return f"<Integer {name}>{value}</Integer>"
    return ""


def device_xml() -> str:
    """The GenApi description of the camera."""
    names = "".join(f"<pFeature>{feature.name}</pFeature>" for feature in FEATURES)
    nodes = [_node(feature) + _register(feature, address) for feature, address in addressed()]
    for number, chunk in enumerate(CHUNKS):
        port = f'<Port Name="{chunk.name}Port"><ChunkID>{CHUNK_ID_BASE + number:X}</ChunkID></Port>'
        nodes.append(_node(chunk) + _register(chunk, 0, f"{chunk.name}Port") + port)
    body = "\n".join(node for node in nodes if node)
    return (
        f'{_head("SimulatedLineScan")}<Category Name="Root">{names}</Category>\n{body}\n'
        '<Port Name="Device"/>\n</RegisterDescription>\n'
    )


def module_xml() -> str:
    """The description of the system, interface, local device and stream modules: nothing to set there."""
    return (
        f'{_head("SimulatedModule")}<Category Name="Root"><pFeature>Nothing</pFeature></Category>'
        '<Integer Name="Nothing"><Value>0</Value></Integer><Port Name="Module"/>\n</RegisterDescription>\n'
    )


def xml_source() -> str:
    """Both descriptions as C arrays."""
    parts = ['#include "registers.h"']
    for name, text in (("simcam_xml", device_xml()), ("simcam_module_xml", module_xml())):
        octets = text.encode()
        parts.append(f"const char {name}[] = {{{','.join(map(str, octets))}}};")
        parts.append(f"const unsigned {name}_bytes = {len(octets)};")
    return "\n".join(parts) + "\n"
