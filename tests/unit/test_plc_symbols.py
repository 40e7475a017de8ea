"""The symbol table and the manual's page say what the code does, because they are made from it."""

import csv
import io

from drivers.plc.registers import (
    CONTROL_BASE,
    CONTROL_WORDS,
    STATUS_BASE,
    STATUS_WORDS,
    ControlBits,
    LineBits,
    StatusBits,
)
from drivers.plc.symbols import LAYOUT_VERSION, symbol_table_csv, symbols


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(symbol_table_csv())))


def test_no_two_symbols_share_a_register_or_a_name():
    taken = [address + i for s in symbols() for address, i in ((s.address, i) for i in range(s.words))]
    assert len(taken) == len(set(taken))
    names = [row["Name"] for row in rows()]
    assert len(names) == len(set(names))


def test_all_symbols_lie_inside_the_two_blocks():
    for symbol in symbols():
        base, words = (CONTROL_BASE, CONTROL_WORDS) if symbol.writer == "PLC" else (STATUS_BASE, STATUS_WORDS)
        assert base <= symbol.address <= symbol.address + symbol.words <= base + words


def test_labels_and_addresses_are_those_of_the_plc_manual():
    where = {s.name: (s.label, s.address) for s in symbols()}
    assert where["PlcEncoder"] == ("C4-5", 4)
    assert where["EncoderNow"] == ("C6-7", 6)
    assert where["PlcRejected"] == ("C15-16", 15)
    assert where["AcqSeq"] == ("S8", 108)
    assert where["ResultSeq"] == ("R0", 110)
    assert where["Crc"] == ("R11", 121)
    assert where["Triggers"] == ("S24-25", 124)
    assert where["LayoutVersion"] == ("S36", 136)


def test_every_bit_has_its_line_in_the_csv():
    bits = {(row["Name"], row["Bit"]) for row in rows() if row["DataType"] == "BOOL"}
    assert len(bits) == len(ControlBits) + len(LineBits) + len(StatusBits)
    assert ("Trigger", "1") in bits
    assert ("ResultsValid", "6") in bits


def test_holding_references_count_from_400001():
    assert {row["HoldingRegister"] for row in rows() if row["Name"] == "Verdict"} == {"400112"}


def test_the_layout_version_is_the_one_that_plc_programs_in_the_field_compare_with():
    """It is worked out from the schema. If this fails, the layout was changed: say so in the changelog."""
    assert LAYOUT_VERSION == 29478
