"""A small recording to replay: six pictures of 320x200, 20 ms apart, with encoder counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.camera.interface import EncoderTrack, Frame
from drivers.camera.recording import RecordingWriter
from drivers.camera.settings import CameraSettings

WIDTH_PX, HEIGHT_PX, FRAMES = 320, 200, 6
PERIOD_US, COUNTS_A_LINE = 20_000, 4
COUNTS_A_FRAME = HEIGHT_PX * COUNTS_A_LINE


def recorded_picture(index: int) -> NDArray[np.uint8]:
    """The pixels of the recording's frame `index` (0..)."""
    return np.random.default_rng(index).integers(0, 256, (HEIGHT_PX, WIDTH_PX), dtype=np.uint8)


def recorded_frame(index: int, *, frame_id: int | None = None, lines_valid: int = HEIGHT_PX) -> Frame:
    """The frame that was recorded with it."""
    first = index * COUNTS_A_FRAME
    return Frame(
        slot=0,
        frame_id=10 + index if frame_id is None else frame_id,
        camera_ns=5_000_000_000 + index * PERIOD_US * 1000,
        ready_ns=0,
        copy_us=0,
        encoder=EncoderTrack((0, HEIGHT_PX - 1), (first, first + (HEIGHT_PX - 1) * COUNTS_A_LINE)),
        width_px=WIDTH_PX,
        height_px=HEIGHT_PX,
        lines_valid=lines_valid,
        pixel_format="Mono8",
        lost_before=0,
    )


def record(folder: Path, frames: list[Frame] | None = None) -> Path:
    """Write the recording, or these frames with the pictures of their places; the folder."""
    writer = RecordingWriter(folder)
    try:
        for index, frame in enumerate(frames or [recorded_frame(index) for index in range(FRAMES)]):
            writer.add(frame, recorded_picture(index))
    finally:
        writer.close()
    return folder


def replay_settings(tmp_path: Path, **changes: object) -> CameraSettings:
    """A camera that replays the recording in `tmp_path`/recording, which is written when it is not there."""
    folder = tmp_path / "recording"
    values: dict[str, object] = {
        "producer": "replay",
        "serial": "REPLAY01",
        "scene": str(folder if folder.exists() else record(folder)),
        "width_px": WIDTH_PX,
        "lines_per_frame": HEIGHT_PX,
        "frame_trigger": "Off",
        **changes,
    }
    return CameraSettings.model_validate(values)
