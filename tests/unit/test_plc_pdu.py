"""One request in, one answer out, as the Modbus specification orders it."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.plc.pdu import ExceptionCode, RequestRefusedError, answer

ME = 1


class Registers:
    """Ten holding registers from 0 and four input registers, enough to see what was read and written."""

    def __init__(self) -> None:
        self.holding = list(range(10))
        self.writes: list[tuple[int, tuple[int, ...], int]] = []

    def _read(self, table: list[int], address: int, count: int) -> bytes:
        if address + count > len(table):
            raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
        return struct.pack(f">{count}H", *table[address : address + count])

    def read_holding(self, address: int, count: int) -> bytes:
        return self._read(self.holding, address, count)

    def read_input(self, address: int, count: int) -> bytes:
        return self._read([100, 101, 102, 103], address, count)

    def write_holding(self, address: int, words: tuple[int, ...], writer: int) -> None:
        self._read(self.holding, address, len(words))
        self.holding[address : address + len(words)] = words
        self.writes.append((address, words, writer))


class RegistersAndBits(Registers):
    """The same with 20 coils and 10 discrete inputs, every third of which is on."""

    def __init__(self) -> None:
        super().__init__()
        self.coils = [False] * 20

    def _span(self, table: list[bool], address: int, count: int) -> tuple[bool, ...]:
        if address + count > len(table):
            raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
        return tuple(table[address : address + count])

    def read_coils(self, address: int, count: int) -> tuple[bool, ...]:
        return self._span(self.coils, address, count)

    def read_discrete(self, address: int, count: int) -> tuple[bool, ...]:
        return self._span([n % 3 == 0 for n in range(10)], address, count)

    def write_coils(self, address: int, bits: tuple[bool, ...], writer: int) -> None:
        assert writer == ME
        self._span(self.coils, address, len(bits))
        self.coils[address : address + len(bits)] = bits


def ask(layout: str, *values: int, registers: Registers | None = None) -> bytes:
    return answer(struct.pack(">" + layout, *values), registers or Registers(), ME)


def test_fc3_and_fc4_read_their_own_tables():
    assert ask("BHH", 3, 2, 3) == bytes((3, 6, 0, 2, 0, 3, 0, 4))
    assert ask("BHH", 4, 1, 2) == bytes((4, 4, 0, 101, 0, 102))


def test_fc6_and_fc16_write_and_echo():
    registers = Registers()
    assert ask("BHH", 6, 3, 77, registers=registers) == struct.pack(">BHH", 6, 3, 77)
    assert ask("BHHBHH", 16, 4, 2, 4, 8, 9, registers=registers) == struct.pack(">BHH", 16, 4, 2)
    assert registers.writes == [(3, (77,), ME), (4, (8, 9), ME)]


def test_fc22_changes_only_the_masked_bits():
    registers = Registers()
    registers.holding[4] = 0x12
    assert ask("BHHH", 22, 4, 0xF2, 0x25, registers=registers) == struct.pack(">BHHH", 22, 4, 0xF2, 0x25)
    assert registers.holding[4] == 0x17  # the example of the specification, section 6.16


def test_fc23_writes_before_it_reads():
    assert ask("BHHHHBH", 23, 0, 2, 1, 1, 2, 55) == bytes((23, 4, 0, 0, 0, 55))


def test_fc23_writes_nothing_where_its_read_is_refused():
    registers = Registers()
    assert ask("BHHHHBH", 23, 9, 2, 1, 1, 2, 55, registers=registers) == bytes((0x97, 2))
    assert registers.writes == []


def test_fc5_and_fc15_write_coils_and_fc1_reads_them_back_lowest_bit_first():
    registers = RegistersAndBits()
    assert ask("BHH", 5, 2, 0xFF00, registers=registers) == struct.pack(">BHH", 5, 2, 0xFF00)
    assert ask("BHHBBB", 15, 7, 10, 2, 0b1000_0001, 0b10, registers=registers) == struct.pack(">BHH", 15, 7, 10)
    assert [n for n, on in enumerate(registers.coils) if on] == [2, 7, 14, 16]
    assert ask("BHH", 1, 2, 13, registers=registers) == bytes((1, 2, 0b0010_0001, 0b1_0000))
    assert ask("BHH", 5, 2, 0, registers=registers) == struct.pack(">BHH", 5, 2, 0)
    assert not registers.coils[2]


def test_fc2_reads_discrete_inputs():
    assert ask("BHH", 2, 0, 10, registers=RegistersAndBits()) == bytes((2, 2, 0b0100_1001, 0b10))


@pytest.mark.parametrize(
    "request_pdu",
    [
        struct.pack(">BHH", 1, 19, 2),
        struct.pack(">BHH", 2, 9, 2),
        struct.pack(">BHH", 5, 20, 0),
        struct.pack(">BHHBB", 15, 18, 3, 1, 7),
    ],
)
def test_bits_outside_a_map_that_has_some_are_refused_and_nothing_is_written(request_pdu: bytes):
    registers = RegistersAndBits()
    assert answer(request_pdu, registers, ME) == bytes((request_pdu[0] | 0x80, 2))
    assert not any(registers.coils)


@pytest.mark.parametrize(
    ("request_pdu", "code"),
    [
        (struct.pack(">BHH", 3, 0, 0), 3),
        (struct.pack(">BHH", 3, 0, 126), 3),
        (struct.pack(">BHH", 3, 9, 2), 2),
        (struct.pack(">BHH", 4, 0, 5), 2),
        (struct.pack(">BHH", 4, 0, 0), 3),
        (struct.pack(">BH", 3, 0), 3),
        (struct.pack(">BHHB", 3, 0, 1, 0), 3),
        (b"\x03", 3),
        (struct.pack(">BHH", 6, 10, 1), 2),
        (struct.pack(">BH", 6, 1), 3),
        (struct.pack(">BHHB", 16, 0, 0, 0), 3),
        (struct.pack(">BHHB", 16, 0, 124, 248) + bytes(248), 3),
        (struct.pack(">BHHBH", 16, 0, 1, 3, 1), 3),
        (struct.pack(">BHHBH", 16, 0, 2, 4, 1), 3),
        (struct.pack(">BHHBHH", 16, 9, 2, 4, 1, 1), 2),
        (b"\x10\x00", 3),
        (struct.pack(">BHHH", 22, 10, 0, 0), 2),
        (struct.pack(">BHH", 22, 1, 0), 3),
        (struct.pack(">BHHHHBH", 23, 0, 0, 0, 1, 2, 1), 3),
        (struct.pack(">BHHHHBH", 23, 0, 126, 0, 1, 2, 1), 3),
        (struct.pack(">BHHHHBH", 23, 0, 1, 0, 1, 4, 1), 3),
        (struct.pack(">BHHHHBH", 23, 0, 1, 10, 1, 2, 1), 2),
        (b"\x17\x00\x00", 3),
        (struct.pack(">BHH", 1, 0, 8), 2),
        (struct.pack(">BHH", 2, 0, 8), 2),
        (struct.pack(">BHH", 1, 0, 0), 3),
        (struct.pack(">BHH", 2, 0, 2001), 3),
        (struct.pack(">BHH", 5, 0, 0xFF00), 2),
        (struct.pack(">BHH", 5, 0, 0x1234), 3),
        (struct.pack(">BHHBB", 15, 0, 8, 1, 255), 2),
        (struct.pack(">BHHBB", 15, 0, 9, 1, 255), 3),
        (struct.pack(">BHHB", 15, 0, 0, 0), 3),
        (b"\x63", 1),
        (b"\x00", 1),
        (b"\x07", 1),
        (b"\x83\x00\x00\x00\x01", 1),
    ],
)
def test_what_is_wrong_gets_the_exception_of_the_specification(request_pdu: bytes, code: int):
    registers = Registers()
    assert answer(request_pdu, registers, ME) == bytes((request_pdu[0] | 0x80, code))
    assert registers.writes == []


@given(st.binary(min_size=1, max_size=253))
def test_any_bytes_get_an_answer_of_their_function_that_fits_a_frame(request_pdu: bytes):
    for registers in (Registers(), RegistersAndBits()):
        reply = answer(request_pdu, registers, ME)
        assert reply[0] & 0x7F == request_pdu[0] & 0x7F
        assert 2 <= len(reply) <= 253
