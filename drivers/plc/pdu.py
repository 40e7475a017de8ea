"""Modbus requests answered as the specification says: one request in, one answer out, nothing kept.

Modbus Application Protocol V1.1b3, section 6: function first (01), then quantity and lengths (03), then address (02).
A map need not hold coils and discrete inputs; in one that does not, a right FC1, 2, 5 or 15 is outside it. Must not
know sockets.
"""

import struct
from enum import IntEnum
from typing import Protocol, runtime_checkable

UNIT_ABSENT = 0x0B
_MAX_READ, _MAX_WRITE, _MAX_READ_WRITE = 125, 123, 121
_MAX_READ_BITS, _MAX_WRITE_BITS = 2000, 1968
_COIL_VALUES = (0x0000, 0xFF00)


class ExceptionCode(IntEnum):
    """The exceptions that this station gives."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    BUSY = 6


class RequestRefusedError(Exception):
    """The request gets an exception answer with this code."""

    def __init__(self, code: ExceptionCode) -> None:
        super().__init__(code.name)
        self.code = code


class RegisterMap(Protocol):
    """Registers as the wire shows them; each call raises RequestRefusedError outside the map."""

    def read_holding(self, address: int, count: int) -> bytes:
        """Words of one snapshot, high byte first."""
        ...

    def read_input(self, address: int, count: int) -> bytes:
        """Words of one snapshot, high byte first."""
        ...

    def write_holding(self, address: int, words: tuple[int, ...], writer: int) -> None:
        """All words at once or none; `writer` is the number of the link."""
        ...


@runtime_checkable
class BitMap(Protocol):
    """What a RegisterMap holds besides where there are coils; each call raises RequestRefusedError outside it."""

    def read_coils(self, address: int, count: int) -> tuple[bool, ...]:
        """Coils of one snapshot."""
        ...

    def read_discrete(self, address: int, count: int) -> tuple[bool, ...]:
        """Discrete inputs of one snapshot."""
        ...

    def write_coils(self, address: int, bits: tuple[bool, ...], writer: int) -> None:
        """All coils at once or none; `writer` is the number of the link."""
        ...


def answer(pdu: bytes, registers: RegisterMap, writer: int) -> bytes:
    """The answer to one request (function code and data, at least 1 byte); an exception answer is one too."""
    function = pdu[0]
    try:
        return _carry_out(function, pdu, registers, writer)
    except RequestRefusedError as refusal:
        return bytes((function | 0x80, refusal.code))


def _need(right: bool) -> None:
    if not right:
        raise RequestRefusedError(ExceptionCode.ILLEGAL_VALUE)


def _fixed(layout: str, pdu: bytes) -> tuple[int, ...]:
    _need(len(pdu) == 1 + struct.calcsize(layout))
    return struct.unpack(layout, pdu[1:])


def _words(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 2}H", data)


def _carry_out(function: int, pdu: bytes, registers: RegisterMap, writer: int) -> bytes:
    match function:
        case 3 | 4:
            address, count = _fixed(">HH", pdu)
            _need(1 <= count <= _MAX_READ)
            read = registers.read_holding if function == 3 else registers.read_input
            return bytes((function, 2 * count)) + read(address, count)
        case 6:
            address, value = _fixed(">HH", pdu)
            registers.write_holding(address, (value,), writer)
            return pdu
        case 16:
            _need(len(pdu) >= 6)
            address, count, size = struct.unpack(">HHB", pdu[1:6])
            _need(1 <= count <= _MAX_WRITE and size == 2 * count == len(pdu) - 6)
            registers.write_holding(address, _words(pdu[6:]), writer)
            return pdu[:5]
        case 22:
            address, and_mask, or_mask = _fixed(">HHH", pdu)
            (old,) = _words(registers.read_holding(address, 1))
            registers.write_holding(address, ((old & and_mask) | (or_mask & ~and_mask & 0xFFFF),), writer)
            return pdu
        case 23:
            return _read_write(pdu, registers, writer)
        case 1 | 2 | 5 | 15:
            return _bits(function, pdu, registers, writer)
        case _:
            raise RequestRefusedError(ExceptionCode.ILLEGAL_FUNCTION)


def _read_write(pdu: bytes, registers: RegisterMap, writer: int) -> bytes:
    _need(len(pdu) >= 10)
    read_address, count, write_address, write_count, size = struct.unpack(">HHHHB", pdu[1:10])
    _need(1 <= count <= _MAX_READ and 1 <= write_count <= _MAX_READ_WRITE)
    _need(size == 2 * write_count == len(pdu) - 10)
    registers.read_holding(read_address, count)  # nothing is written where the read would be refused
    registers.write_holding(write_address, _words(pdu[10:]), writer)
    return bytes((23, 2 * count)) + registers.read_holding(read_address, count)


def _bits(function: int, pdu: bytes, registers: RegisterMap, writer: int) -> bytes:
    if function in (1, 2):
        address, count = _fixed(">HH", pdu)
        _need(1 <= count <= _MAX_READ_BITS)
        table = _with_bits(registers)
        packed = _packed(table.read_coils(address, count) if function == 1 else table.read_discrete(address, count))
        return bytes((function, len(packed))) + packed
    if function == 5:
        address, value = _fixed(">HH", pdu)
        _need(value in _COIL_VALUES)
        _with_bits(registers).write_coils(address, (value != 0,), writer)
        return pdu
    _need(len(pdu) >= 6)
    address, count, size = struct.unpack(">HHB", pdu[1:6])
    _need(1 <= count <= _MAX_WRITE_BITS and size == (count + 7) // 8 == len(pdu) - 6)
    bits = tuple(bool(pdu[6 + at // 8] >> at % 8 & 1) for at in range(count))
    _with_bits(registers).write_coils(address, bits, writer)
    return pdu[:5]


def _with_bits(registers: RegisterMap) -> BitMap:
    if not isinstance(registers, BitMap):
        raise RequestRefusedError(ExceptionCode.ILLEGAL_ADDRESS)
    return registers


def _packed(bits: tuple[bool, ...]) -> bytes:
    """Lowest address in the lowest bit of the first byte, the rest of the last byte zero."""
    number = sum(1 << at for at, bit in enumerate(bits) if bit)
    return number.to_bytes((len(bits) + 7) // 8, "little")
