"""The register map as a PLC programmer reads it: symbols with addresses, and a CSV table of them.

All of it is worked out from the schema in `registers.py`; nothing here says where a register lies. `symbol_formats.py`
and `manual.py` make from it what PLC tools import and people read.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from functools import cache

from drivers.plc.registers import (
    CONTROL_BASE,
    STATUS_BASE,
    ControlBits,
    ControlBlock,
    LineBits,
    State,
    StatusBits,
    StatusBlock,
    VerdictCode,
    crc16_modbus,
)
from drivers.plc.words import Block, rows

_COLUMNS = ("Name", "Label", "Address", "HoldingRegister", "DataType", "Bit", "Access", "Comment")
_HOLDING_REFERENCE = 400_001
"""Six-digit reference of protocol address 0 in the notation of most PLC tools."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One register (or pair) of the whole map with its address; `values` names bits or codes by number."""

    label: str
    name: str
    address: int
    words: int
    writer: str
    meaning: str
    values: tuple[tuple[int, str], ...] = ()


def _bit_names(flags: type[IntFlag]) -> tuple[tuple[int, str], ...]:
    return tuple((flag.value.bit_length() - 1, str(flag.name)) for flag in flags)


_CODES: dict[str, tuple[tuple[int, str], ...]] = {
    "ControlBits": _bit_names(ControlBits),
    "LineBits": _bit_names(LineBits),
    "StatusBits": _bit_names(StatusBits),
    "State": tuple((code.value, code.name) for code in State),
    "Verdict": tuple((code.value, code.name) for code in VerdictCode),
}


def _symbols_of(block: type[Block], base: int, prefix: str, writer: str) -> Iterator[Symbol]:
    for row in rows(block):
        if row.kind == "block":
            yield from _symbols_of(row.value_type, base + row.offset, "R", writer)
        else:
            last = f"-{row.offset + row.words - 1}" if row.words > 1 else ""
            yield Symbol(
                label=f"{prefix}{row.offset}{last}",
                name=row.symbol,
                address=base + row.offset,
                words=row.words,
                writer=writer,
                meaning=row.meaning,
                values=_CODES.get(row.symbol, ()),
            )


@cache
def symbols() -> tuple[Symbol, ...]:
    """Every register of the map in order of address."""
    return (
        *_symbols_of(ControlBlock, CONTROL_BASE, "C", "PLC"),
        *_symbols_of(StatusBlock, STATUS_BASE, "S", "station"),
    )


def _fingerprint() -> int:
    layout = "\n".join(f"{s.name}@{s.address}x{s.words}{s.values}" for s in symbols())
    return crc16_modbus(layout.encode())


LAYOUT_VERSION = _fingerprint()
"""Value of S36, worked out from the schema itself, so that no change of layout can keep the old number."""


def _data_type(symbol: Symbol) -> str:
    if symbol.words == 2:
        return "UDINT"
    return "WORD" if symbol.name.endswith("Bits") else "UINT"


def symbol_table_csv() -> str:
    """The map as CSV: a line a register, a line a bit of it; zero-based addresses, u32 high word first."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(_COLUMNS)
    for symbol in symbols():
        reference = _HOLDING_REFERENCE + symbol.address
        access = "write" if symbol.writer == "PLC" else "read"
        comment = symbol.meaning if symbol.name != "LayoutVersion" else f"{symbol.meaning}; now {LAYOUT_VERSION}"
        table.writerow((symbol.name, symbol.label, symbol.address, reference, _data_type(symbol), "", access, comment))
        if symbol.name.endswith("Bits"):
            for bit, name in symbol.values:
                bit_name = "".join(part.capitalize() for part in name.split("_"))
                table.writerow((bit_name, f"{symbol.label}.{bit}", symbol.address, reference, "BOOL", bit, access, ""))
    return out.getvalue()
