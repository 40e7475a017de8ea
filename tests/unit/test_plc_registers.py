"""The register map: one schema, codes that fail safe, nothing that does not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.plc.registers import (
    CONTROL_WORDS,
    RESULT_OFFSET,
    RESULT_WORDS,
    STATUS_BASE,
    STATUS_WORDS,
    ControlBits,
    ControlBlock,
    ResultBlock,
    State,
    StatusBits,
    StatusBlock,
    VerdictCode,
    crc16_modbus,
    is_pass,
    result_crc,
)

words_of = {
    ControlBlock: CONTROL_WORDS,
    ResultBlock: RESULT_WORDS,
    StatusBlock: STATUS_WORDS,
}
RESERVED = {9, 22, 23}


def passed(part_seq: int = 7) -> ResultBlock:
    return ResultBlock.sealed(part_seq=part_seq, verdict=VerdictCode.PASS)


def test_the_crc_is_the_one_of_modbus_by_its_published_check_value():
    assert crc16_modbus(b"123456789") == 0x4B37


def test_the_crc_of_a_rtu_request_known_from_the_specification_of_serial_lines():
    # 01 03 00 00 00 0A is followed by C5 CD on the wire, low byte first.
    assert crc16_modbus(bytes.fromhex("01030000000A")) == 0xCDC5


def test_blocks_lie_where_the_plc_manual_says():
    assert (CONTROL_WORDS, STATUS_BASE, RESULT_OFFSET, RESULT_WORDS, STATUS_WORDS) == (18, 100, 10, 12, 37)
    status = StatusBlock(
        bits=StatusBits.ONLINE | StatusBits.FORCING_REJECTS,
        state=State.READY,
        heartbeat=2,
        error_code=3,
        error_seq=4,
        recipe_id=5,
        model_digest=0x0006_0007,
        acq_seq=8,
        result=passed(10),
        triggers=24 << 16 | 25,
        passed=26 << 16 | 27,
        rejected=28 << 16 | 29,
        forced=30 << 16 | 31,
        missed=32 << 16 | 33,
        in_flight=34 << 16 | 35,
        layout_version=36,
    ).encode()
    assert status[:10] == (0x8001, 6, 2, 3, 4, 5, 6, 7, 8, 0)
    assert status[10:13] == (10, 0x5A5A, 0xA5A5)
    assert status[22:24] == (0, 0)
    assert status[24:] == tuple(range(24, 37))


def test_two_register_values_have_the_high_word_first():
    assert ControlBlock(encoder=0x1234_5678).encode()[4:6] == (0x1234, 0x5678)


@given(st.data())
def test_any_words_come_back_from_decode_and_encode(data: st.DataObject):
    block = data.draw(st.sampled_from(list(words_of)))
    words = data.draw(st.lists(st.integers(0, 0xFFFF), min_size=words_of[block], max_size=words_of[block]))
    if block is StatusBlock:
        words = [0 if offset in RESERVED else word for offset, word in enumerate(words)]
    assert block.decode(words).encode() == tuple(words)


def test_bits_without_a_name_are_kept():
    assert ControlBlock.decode((0xFF01, *(0,) * 17)).encode()[0] == 0xFF01
    assert ControlBits.ENABLE in ControlBlock.decode((0xFF01, *(0,) * 17)).bits


@pytest.mark.parametrize(("field", "value"), [("part_seq", 65536), ("part_seq", -1), ("encoder", 1 << 32)])
def test_a_value_that_does_not_fit_its_register_is_refused(field: str, value: int):
    with pytest.raises(ValueError, match=rf"ControlBlock\.{field}: {value} does not fit"):
        ControlBlock(**{field: value})


@pytest.mark.parametrize("block", list(words_of))
@pytest.mark.parametrize("difference", [-1, 1])
def test_a_wrong_number_of_registers_is_refused_with_both_numbers(block: type[StatusBlock], difference: int):
    count = words_of[block] + difference
    with pytest.raises(ValueError, match=rf"{words_of[block]} registers are needed, {count} came"):
        block.decode((0,) * count)


def test_a_sealed_pass_is_accepted_for_its_own_part_alone():
    assert is_pass(passed(7), 7)
    assert not any(is_pass(passed(7), other) for other in (0, 6, 8, 7 + 256))


@pytest.mark.parametrize("code", [code for code in VerdictCode if code is not VerdictCode.PASS])
def test_no_other_verdict_is_a_pass_however_well_it_is_sealed(code: VerdictCode):
    assert not is_pass(ResultBlock.sealed(part_seq=7, verdict=code), 7)


@given(st.integers(0, 0xFFFF))
def test_registers_at_power_up_are_no_pass_for_any_part(part_seq: int):
    assert not is_pass(ResultBlock(), part_seq)
    assert not is_pass(StatusBlock().result, part_seq)


@given(st.integers(0, RESULT_WORDS * 16 - 1), st.integers(1, 0xFFFF))
def test_one_flipped_bit_anywhere_is_no_pass(bit: int, part_seq: int):
    words = list(passed(part_seq).encode())
    words[bit // 16] ^= 1 << bit % 16
    assert not is_pass(ResultBlock.decode(words), part_seq)


@given(st.lists(st.integers(0, 0xFFFF), min_size=RESULT_WORDS, max_size=RESULT_WORDS))
def test_garbage_is_a_pass_only_if_code_complement_number_and_crc_all_fit(words: list[int]):
    block = ResultBlock.decode(words)
    fits = words[1] == 0x5A5A and words[2] == 0xA5A5 and words[11] == result_crc(words) and words[0] == 7
    assert is_pass(block, 7) is fits


@given(st.integers(1, 0xFFFF), st.integers(1, 0xFFFF), st.integers(1, RESULT_WORDS - 1))
def test_the_front_of_one_result_and_the_back_of_another_are_no_pass(first: int, second: int, cut: int):
    torn = ResultBlock.decode(
        passed(first).encode()[:cut] + ResultBlock.sealed(part_seq=second, verdict=VerdictCode.DEFECT).encode()[cut:]
    )
    assert not is_pass(torn, first)
    assert not is_pass(torn, second)


def test_a_complement_that_does_not_fit_is_no_pass_even_under_a_right_crc():
    words = list(passed(7).encode())
    words[2] ^= 1
    words[11] = result_crc(words)
    assert not is_pass(ResultBlock.decode(words), 7)


def test_part_zero_cannot_be_sealed():
    with pytest.raises(ValueError, match=r"part_seq is 1\.\.65535, not 0"):
        ResultBlock.sealed(part_seq=0, verdict=VerdictCode.PASS)


def test_latency_saturates_instead_of_losing_the_verdict():
    assert ResultBlock.sealed(part_seq=1, verdict=VerdictCode.DEADLINE, latency_ms10=10**9).latency_ms10 == 65535


def test_a_crc_over_too_few_registers_is_refused():
    with pytest.raises(ValueError, match=r"R0\.\.R10 are 11 registers, 10 came"):
        result_crc((0,) * 10)
