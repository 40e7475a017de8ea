"""The scene file from the cell's side: pictures, encoder and views that a simulated camera sees.

`scene.h` holds the same table for the producer. This module must not know parts, labels or Modbus.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.camera.producer.scene_faults import SceneFaults
from drivers.camera.producer.scene_header import (
    COUNTERS,
    HEADER_BYTES,
    MAGIC,
    MAX_NUMBER,
    MAX_PICTURES,
    MAX_VIEWS,
    VERSION,
    SceneError,
    SceneHeader,
)

__all__ = ["NO_PICTURE", "SceneError", "SceneFaults", "SceneWriter"]

NO_PICTURE = -1


class SceneWriter:
    """Makes the scene file and moves the world in it. One writer a file.

    The file appears under `path` complete (written beside it and renamed), replaces one that a killed cell
    left behind, and is removed by close(). `area`: what an area camera (AREA01) sees; otherwise a line-scan
    camera's (LINE01) unrolled turn, `counts_per_row` encoder counts a row.
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
        area: bool = False,
    ) -> None:
        self.path = Path(path)
        self.area = area
        self.sensor_width_px, self.sensor_height_px = sensor_width_px, sensor_height_px
        self.counts_per_turn = sensor_height_px * counts_per_row
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            self._fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SceneError(f"scene file {self.path} cannot be made: {error.strerror}") from error
        os.ftruncate(self._fd, HEADER_BYTES)
        self._end = HEADER_BYTES
        self._header = header = SceneHeader(self._fd)
        for name, value in {
            "version": VERSION,
            "world_epoch": time.monotonic_ns() // 1000 % 2**32,
            "sensor_width_px": sensor_width_px,
            "sensor_height_px": sensor_height_px,
            "counts_per_row": counts_per_row,
            "background_level": background_level,
            "noise_amplitude": noise_amplitude,
            "area": int(area),
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

    def show(self, start_count: int, picture: int, *, pulse: bool = True, number: int = 0) -> None:
        """From `start_count` the camera sees this picture: for one turn (line scan), or until the next view (area).

        `pulse`: Line1 fires at that count, which starts a frame. `number`: burnt into that frame (see stamp.py),
        1..2^24-1; 0 burns none. Counts never go back between calls.
        """
        if not NO_PICTURE <= picture < self._header["picture_count"]:
            raise SceneError(f"there is no picture {picture} in the bank of {self._header['picture_count']}")
        if not 0 <= number <= MAX_NUMBER:
            raise SceneError(f"a burnt-in number is 0 to {MAX_NUMBER}, found {number}")
        head: int = self._header["view_head"]
        self._header.views[head % MAX_VIEWS] = (start_count, picture, int(pulse), number, 0)
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
