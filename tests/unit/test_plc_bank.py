"""The registers behind the server: whole snapshots, one writer, nothing outside the map."""

import struct

import pytest

from drivers.plc.bank import ControlOwner, RegisterBank
from drivers.plc.pdu import ExceptionCode, RequestRefusedError
from drivers.plc.registers import STATUS_WORDS, ControlBits, ControlBlock

PLC, INTRUDER = 1, 2


def bank() -> tuple[RegisterBank, list[ControlBlock], ControlOwner]:
    seen: list[ControlBlock] = []
    owner = ControlOwner()
    return RegisterBank(owner, seen.append), seen, owner


def test_a_control_write_is_seen_whole_and_at_once():
    registers, seen, _ = bank()
    registers.write_holding(0, (2, 7, 1, 9, 1, 2), PLC)
    assert seen == [ControlBlock(ControlBits.TRIGGER, 7, 1, 9, 0x1_0002)]
    assert registers.read_holding(0, 6) == struct.pack(">6H", 2, 7, 1, 9, 1, 2)


def test_a_write_of_one_register_keeps_the_others():
    registers, seen, _ = bank()
    registers.write_holding(1, (7,), PLC)
    registers.write_holding(0, (2,), PLC)
    assert seen[-1] == ControlBlock(ControlBits.TRIGGER, 7)


def test_the_status_block_is_read_as_holding_and_as_input_registers():
    registers, _, _ = bank()
    registers.show(range(STATUS_WORDS))
    assert registers.read_holding(110, 2) == registers.read_input(10, 2) == struct.pack(">2H", 10, 11)


def test_status_powers_up_as_zero():
    registers, _, _ = bank()
    assert registers.read_input(0, STATUS_WORDS) == bytes(2 * STATUS_WORDS)


@pytest.mark.parametrize(("address", "count"), [(18, 1), (17, 2), (99, 1), (99, 2), (136, 2), (137, 1), (65535, 1)])
def test_reading_outside_the_map_is_refused(address: int, count: int):
    registers, _, _ = bank()
    with pytest.raises(RequestRefusedError) as refusal:
        registers.read_holding(address, count)
    assert refusal.value.code is ExceptionCode.ILLEGAL_ADDRESS


@pytest.mark.parametrize(("address", "count"), [(100, 1), (110, 1), (17, 2), (18, 1), (65535, 1)])
def test_writing_outside_the_control_block_is_refused_and_claims_nothing(address: int, count: int):
    registers, seen, owner = bank()
    with pytest.raises(RequestRefusedError) as refusal:
        registers.write_holding(address, (1,) * count, PLC)
    assert refusal.value.code is ExceptionCode.ILLEGAL_ADDRESS
    assert (seen, owner.link) == ([], None)


def test_a_second_writer_is_refused_and_counted_until_the_first_is_gone():
    registers, seen, owner = bank()
    registers.write_holding(0, (1,), PLC)
    with pytest.raises(RequestRefusedError) as refusal:
        registers.write_holding(0, (2,), INTRUDER)
    assert refusal.value.code is ExceptionCode.BUSY
    assert owner.second_writer == 1
    assert [block.bits for block in seen] == [ControlBits.ENABLE]
    owner.release()
    registers.write_holding(0, (2,), INTRUDER)
    assert owner.link == INTRUDER


def test_a_status_of_another_size_is_refused():
    registers, _, _ = bank()
    with pytest.raises(ValueError, match=f"{STATUS_WORDS} registers are needed, 3 came"):
        registers.show((1, 2, 3))
