"""Replies that do not belong to their request are told apart on the bytes."""

import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.plc.reply_check import is_partial, reply_fault


def frame(pdu: bytes, *, transaction: int = 9, protocol: int = 0, unit: int = 1, length: int | None = None) -> bytes:
    return struct.pack(">HHHB", transaction, protocol, len(pdu) + 1 if length is None else length, unit) + pdu


READ_2 = frame(struct.pack(">BHH", 3, 100, 2))
WRITE_2 = frame(struct.pack(">BHHBHH", 16, 4, 2, 4, 7, 8))
BOTH_2 = frame(struct.pack(">BHHHHBH", 23, 100, 2, 0, 1, 2, 7))
COILS_9 = frame(struct.pack(">BHH", 1, 3, 9))
INPUTS_8 = frame(struct.pack(">BHH", 2, 0, 8))
COIL_ON = frame(struct.pack(">BHH", 5, 6, 0xFF00))
WRITE_COILS_9 = frame(struct.pack(">BHHBBB", 15, 3, 9, 2, 255, 1))
RIGHT_READ = bytes((3, 4)) + struct.pack(">HH", 7, 8)


@pytest.mark.parametrize(
    ("request_frame", "reply"),
    [
        (READ_2, frame(RIGHT_READ)),
        (WRITE_2, frame(struct.pack(">BHH", 16, 4, 2))),
        (BOTH_2, frame(bytes((23, 4)) + bytes(4))),
        (COILS_9, frame(bytes((1, 2, 255, 1)))),
        (INPUTS_8, frame(bytes((2, 1, 255)))),
        (COIL_ON, COIL_ON),
        (WRITE_COILS_9, frame(struct.pack(">BHH", 15, 3, 9))),
        (COIL_ON, frame(bytes((0x85, 4)))),
        (READ_2, frame(bytes((0x83, 2)))),
        (WRITE_2, frame(bytes((0x90, 6)))),
    ],
)
def test_right_replies_and_exceptions_belong(request_frame: bytes, reply: bytes):
    assert not is_partial(reply)
    assert reply_fault(request_frame, reply) is None


@pytest.mark.parametrize(
    ("request_frame", "reply", "said"),
    [
        (READ_2, frame(RIGHT_READ, transaction=8), "transaction 9 was expected, 8 came"),
        (READ_2, frame(RIGHT_READ, transaction=0), "transaction 9 was expected, 0 came"),
        (READ_2, frame(RIGHT_READ, unit=2), "unit 1 was expected, 2 came"),
        (READ_2, frame(RIGHT_READ, protocol=5), "protocol id 0 was expected, 5 came"),
        (READ_2, frame(RIGHT_READ, length=1000), r"a length of 3\.\.254 was expected, 1000 came"),
        (READ_2, frame(RIGHT_READ) + b"x", "a reply of 13 bytes was expected, 14 came"),
        (READ_2, frame(b"\x04" + RIGHT_READ[1:]), "function 3 was expected, 4 came"),
        (READ_2, frame(bytes((3, 2, 0, 7))), "4 data bytes were expected, 2 came"),
        (READ_2, frame(bytes((3, 6)) + bytes(6)), "4 data bytes were expected, 6 came"),
        (READ_2, frame(bytes((3, 0))), "4 data bytes were expected, 0 came"),
        (READ_2, frame(bytes((3, 4, 0, 7))), "4 data bytes were expected, 4 came"),
        (READ_2, frame(bytes((0x83, 2, 0))), "an exception of 2 bytes was expected, 3 came"),
        (READ_2, frame(bytes((0x84, 2))), "function 3 was expected, 132 came"),
        (WRITE_2, frame(struct.pack(">BHH", 16, 5, 2)), "echo 00040002 was expected, 00050002 came"),
        (WRITE_2, frame(struct.pack(">BHH", 16, 4, 1)), "echo 00040002 was expected, 00040001 came"),
        (COILS_9, frame(bytes((1, 1, 255))), "2 data bytes were expected, 1 came"),
        (INPUTS_8, frame(bytes((2, 2, 255, 1))), "1 data bytes were expected, 2 came"),
        (COILS_9, frame(bytes((2, 2, 255, 1))), "function 1 was expected, 2 came"),
        (COIL_ON, frame(struct.pack(">BHH", 5, 6, 0)), "echo 0006ff00 was expected, 00060000 came"),
        (COIL_ON, frame(struct.pack(">BHH", 5, 7, 0xFF00)), "echo 0006ff00 was expected, 0007ff00 came"),
        (WRITE_COILS_9, frame(struct.pack(">BHH", 15, 3, 8)), "echo 00030009 was expected, 00030008 came"),
        (WRITE_COILS_9, frame(struct.pack(">BHH", 5, 3, 9)), "function 15 was expected, 5 came"),
        (WRITE_2, frame(struct.pack(">BH", 16, 4)), "echo 00040002 was expected, 0004 came"),
    ],
)
def test_wrong_replies_are_said_with_what_was_expected_and_what_came(request_frame: bytes, reply: bytes, said: str):
    assert not is_partial(reply)
    fault = reply_fault(request_frame, reply)
    assert fault is not None
    assert re.fullmatch(said, fault)


@given(st.integers(0, 12))
def test_the_front_of_a_right_reply_is_partial(cut: int):
    assert is_partial(frame(RIGHT_READ)[:cut])


@given(st.binary(min_size=6, max_size=300))
def test_what_is_not_partial_is_judged_without_failing_and_garbage_belongs_to_nothing(garbage: bytes):
    if not is_partial(garbage):
        belongs = reply_fault(READ_2, garbage) is None
        assert not belongs or garbage[:7] == READ_2[:4] + garbage[4:6] + READ_2[6:7]
