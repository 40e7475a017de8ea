"""The scene file's header, field by field: the same table as `scene.h`, mapped and shared with the producer.

Every field is written with one aligned native store, so the producer never sees half of one. It must not know what
the fields are for.
"""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

MAGIC = 0x4E435345
VERSION = 2
HEADER_BYTES = 65_536
MAX_PICTURES = 1024
MAX_VIEWS = 256
MAX_NUMBER = (1 << 24) - 1

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
    "area": (36, np.uint32),
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
    "slow_frames": (96, np.uint32),
    "slow_ms": (100, np.uint32),
    "wrong_size_frames": (104, np.uint32),
    "wrong_size_lines": (108, np.uint32),
    "encoder_jump_frames": (112, np.uint32),
    "encoder_jump_counts": (116, np.int32),
    "encoder_reverse_frames": (120, np.uint32),
    "black_frames": (124, np.uint32),
    "white_frames": (128, np.uint32),
    "blur_frames": (132, np.uint32),
    "freeze_frames": (136, np.uint32),
    "line_trigger_missed_frames": (140, np.uint32),
    "stuck_ms": (144, np.uint32),
    "frame_id_bits": (148, np.uint32),
    "frames_delivered": (160, np.uint64),
    "frames_dropped": (168, np.uint64),
    "underruns": (176, np.uint64),
    "lines_missed": (184, np.uint64),
    "triggers_missed": (192, np.uint64),
    "opened": (200, np.uint64),
    "events_sent": (208, np.uint64),
    "events_lost": (216, np.uint64),
    "view_head": (240, np.uint64),
    "picture_count": (248, np.uint32),
}
VIEWS_OFFSET = 256
PICTURES_OFFSET = 6400
VIEW_TYPE = np.dtype(
    [("start_count", "<i8"), ("picture", "<i4"), ("pulse", "<u4"), ("number", "<u4"), ("reserved", "<u4")]
)
PICTURE_TYPE = np.dtype([("offset", "<u8"), ("width", "<u4"), ("height", "<u4"), ("x", "<u4"), ("y", "<u4")])
COUNTERS = (
    "frames_delivered",
    "frames_dropped",
    "underruns",
    "lines_missed",
    "triggers_missed",
    "opened",
    "events_sent",
    "events_lost",
)


class SceneError(Exception):
    """The scene file cannot be made, or is not one; the message is one sentence."""


class SceneHeader:
    """The mapped header of an open scene file; `fd` may be closed afterwards."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, HEADER_BYTES)
        self._cells: dict[str, np.ndarray[Any, Any]] = {
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
