"""Requests as pymodbus objects, refused before they are sent where Modbus cannot carry them (ValueError)."""

from typing import Literal

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    ReadWriteMultipleRegistersRequest,
    WriteMultipleRegistersRequest,
)

_MAX_READ_WORDS, _MAX_WRITE_WORDS, _MAX_READ_WRITE_WORDS = 125, 123, 121
_MAX_READ_BITS, _MAX_WRITE_BITS = 2000, 1968


def read_request(unit_id: int, address: int, count: int, *, function: Literal[3, 4] = 3) -> ModbusPDU:
    """FC3: 1..125 holding registers; FC4: as many input registers."""
    _check_span(address, count, _MAX_READ_WORDS)
    request = ReadHoldingRegistersRequest if function == 3 else ReadInputRegistersRequest
    return request(address=address, count=count, dev_id=unit_id)


def read_bits_request(unit_id: int, address: int, count: int, *, function: Literal[1, 2] = 1) -> ModbusPDU:
    """FC1: 1..2000 coils; FC2: as many discrete inputs."""
    _check_span(address, count, _MAX_READ_BITS, "bits")
    request = ReadCoilsRequest if function == 1 else ReadDiscreteInputsRequest
    return request(address=address, count=count, dev_id=unit_id)


def write_bits_request(unit_id: int, address: int, bits: tuple[bool, ...]) -> ModbusPDU:
    """FC5 for one coil, FC15 for 2..1968."""
    _check_span(address, len(bits), _MAX_WRITE_BITS, "bits")
    if len(bits) == 1:
        return WriteSingleCoilRequest(address=address, bits=list(bits), dev_id=unit_id)
    return WriteMultipleCoilsRequest(address=address, bits=list(bits), dev_id=unit_id)


def write_request(unit_id: int, address: int, words: tuple[int, ...]) -> ModbusPDU:
    """FC16: 1..123 holding registers."""
    _check_span(address, len(words), _MAX_WRITE_WORDS)
    _check_words(words)
    return WriteMultipleRegistersRequest(address=address, registers=list(words), dev_id=unit_id)


def read_write_request(
    unit_id: int, read_address: int, count: int, write_address: int, words: tuple[int, ...]
) -> ModbusPDU:
    """FC23: 1..121 holding registers written, then 1..125 read."""
    _check_span(read_address, count, _MAX_READ_WORDS)
    _check_span(write_address, len(words), _MAX_READ_WRITE_WORDS)
    _check_words(words)
    return ReadWriteMultipleRegistersRequest(
        read_address=read_address,
        read_count=count,
        write_address=write_address,
        write_registers=list(words),
        dev_id=unit_id,
    )


def _check_span(address: int, count: int, most: int, what: str = "registers") -> None:
    if not 1 <= count <= most:
        raise ValueError(f"CarefulClient: 1..{most} {what} a request, not {count}")
    if not 0 <= address <= 0x10000 - count:
        raise ValueError(f"CarefulClient: {what} {address}..{address + count - 1} are not within 0..65535")


def _check_words(words: tuple[int, ...]) -> None:
    if any(not 0 <= word <= 0xFFFF for word in words):
        raise ValueError("CarefulClient: each word is 0..65535")
