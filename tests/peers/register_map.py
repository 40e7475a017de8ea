"""The register map as plain numbers for programs in other languages: a C header and a JSON object, from the schema."""

from __future__ import annotations

import json

from drivers.plc.registers import CONTROL_BASE, CONTROL_WORDS, RESULT_WORDS, STATUS_BASE, STATUS_WORDS
from drivers.plc.symbols import symbols

UNIT_ID = 1
ENCODER_BASE = 0x1_0000
"""A PLC program triggers part n at encoder count ENCODER_BASE + n, so that both words of a pair count."""


def numbers() -> dict[str, int]:
    """Addresses as REG_Name, bit masks as BIT_Register_NAME, codes as CODE_Register_NAME, and the blocks' places."""
    found = {
        "UNIT_ID": UNIT_ID,
        "ENCODER_BASE": ENCODER_BASE,
        "CONTROL_BASE": CONTROL_BASE,
        "CONTROL_WORDS": CONTROL_WORDS,
        "STATUS_BASE": STATUS_BASE,
        "STATUS_WORDS": STATUS_WORDS,
        "RESULT_WORDS": RESULT_WORDS,
    }
    for symbol in symbols():
        found[f"REG_{symbol.name}"] = symbol.address
        bits = symbol.name.endswith("Bits")
        for value, name in symbol.values:
            found[f"{'BIT' if bits else 'CODE'}_{symbol.name}_{name}"] = 1 << value if bits else value
    return found


def as_json() -> str:
    return json.dumps(numbers())


def as_header() -> str:
    return "".join(f"#define {name} {value}\n" for name, value in numbers().items())
