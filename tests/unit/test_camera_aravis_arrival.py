"""What arrived of a picture, and where its chunks lie: the producer's two pure C files, explored from Python."""

from __future__ import annotations

import ctypes
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from drivers.camera.aravis import build
from drivers.camera.gentl.compile import GENTL_FOLDER

LIMIT_S = 50.0


class Marks(ctypes.Structure):
    _fields_ = (
        ("key", ctypes.c_uint64),
        ("count", ctypes.c_size_t),
        ("spacing_bytes", ctypes.c_size_t),
    )


class Chunk(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("id", ctypes.c_uint64), ("offset", ctypes.c_ssize_t), ("length", ctypes.c_size_t))


@pytest.fixture(scope="module")
def pure(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if shutil.which("cc") is None:
        pytest.skip("LOUD SKIP: no C compiler: the producer's pure parts are NOT tested here")
    library = tmp_path_factory.mktemp("pure") / "pure.so"
    sources = [str(build.FOLDER / name) for name in ("marks.c", "chunks.c")]
    flags = ["-std=gnu11", "-O1", "-shared", "-fPIC", f"-I{build.FOLDER}", f"-I{GENTL_FOLDER}"]
    subprocess.run(["cc", *flags, "-o", str(library), *sources], timeout=LIMIT_S, check=True)
    loaded = ctypes.CDLL(str(library))
    loaded.marks_bytes_valid.restype = loaded.chunks_parse.restype = ctypes.c_size_t
    return loaded


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    packet_bytes=st.integers(40, 600),
    packets=st.integers(1, 30),
    last_bytes=st.integers(1, 600),
    lost=st.frozensets(st.integers(0, 29)),
)
@example(packet_bytes=280, packets=17, last_bytes=20, lost=frozenset({16}))  # a mark 12 bytes from the end
@example(packet_bytes=48, packets=2, last_bytes=1, lost=frozenset({1}))  # a packet shorter than a mark
def test_bytes_said_to_be_valid_did_arrive_and_are_few_packets_short_at_most(
    pure: ctypes.CDLL, packet_bytes: int, packets: int, last_bytes: int, lost: frozenset[int]
) -> None:
    spacing = packet_bytes // 2 - 8
    size = (packets - 1) * packet_bytes + min(last_bytes, packet_bytes)
    arrived = [index not in lost for index in range(packets)]
    new = b"\x22" * size
    memory = ctypes.create_string_buffer(b"\x11" * size, size)
    marks = Marks()
    pure.marks_lay(ctypes.byref(marks), memory, ctypes.c_size_t(size), ctypes.c_size_t(spacing))
    for index, came in enumerate(arrived):
        start = index * packet_bytes
        part = new[start : start + packet_bytes]
        if came:
            ctypes.memmove(ctypes.addressof(memory) + start, part, len(part))
    valid = pure.marks_bytes_valid(ctypes.byref(marks), memory, ctypes.c_size_t(size))
    first_lost = arrived.index(False) if False in arrived else packets
    really = min(size, first_lost * packet_bytes)
    assert valid <= really
    if spacing >= 16 and size >= 16:
        assert valid > really - 2 * spacing - 8 or valid == 0
    assert memory.raw[:valid] == new[:valid]


def _parse(pure: ctypes.CDLL, payload: bytes, *, big_endian: bool, room: int = 8) -> list[tuple[int, int, int]]:
    found = (Chunk * room)()
    count = pure.chunks_parse(
        payload, ctypes.c_size_t(len(payload)), ctypes.c_bool(big_endian), found, ctypes.c_size_t(room)
    )
    return [(chunk.id, chunk.offset, chunk.length) for chunk in found[:count]]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chunks=st.lists(st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=40)), min_size=1, max_size=8),
    big_endian=st.booleans(),
)
def test_chunks_are_found_where_they_were_put(
    pure: ctypes.CDLL, chunks: list[tuple[int, bytes]], big_endian: bool
) -> None:
    order = "big" if big_endian else "little"
    payload, expected = b"", []
    for number, content in chunks:
        expected.append((number, len(payload), len(content)))
        payload += content + number.to_bytes(4, order) + len(content).to_bytes(4, order)
    assert _parse(pure, payload, big_endian=big_endian) == expected
    if len(chunks) > 1:
        assert _parse(pure, payload, big_endian=big_endian, room=len(chunks) - 1) == []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.binary(max_size=120))
def test_whatever_is_in_a_buffer_chunks_lie_inside_it(pure: ctypes.CDLL, payload: bytes) -> None:
    for _, offset, length in _parse(pure, payload, big_endian=True):
        assert offset >= 0
        assert offset + length + 8 <= len(payload)
