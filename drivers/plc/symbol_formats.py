"""The register map in the files that PLC tools import: structured text, Kepware tags, Rockwell tags.

All of it is worked out from `symbols.py`; nothing here says where a register lies. A value of two registers is never
left to the tool's own idea of word order or alignment: where the format has no high-word-first type, it becomes two.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from drivers.plc.registers import (
    CONTROL_BASE,
    CONTROL_WORDS,
    NO_ENCODER,
    RESULT_OFFSET,
    RESULT_WORDS,
    STATUS_BASE,
    STATUS_WORDS,
)
from drivers.plc.symbols import LAYOUT_VERSION, Symbol, symbols

_KEPWARE_COLUMNS = (
    "Tag Name", "Address", "Data Type", "Respect Data Type", "Client Access", "Scan Rate", "Scaling", "Raw Low",
    "Raw High", "Scaled Low", "Scaled High", "Scaled Data Type", "Clamp Low", "Clamp High", "Eng Units", "Description",
    "Negate Value",
)  # fmt: skip
_SCAN_RATE_MS = 100
_ROCKWELL_COLUMNS = ("TYPE", "SCOPE", "NAME", "DESCRIPTION", "DATATYPE", "SPECIFIER", "ATTRIBUTES")
_ROCKWELL_TAG = "(RADIX := Decimal, Constant := false, ExternalAccess := Read/Write)"
_ROCKWELL_ALIAS = "(RADIX := Decimal, ExternalAccess := Read/Write)"
_BLOCKS = (
    ("ST_StationControl", "StationControl", "PLC to station", CONTROL_BASE, CONTROL_WORDS),
    ("ST_StationResult", "", "inside the status block", STATUS_BASE + RESULT_OFFSET, RESULT_WORDS),
    ("ST_StationStatus", "StationStatus", "station to PLC", STATUS_BASE, STATUS_WORDS),
)
_RESULT_TYPE, _RESULT_FIELD = "ST_StationResult", "Result"


def bit_symbol(name: str) -> str:
    """RESULTS_VALID as a PLC programmer writes it: ResultsValid."""
    return "".join(part.capitalize() for part in name.split("_"))


def _words(base: int, count: int) -> Iterator[tuple[int, str, str]]:
    """Each register from `base`: address, name, meaning; two-register values as High and Low, gaps as Reserved."""
    named: dict[int, tuple[str, str]] = {}
    for symbol in symbols():
        if symbol.words == 1:
            named[symbol.address] = (symbol.name, symbol.meaning)
        else:
            named[symbol.address] = (f"{symbol.name}High", f"{symbol.meaning}; upper 16 bits")
            named[symbol.address + 1] = (f"{symbol.name}Low", "lower 16 bits")
    for address in range(base, base + count):
        name, meaning = named.get(address, (f"Reserved{address}", "0"))
        yield address, name, meaning


def _structure(name: str, about: str, base: int, count: int) -> Iterator[str]:
    yield f"(* {about}: holding registers {base}..{base + count - 1} *)"
    yield f"TYPE {name} :"
    yield "STRUCT"
    result = STATUS_BASE + RESULT_OFFSET
    for address, field, meaning in _words(base, count):
        if name != _RESULT_TYPE and result <= address < result + RESULT_WORDS:
            if address == result:
                yield f"    {_RESULT_FIELD} : {_RESULT_TYPE}; (* {address}: verdict of one part *)"
            continue
        yield f"    {field} : WORD; (* {address}: {meaning} *)"
    yield "END_STRUCT"
    yield "END_TYPE"
    yield ""


def _constants() -> Iterator[str]:
    yield "VAR_GLOBAL CONSTANT"
    yield f"    STATION_LAYOUT_VERSION : WORD := {LAYOUT_VERSION}; (* compare with LayoutVersion *)"
    yield f"    STATION_CONTROL_ADDRESS : UINT := {CONTROL_BASE}; (* first holding register, counted from 0 *)"
    yield f"    STATION_CONTROL_WORDS : UINT := {CONTROL_WORDS};"
    yield f"    STATION_STATUS_ADDRESS : UINT := {STATUS_BASE};"
    yield f"    STATION_STATUS_WORDS : UINT := {STATUS_WORDS};"
    yield f"    STATION_NO_ENCODER : UDINT := 16#{NO_ENCODER:08X}; (* there is no count *)"
    for symbol in symbols():
        bits = symbol.name.endswith("Bits")
        for number, name in symbol.values:
            prefix = symbol.name.removesuffix("Bits").upper()
            value = 1 << number if bits else number
            comment = f" (* {symbol.name}.{number} *)" if bits else ""
            yield f"    {prefix}_{name} : WORD := 16#{value:04X};{comment}"
    yield "END_VAR"
    yield ""


def _joining() -> Iterator[str]:
    yield "(* One count from its two registers. *)"
    yield "FUNCTION F_StationU32 : UDINT"
    yield "VAR_INPUT"
    yield "    High, Low : WORD;"
    yield "END_VAR"
    yield "F_StationU32 := WORD_TO_UDINT(High) * 65536 + WORD_TO_UDINT(Low);"
    yield "END_FUNCTION"


def register_map_st() -> str:
    """IEC 61131-3 structured text: the blocks as structures of single registers, constants for all codes.

    Structures of WORD alone lie in memory as they lie in the registers, whatever the controller's alignment and word
    order; `F_StationU32` joins the two halves of a count.
    """
    lines = [
        f"(* Register map of the inspection station, layout version {LAYOUT_VERSION}. Generated: do not edit. *)",
        "",
    ]
    for name, _, about, base, count in _BLOCKS:
        lines += _structure(name, about, base, count)
    return "\n".join([*lines, *_constants(), *_joining()]) + "\n"


def _kepware_row(symbol: Symbol, name: str, address: str, data_type: str, meaning: str) -> tuple[str, ...]:
    access = "R/W" if symbol.writer == "PLC" else "RO"
    return (name, address, data_type, "1", access, str(_SCAN_RATE_MS), *("",) * 9, meaning, "")


def kepware_csv() -> str:
    """Tags for the Modbus TCP/IP driver of Kepware and of tools that read its files; switch "First Word Low" off."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(_KEPWARE_COLUMNS)
    for symbol in symbols():
        reference = str(400_001 + symbol.address)
        data_type = "DWord" if symbol.words == 2 else "Word"
        table.writerow(_kepware_row(symbol, symbol.name, reference, data_type, symbol.meaning))
        if symbol.name.endswith("Bits"):
            for bit, name in symbol.values:
                address = f"{reference}.{bit:02d}"
                table.writerow(_kepware_row(symbol, f"{symbol.name}_{bit_symbol(name)}", address, "Boolean", ""))
    return out.getvalue()


def rockwell_csv() -> str:
    """Controller tags for Studio 5000 (Tools, Import): the blocks as INT arrays, an alias for each register and bit.

    INT is signed there, so that codes from 16#8000 on read as negative; PASS is not among them.
    """
    out = io.StringIO()
    for line in ('remark,"CSV-Import-Export"', f'remark,"Register map, layout version {LAYOUT_VERSION}"', "0.3"):
        out.write(f"{line}\r\n")
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(_ROCKWELL_COLUMNS)
    bits = {symbol.address: symbol.values for symbol in symbols() if symbol.name.endswith("Bits")}
    for _, array, about, base, count in _BLOCKS:
        if not array:
            continue
        table.writerow(("TAG", "", array, f"{about}, registers {base}..", f"INT[{count}]", "", _ROCKWELL_TAG))
        for address, field, meaning in _words(base, count):
            if field.startswith("Reserved"):
                continue
            place = f"{array}[{address - base}]"
            table.writerow(("ALIAS", "", f"Stn_{field}", meaning, "", place, _ROCKWELL_ALIAS))
            for bit, name in bits.get(address, ()):
                alias = f"Stn_{field}_{bit_symbol(name)}"
                table.writerow(("ALIAS", "", alias, "", "", f"{place}.{bit}", _ROCKWELL_ALIAS))
    return out.getvalue()
