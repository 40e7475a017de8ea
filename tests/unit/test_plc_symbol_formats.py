"""What PLC tools import says what the schema says: each file is read back as its tool would, and compared."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from drivers.plc.manual import register_map_markdown
from drivers.plc.messages import PlcFault
from drivers.plc.registers import (
    CONTROL_BASE,
    CONTROL_WORDS,
    RESULT_OFFSET,
    RESULT_WORDS,
    STATUS_BASE,
    STATUS_WORDS,
    ControlBits,
    LineBits,
    State,
    StatusBits,
    VerdictCode,
)
from drivers.plc.symbol_formats import bit_symbol, kepware_csv, register_map_st, rockwell_csv
from drivers.plc.symbols import LAYOUT_VERSION, symbol_table_csv, symbols

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "plc"
FLAGS = {"ControlBits": ControlBits, "LineBits": LineBits, "StatusBits": StatusBits}
BASES = {
    "ST_StationControl": CONTROL_BASE,
    "ST_StationStatus": STATUS_BASE,
    "ST_StationResult": STATUS_BASE + RESULT_OFFSET,
}


def structures(text: str) -> dict[str, list[tuple[str, str]]]:
    """Structure name -> its fields with their types."""
    found = re.findall(r"TYPE (\w+) :\nSTRUCT\n(.*?)END_STRUCT", text, re.DOTALL)
    return {name: re.findall(r"^    (\w+) : (\w+);", body, re.MULTILINE) for name, body in found}


def laid_out(text: str) -> dict[str, int]:
    """Field -> register address, counted as a controller lays out a structure of single registers."""
    types, places = structures(text), dict[str, int]()
    sizes = {name: len(fields) for name, fields in types.items()}
    for name, base in BASES.items():
        address = base
        for field, kind in types[name]:
            places[field] = address
            address += 1 if kind == "WORD" else sizes[kind]
    return places


def constants(text: str) -> dict[str, int]:
    found = re.findall(r"^    (\w+) : \w+ := (16#)?([0-9A-F]+);", text, re.MULTILINE)
    return {name: int(digits, 16 if hexadecimal else 10) for name, hexadecimal, digits in found}


def test_structures_of_structured_text_lie_as_the_registers_do():
    text = register_map_st()
    places = laid_out(text)
    for symbol in symbols():
        if symbol.words == 1:
            assert places[symbol.name] == symbol.address
        else:
            assert (places[f"{symbol.name}High"], places[f"{symbol.name}Low"]) == (symbol.address, symbol.address + 1)
    fields = structures(text)
    status_words = sum(RESULT_WORDS if kind == "ST_StationResult" else 1 for _, kind in fields["ST_StationStatus"])
    assert (len(fields["ST_StationControl"]), len(fields["ST_StationResult"]), status_words) == (
        CONTROL_WORDS,
        RESULT_WORDS,
        STATUS_WORDS,
    )


def test_constants_of_structured_text_are_the_codes():
    named = constants(register_map_st())
    assert (named["STATION_CONTROL_ADDRESS"], named["STATION_CONTROL_WORDS"]) == (CONTROL_BASE, CONTROL_WORDS)
    assert (named["STATION_STATUS_ADDRESS"], named["STATION_STATUS_WORDS"]) == (STATUS_BASE, STATUS_WORDS)
    assert named["STATION_LAYOUT_VERSION"] == LAYOUT_VERSION
    for word, flags in FLAGS.items():
        for flag in flags:
            assert named[f"{word.removesuffix('Bits').upper()}_{flag.name}"] == flag.value
    assert {code: named[f"VERDICT_{code.name}"] for code in VerdictCode} == {code: code.value for code in VerdictCode}
    assert {code: named[f"STATE_{code.name}"] for code in State} == {code: code.value for code in State}


def test_no_comment_of_structured_text_ends_early():
    text = register_map_st()
    assert text.count("(*") == text.count("*)")
    assert not any(line.count("(*") > 1 for line in text.splitlines())


def test_kepware_tags_have_the_addresses_widths_and_rights_of_the_schema():
    rows = {row["Tag Name"]: row for row in csv.DictReader(io.StringIO(kepware_csv()))}
    for symbol in symbols():
        row = rows[symbol.name]
        assert int(row["Address"]) - 400_001 == symbol.address
        assert {"Word": 1, "DWord": 2}[row["Data Type"]] == symbol.words
        assert row["Client Access"] == ("R/W" if symbol.writer == "PLC" else "RO")
        assert row["Description"] == symbol.meaning
    bits = {name: row["Address"] for name, row in rows.items() if row["Data Type"] == "Boolean"}
    where = {symbol.name: symbol.address for symbol in symbols()}
    assert bits == {
        f"{word}_{bit_symbol(flag.name or '')}": f"{400_001 + where[word]}.{flag.value.bit_length() - 1:02d}"
        for word, flags in FLAGS.items()
        for flag in flags
    }


def test_rockwell_tags_point_at_the_registers_of_the_schema():
    lines = rockwell_csv().split("\r\n")
    assert lines[0] == 'remark,"CSV-Import-Export"'
    assert "0.3" in lines[:5]
    start = next(i for i, line in enumerate(lines) if line.startswith("TYPE,"))
    rows = list(csv.DictReader(io.StringIO("\r\n".join(lines[start:]))))
    arrays = {row["NAME"]: row["DATATYPE"] for row in rows if row["TYPE"] == "TAG"}
    assert arrays == {"StationControl": f"INT[{CONTROL_WORDS}]", "StationStatus": f"INT[{STATUS_WORDS}]"}
    bases = {"StationControl": CONTROL_BASE, "StationStatus": STATUS_BASE}
    places: dict[str, tuple[int, str]] = {}
    for row in rows:
        if row["TYPE"] == "ALIAS":
            array, index, bit = re.fullmatch(r"(\w+)\[(\d+)\](?:\.(\d+))?", row["SPECIFIER"]).groups()  # type: ignore[union-attr]
            places[row["NAME"]] = (bases[array] + int(index), bit)
    assert len(places) == sum(row["TYPE"] == "ALIAS" for row in rows)
    for symbol in symbols():
        if symbol.words == 1:
            assert places[f"Stn_{symbol.name}"] == (symbol.address, None)
        else:
            assert places[f"Stn_{symbol.name}High"] == (symbol.address, None)
            assert places[f"Stn_{symbol.name}Low"] == (symbol.address + 1, None)
        if symbol.name in FLAGS:
            for flag in FLAGS[symbol.name]:
                alias = f"Stn_{symbol.name}_{bit_symbol(flag.name or '')}"
                assert places[alias] == (symbol.address, str(flag.value.bit_length() - 1))
    assert all(len(name) <= 40 for name in places), "Studio 5000 takes 40 characters"


def test_the_manual_page_names_every_symbol_the_pass_code_and_what_the_other_side_must_do():
    page = register_map_markdown()
    assert all(f"| {s.name} |" in page for s in symbols())
    assert "0x5A5A PASS" in page
    assert f"Layout version {LAYOUT_VERSION}." in page
    assert "Verdict is 16#5A5A and NotVerdict is 16#A5A5" in page
    assert f"fault {PlcFault.COUNTERS_DIFFER.value}" in page
    assert "high word first" in page
    assert "{" not in page


@pytest.mark.parametrize(
    ("name", "generate"),
    [
        ("register-map.csv", symbol_table_csv),
        ("register-map.md", register_map_markdown),
        ("station_types.st", register_map_st),
    ],
)
def test_the_shipped_page_is_the_one_that_the_code_makes(name: str, generate: object):
    shipped = (SHIPPED / name).read_bytes().decode()
    assert callable(generate)
    assert shipped == generate(), f"deploy/plc/{name} is old: make it anew with 'station plc map'"


def test_the_example_block_uses_only_names_that_the_imported_types_define():
    example = re.sub(r"\(\*.*?\*\)", "", (SHIPPED / "example_handshake.st").read_text(), flags=re.DOTALL)
    named = constants(register_map_st())
    used = set(re.findall(r"\b(?:CONTROL|STATUS|LINE|VERDICT|STATION|STATE)_[A-Z_]+\b", example))
    assert used >= {"VERDICT_PASS", "CONTROL_TRIGGER", "STATION_LAYOUT_VERSION", "LINE_COUNTERS_VALID"}
    assert used <= set(named)
    fields = {name: dict(rows) for name, rows in structures(register_map_st()).items()}
    for owner, type_name in (("Control", "Control"), ("Status", "Status"), ("Result", "Result")):
        asked = set(re.findall(rf"(?<!\.)\b{owner}\.(\w+)", example))
        assert asked
        assert asked <= set(fields[f"ST_Station{type_name}"]), owner


@pytest.mark.parametrize("word", ["IF", "FOR", "CASE", "FUNCTION", "FUNCTION_BLOCK"])
def test_the_blocks_of_the_example_are_closed(word: str):
    example = re.sub(r"\(\*.*?\*\)", "", (SHIPPED / "example_handshake.st").read_text(), flags=re.DOTALL)
    assert len(re.findall(rf"(?<!_)\b{word}\b", example)) == len(re.findall(rf"\bEND_{word}\b", example)) > 0
