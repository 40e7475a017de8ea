"""From the tables of features: the register map in C, and the place of every register. `describe_xml` makes the XML.

Addresses are given once for both cameras, so that the C side knows one map.
"""

from __future__ import annotations

from collections.abc import Iterator

from drivers.camera.producer.describe_xml import device_xml, module_xml
from drivers.camera.producer.feature_table import (
    AREA_FEATURES,
    CHUNK_ID_BASE,
    CHUNKS,
    EVENT_ID_BASE,
    EVENTS,
    LINE_FEATURES,
    Feature,
)

REGISTER_BYTES = 8
TEXT_BYTES = 64
_WITHOUT_REGISTER = ("chunk", "event", "local")


def addressed() -> Iterator[tuple[Feature, int]]:
    """Every feature that has registers in one of the cameras, with the address of its first."""
    address = 0
    line_names = {feature.name for feature in LINE_FEATURES}
    for feature in (*LINE_FEATURES, *(f for f in AREA_FEATURES if f.name not in line_names)):
        if feature.kind in _WITHOUT_REGISTER:
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


def _defaults(name: str, features: tuple[Feature, ...], places: dict[str, int]) -> Iterator[str]:
    """One camera's registers after power-up; a feature that it has not is not among them and cannot be written."""
    yield f"#define {name} {{ \\"
    for feature in features:
        if feature.kind in (*_WITHOUT_REGISTER, "text"):
            continue
        field = ".real" if feature.kind == "float" else ".whole"
        access = "ACCESS_READ" if feature.access == "RO" else "ACCESS_LOCKED" if feature.locked else "ACCESS_WRITE"
        for number in range(feature.registers):
            value = feature.defaults[number] if feature.defaults else feature.default
            address = places[feature.name] + REGISTER_BYTES * number
            yield f"    {{0x{address:X}, {access}, {{{field} = {value}}}}}, \\"
    yield "}"


def registers_header() -> str:
    """The C header: addresses, entry values, what each register holds after power-up, where the XML is."""
    lines = ["#ifndef SIMCAM_REGISTERS_H", "#define SIMCAM_REGISTERS_H", "#include <stdint.h>", "enum {"]
    end = 0
    places: dict[str, int] = {}
    for feature, address in addressed():
        name = c_name(feature.name)
        places[feature.name] = address
        lines.append(f"    REG_{name} = 0x{address:X},")
        lines += [f"    {name}_{c_name(entry)} = 0x{value:X}," for entry, value in feature.entries]
        end = address + (TEXT_BYTES if feature.kind == "text" else REGISTER_BYTES * feature.registers)
    lines += [f"    REG_END = 0x{end:X},"]
    lines += [f"    {c_name(chunk.name)} = {n}," for n, chunk in enumerate(CHUNKS)]
    lines += [f"    EVENT_{c_name(event)} = {n}," for n, event in enumerate(EVENTS)]
    lines += [f"    CHUNK_ID_BASE = 0x{CHUNK_ID_BASE:X},", f"    EVENT_ID_BASE = 0x{EVENT_ID_BASE:X},", "};"]
    lines += [f"#define CHUNK_COUNT {len(CHUNKS)}"]
    lines += [*_defaults("LINE_DEFAULTS", LINE_FEATURES, places), *_defaults("AREA_DEFAULTS", AREA_FEATURES, places)]
    lines += ["extern const char simcam_line_xml[], simcam_area_xml[], simcam_module_xml[];"]
    lines += ["extern const unsigned simcam_line_xml_bytes, simcam_area_xml_bytes, simcam_module_xml_bytes;"]
    return "\n".join([*lines, "#endif", ""])


def xml_source() -> str:
    """The three descriptions as C arrays."""
    places = {feature.name: address for feature, address in addressed()}
    parts = ['#include "registers.h"']
    for name, text in (
        ("simcam_line_xml", device_xml(places, area=False)),
        ("simcam_area_xml", device_xml(places, area=True)),
        ("simcam_module_xml", module_xml()),
    ):
        octets = text.encode()
        parts.append(f"const char {name}[] = {{{','.join(map(str, octets))}}};")
        parts.append(f"const unsigned {name}_bytes = {len(octets)};")
    return "\n".join(parts) + "\n"
