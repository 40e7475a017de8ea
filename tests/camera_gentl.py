"""A consumer of the simulated producer straight through its C functions: no harvesters, nothing in between.

Registers are written by feature name; buffers are NumPy arrays, so that a test can mark them and look at every byte.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from drivers.camera.producer import describe
from drivers.camera.producer.feature_table import CHUNK_ID_BASE, CHUNKS

TIMEOUT, IO, INVALID_VALUE, INVALID_ADDRESS, NOT_IMPLEMENTED, ACCESS_DENIED = -1011, -1010, -1019, -1015, -1003, -1005
NEW_BUFFER, REMOTE_DEVICE, MODULE = 1, 4, 5
_FACTS = {"frame_id": 16, "timestamp_ns": 28, "width": 10, "height": 11, "lines": 22, "format": 20, "filled": 9}
_INCOMPLETE = 7
ALL_TO_INPUT = 2
_FEATURES = {feature.name: (feature, address) for feature, address in describe.addressed()}
LIMIT_MS = 20_000


class GenTLError(Exception):
    """A function of the producer gave this code."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"{name} gave {code}")
        self.code = code


class _Chunk(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("id", ctypes.c_uint64), ("offset", ctypes.c_ssize_t), ("length", ctypes.c_size_t))


@dataclass
class Delivered:
    """One filled buffer: what is told about it, its bytes (in place), and its chunks by name."""

    handle: int
    frame_id: int
    timestamp_ns: int
    width: int
    height: int
    lines: int
    format: int
    filled: int
    incomplete: bool
    memory: NDArray[np.uint8]
    chunks: dict[str, bytes]

    @property
    def grey8(self) -> NDArray[np.uint8]:
        """The picture (height, width) of a Mono8 frame."""
        return self.memory[: self.height * self.width].reshape(self.height, self.width)

    @property
    def counts(self) -> list[int]:
        """ChunkEncoderValue: one for each line, or one."""
        return np.frombuffer(self.chunks["EncoderValue"], "<u4").tolist()

    def word(self, chunk: str) -> int:
        """A chunk of one number."""
        return int.from_bytes(self.chunks[chunk], "little")


class Consumer:
    """One open camera of the producer; a context manager that closes all of it."""

    def __init__(self, producer: Path, serial: str) -> None:
        self._library = ctypes.CDLL(str(producer))
        self._open = ExitStack()
        self._buffers: dict[int, NDArray[np.uint8]] = {}
        self._call("GCInitLib")
        self._open.callback(self._library.GCCloseLib)
        system = self._handle("TLOpen")
        interface = self._handle("TLOpenInterface", system, b"EdgeSimulatedInterface")
        self._call("IFUpdateDeviceList", interface, None, ctypes.c_uint64(100))
        self.interface = interface
        self.device = self._handle("IFOpenDevice", interface, serial.encode(), 4)
        self._port = self._handle("DevGetPort", self.device)
        self._stream = self._handle("DevOpenDataStream", self.device, b"Stream0")
        self._event = self._registered(self._stream, NEW_BUFFER)
        self._messages = self._registered(self.device, REMOTE_DEVICE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def _call(self, name: str, *arguments: object) -> None:
        code = getattr(self._library, name)(*arguments)
        if code:
            raise GenTLError(name, code)

    def _handle(self, name: str, *arguments: object) -> ctypes.c_void_p:
        handle = ctypes.c_void_p()
        if arguments and not isinstance(arguments[0], ctypes.c_void_p):
            raise TypeError("a handle comes first")
        self._call(name, *arguments, ctypes.byref(handle))
        return handle

    def _registered(self, module: ctypes.c_void_p, kind: int) -> ctypes.c_void_p:
        event = ctypes.c_void_p()
        self._call("GCRegisterEvent", module, kind, ctypes.byref(event))
        return event

    def register_event(self, kind: int) -> None:
        """Ask the device for a further event; GenTLError when it has none of that kind."""
        self._registered(self.device, kind)

    def read(self, name: str, index: int = 0) -> float:
        """A feature's register; `index` as its selector says."""
        feature, address = _FEATURES[name]
        value = np.zeros(1, np.float64 if feature.kind == "float" else np.int64)
        size = ctypes.c_size_t(8)
        self._call("GCReadPort", self._port, ctypes.c_uint64(address + 8 * index), value.ctypes, ctypes.byref(size))
        return value[0].item()

    def write(self, name: str, value: float | str, index: int = 0) -> None:
        """Set a feature's register; a text is one of its entries."""
        feature, address = _FEATURES[name]
        number = dict(feature.entries)[value] if isinstance(value, str) else value
        cell = np.array([number], np.float64 if feature.kind == "float" else np.int64)
        size = ctypes.c_size_t(8)
        self._call("GCWritePort", self._port, ctypes.c_uint64(address + 8 * index), cell.ctypes, ctypes.byref(size))

    def configure(self, width: int, height: int, *, divider: int | None = 4, frames: str | None = "Line1") -> None:
        """Size, lines by encoder (unless `divider` is None), what starts a frame, and all chunks and messages."""
        self.write("Width", width)
        self.write("Height", height)
        if divider is not None:
            self.write("EncoderDivider", divider)
            self.write("TriggerMode", "On", 1)
        if frames is not None:
            self.write("TriggerSource", frames)
            self.write("TriggerMode", "On")
        self.write("ChunkModeActive", 1)
        for number in range(len(CHUNKS)):
            self.write("ChunkEnable", 1, number)

    def start(self, buffers: int = 4) -> None:
        """Announce and queue buffers of the size that the camera asks for, and begin."""
        for handle in self._announced(buffers):
            self.queue(handle)
        self.begin()

    def announce(self, buffers: int) -> list[NDArray[np.uint8]]:
        """Announce buffers, to be marked before begin() queues them."""
        return [self._buffers[handle] for handle in self._announced(buffers)]

    def begin(self) -> None:
        """Queue what is not queued, and begin."""
        self._call("DSFlushQueue", self._stream, ALL_TO_INPUT)
        self._call("DSStartAcquisition", self._stream, 0, ctypes.c_uint64(2**64 - 1))
        self.write("AcquisitionStart", 1)

    def _announced(self, buffers: int) -> list[int]:
        payload = int(self.read("PayloadSize"))
        handles: list[int] = []
        for _ in range(buffers):
            memory = np.zeros(payload, np.uint8)
            handle = ctypes.c_void_p()
            self._call(
                "DSAnnounceBuffer", self._stream, memory.ctypes, ctypes.c_size_t(payload), None, ctypes.byref(handle)
            )
            assert handle.value is not None
            self._buffers[handle.value] = memory
            handles.append(handle.value)
        return handles

    def stop(self) -> None:
        """End the acquisition; what was on its way is given up."""
        self.write("AcquisitionStop", 1)
        self._call("DSStopAcquisition", self._stream, 0)

    def queue(self, handle: int) -> None:
        """Give a buffer (back)."""
        self._call("DSQueueBuffer", self._stream, ctypes.c_void_p(handle))

    def next(self, limit_ms: int = LIMIT_MS) -> Delivered:
        """The next frame; GenTLError TIMEOUT when none comes in time."""
        data = np.zeros(2, np.uint64)
        self._get(self._event, data, limit_ms)
        handle = int(data[0])
        facts = {name: self._fact(handle, number) for name, number in _FACTS.items()}
        memory = self._buffers[handle]
        incomplete = bool(self._fact(handle, _INCOMPLETE) & 0xFF)
        return Delivered(handle, **facts, incomplete=incomplete, memory=memory, chunks=self._chunks(handle, memory))

    def _get(self, event: ctypes.c_void_p, data: NDArray[np.uint64], limit_ms: int) -> None:
        size = ctypes.c_size_t(data.nbytes)
        self._call("EventGetData", event, data.ctypes, ctypes.byref(size), ctypes.c_uint64(limit_ms))

    def _fact(self, handle: int, number: int) -> int:
        value, size = ctypes.c_uint64(), ctypes.c_size_t(8)
        where = (ctypes.byref(value), ctypes.byref(size))
        self._call("DSGetBufferInfo", self._stream, ctypes.c_void_p(handle), number, None, *where)
        return value.value

    def _chunks(self, handle: int, memory: NDArray[np.uint8]) -> dict[str, bytes]:
        table, count = (_Chunk * len(CHUNKS))(), ctypes.c_size_t(len(CHUNKS))
        self._call("DSGetBufferChunkData", self._stream, ctypes.c_void_p(handle), table, ctypes.byref(count))
        names = [chunk.name.removeprefix("Chunk") for chunk in CHUNKS]
        return {
            names[chunk.id - CHUNK_ID_BASE]: memory[chunk.offset : chunk.offset + chunk.length].tobytes()
            for chunk in table[: count.value]
        }

    def message(self, limit_ms: int = LIMIT_MS) -> tuple[int, int, int]:
        """The camera's next message: its number (0x9001..), time stamp and frame."""
        data = np.zeros(3, np.uint64)
        self._get(self._messages, data, limit_ms)
        return int(data[0]), int(data[1]), int(data[2])


@contextmanager
def consumer(producer: Path, serial: str) -> Iterator[Consumer]:
    """An open camera that is closed at the end, with the library."""
    with Consumer(producer, serial) as opened:
        yield opened
