"""The scene file from the cell's side: pictures, encoder, views and faults that the simulated camera sees.

`scene.h` holds the same table for the producer. This module must not know parts, labels or Modbus.
Every field is written with one aligned native store, so the producer never sees half of one.
"""

from __future__ import annotations

import mmap
import os
import time
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x4E435345
VERSION = 1
HEADER_BYTES = 65_536
MAX_PICTURES = 1024
MAX_VIEWS = 256
NO_PICTURE = -1

FIELDS: dict[str, tuple[int, type[np.generic]]] = {
    "magic": (0, np.uint32),
    "version": (4, np.uint32),
    "world_epoch": (8, np.uint32),
    "closed": (12, np.uint32),
    "sensor_width_px": (16, np.uint32),
    "sensor_height_px": (20, np.uint32),
    "counts_per_row": (24, np.uint32),
    "background_level": (28, np.uint32),
    "noise_amplitude": (32, np.uint32),
    "encoder_sequence": (40, np.uint32),
    "encoder_t0_ns": (48, np.int64),
    "encoder_count0": (56, np.float64),
    "encoder_rate_counts_per_s": (64, np.float64),
    "unplugged": (72, np.uint32),
    "incomplete_after_lines": (76, np.uint32),
    "incomplete_frames": (80, np.uint32),
    "drop_frames": (84, np.uint32),
    "stale_frames": (88, np.uint32),
    "duplicate_id_frames": (92, np.uint32),
    "frames_delivered": (104, np.uint64),
    "frames_dropped": (112, np.uint64),
    "underruns": (120, np.uint64),
    "lines_missed": (128, np.uint64),
    "triggers_missed": (136, np.uint64),
    "opened": (144, np.uint64),
    "view_head": (152, np.uint64),
    "picture_count": (160, np.uint32),
}
VIEWS_OFFSET = 168
PICTURES_OFFSET = 4264
VIEW_TYPE = np.dtype([("start_count", "<i8"), ("picture", "<i4"), ("pulse", "<u4")])
PICTURE_TYPE = np.dtype([("offset", "<u8"), ("width", "<u4"), ("height", "<u4"), ("x", "<u4"), ("y", "<u4")])
COUNTERS = ("frames_delivered", "frames_dropped", "underruns", "lines_missed", "triggers_missed", "opened")


class SceneError(Exception):
    """The scene file cannot be made, or is not one; the message is one sentence."""


class _Header:
    """The mapped header, field by field."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, HEADER_BYTES)
        self._cells: dict[str, NDArray[Any]] = {
            name: np.frombuffer(self._map, kind, 1, offset) for name, (offset, kind) in FIELDS.items()
        }
        self.views = np.frombuffer(self._map, VIEW_TYPE, MAX_VIEWS, VIEWS_OFFSET)
        self.pictures = np.frombuffer(self._map, PICTURE_TYPE, MAX_PICTURES, PICTURES_OFFSET)

    def __getitem__(self, name: str) -> Any:
        return self._cells[name][0].item()

    def __setitem__(self, name: str, value: float) -> None:
        self._cells[name][0] = value

    def close(self) -> None:
        """Unmap; the arrays over the map go first, or the map could not be closed."""
        self._cells.clear()
        del self.views, self.pictures
        self._map.close()


class _FaultField:
    """One number of the fault block, read and written in place."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, block: SceneFaults, owner: type) -> int:
        return block.header[self._name]

    def __set__(self, block: SceneFaults, value: int) -> None:
        block.header[self._name] = value


class SceneFaults:
    """The fault block: set a field, and the simulated camera misbehaves.

    Fields that count frames say "the next n frames" and are used up by the camera.
    """

    unplugged = _FaultField()
    """1: the cable is pulled. After 0 again the camera has to be opened and configured anew."""
    incomplete_after_lines = _FaultField()
    """An incomplete frame loses everything after so many lines. Set it before `incomplete_frames`."""
    incomplete_frames = _FaultField()
    """The next n frames are incomplete."""
    drop_frames = _FaultField()
    """The next n frames are scanned and numbered, but never delivered."""
    stale_frames = _FaultField()
    """The next n frames are delivered with whatever their buffer held before."""
    duplicate_id_frames = _FaultField()
    """The next n frames carry the number of the frame before them."""

    def __init__(self, header: _Header) -> None:
        self.header = header

    @classmethod
    def attach(cls, path: Path | str) -> Self:
        """The fault block of a scene that another process made. SceneError when there is none."""
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise SceneError(
                f"scene file {path} cannot be opened ({error.strerror}): start the cell that makes it first"
            ) from error
        try:
            if os.fstat(fd).st_size < HEADER_BYTES:
                raise SceneError(f"scene file {path} is shorter than its header of {HEADER_BYTES} bytes")
            header = _Header(fd)
        finally:
            os.close(fd)
        if (header["magic"], header["version"]) != (MAGIC, VERSION):
            found = header["version"]
            header.close()
            raise SceneError(f"{path} is not a scene file of version {VERSION} (found version {found})")
        return cls(header)

    def close(self) -> None:
        """Unmap the block (only for one that was attached; a writer closes its own)."""
        self.header.close()


class SceneWriter:
    """Makes the scene file and moves the world in it. One writer a file.

    The file appears under `path` complete (written beside it and renamed), replaces one that a killed cell
    left behind, and is removed by close().
    """

    def __init__(
        self,
        path: Path | str,
        sensor_width_px: int,
        sensor_height_px: int,
        *,
        counts_per_row: int = 4,
        background_level: int = 12,
        noise_amplitude: int = 4,
    ) -> None:
        self.path = Path(path)
        self.sensor_width_px, self.sensor_height_px = sensor_width_px, sensor_height_px
        self.counts_per_turn = sensor_height_px * counts_per_row
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            self._fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SceneError(f"scene file {self.path} cannot be made: {error.strerror}") from error
        os.ftruncate(self._fd, HEADER_BYTES)
        self._end = HEADER_BYTES
        self._header = header = _Header(self._fd)
        for name, value in {
            "version": VERSION,
            "world_epoch": time.monotonic_ns() // 1000 % 2**32,
            "sensor_width_px": sensor_width_px,
            "sensor_height_px": sensor_height_px,
            "counts_per_row": counts_per_row,
            "background_level": background_level,
            "noise_amplitude": noise_amplitude,
            "magic": MAGIC,
        }.items():
            header[name] = value
        fresh.rename(self.path)
        self.faults = SceneFaults(header)

    def add_picture(self, pixels: NDArray[np.uint8], x: int, y: int) -> int:
        """The index of a new picture (height, width) lying at column x, row y of the sensor picture."""
        height, width = pixels.shape
        if not (0 <= x <= self.sensor_width_px - width and 0 <= y <= self.sensor_height_px - height):
            raise SceneError(
                f"a picture of {width}x{height} at ({x}, {y}) does not fit the sensor picture of "
                f"{self.sensor_width_px}x{self.sensor_height_px}"
            )
        index: int = self._header["picture_count"]
        if index == MAX_PICTURES:
            raise SceneError(f"the picture bank holds {MAX_PICTURES} pictures and is full")
        written = os.pwrite(self._fd, np.ascontiguousarray(pixels).data, self._end)
        if written != pixels.size:
            raise SceneError(f"scene file {self.path}: {written} of {pixels.size} bytes written; is its disk full?")
        self._header.pictures[index] = (self._end, width, height, x, y)
        self._end += pixels.size
        self._header["picture_count"] = index + 1
        return index

    def set_encoder(self, t0_ns: int, count0: float, rate: float) -> None:
        """From now on count(t) = count0 + rate (counts/s) * (t - t0_ns); t0_ns is CLOCK_MONOTONIC."""
        header = self._header
        sequence = (header["encoder_sequence"] + 1) % 2**32
        header["encoder_sequence"] = sequence
        header["encoder_t0_ns"] = t0_ns
        header["encoder_count0"] = count0
        header["encoder_rate_counts_per_s"] = rate
        header["encoder_sequence"] = (sequence + 1) % 2**32

    def show(self, start_count: int, picture: int, *, pulse: bool = True) -> None:
        """From `start_count` for one turn the camera sees this picture; counts never go back between calls."""
        if not NO_PICTURE <= picture < self._header["picture_count"]:
            raise SceneError(f"there is no picture {picture} in the bank of {self._header['picture_count']}")
        head: int = self._header["view_head"]
        self._header.views[head % MAX_VIEWS] = (start_count, picture, int(pulse))
        self._header["view_head"] = head + 1

    def counters(self) -> dict[str, int]:
        """What the producer counted since this scene was made."""
        return {name: self._header[name] for name in COUNTERS}

    def close(self) -> None:
        """Put out the light and remove the file. Idempotent."""
        if self._fd < 0:
            return
        self._header["closed"] = 1
        self.path.unlink(missing_ok=True)
        self._header.close()
        os.close(self._fd)
        self._fd = -1
