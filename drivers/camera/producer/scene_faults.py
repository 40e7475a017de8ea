"""The fault block of a scene: set a field, from any process, and the simulated camera misbehaves.

It must not know parts or what a station makes of a fault. Fields that count frames say "the next n frames that
begin" and are used up by the camera.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from drivers.camera.producer.scene_header import HEADER_BYTES, MAGIC, VERSION, SceneError, SceneHeader


class _FaultField:
    """One number of the fault block, read and written in place."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, block: SceneFaults, owner: type) -> int:
        return block.header[self._name]

    def __set__(self, block: SceneFaults, value: int) -> None:
        block.header[self._name] = value


class SceneFaults:
    """The fault block. Where a fault has a size and a number of frames, set the size first."""

    unplugged = _FaultField()
    """1: the cable is pulled. After 0 again the camera has to be opened and configured anew."""
    incomplete_after_lines = _FaultField()
    """An incomplete frame loses everything after so many lines."""
    incomplete_frames = _FaultField()
    """The next n frames are incomplete."""
    drop_frames = _FaultField()
    """The next n frames are scanned and numbered, but never delivered."""
    stale_frames = _FaultField()
    """The next n frames are delivered with whatever their buffer held before."""
    duplicate_id_frames = _FaultField()
    """The next n frames carry the number of the frame before them."""
    slow_frames = _FaultField()
    """The next n frames are delivered `slow_ms` late; frames after them wait behind them."""
    slow_ms = _FaultField()
    wrong_size_frames = _FaultField()
    """The next n frames say that they are `wrong_size_lines` high, and complete."""
    wrong_size_lines = _FaultField()
    encoder_jump_frames = _FaultField()
    """From the middle line of the next n frames on, content and reported counts are shifted by
    `encoder_jump_counts`; an area frame reports a shifted count."""
    encoder_jump_counts = _FaultField()
    """Signed counts."""
    encoder_reverse_frames = _FaultField()
    """From the middle line of the next n frames on the counts run backwards, and the content with them (line scan)."""
    black_frames = _FaultField()
    """The next n frames are black but for live noise and number: the lamp is off."""
    white_frames = _FaultField()
    """The next n frames are white but for live noise and number: overexposed."""
    blur_frames = _FaultField()
    """The next n frames are smeared along the line by a box of 33 px."""
    freeze_frames = _FaultField()
    """The next n frames show again what the last delivered one showed, noise and burnt-in number included."""
    line_trigger_missed_frames = _FaultField()
    """At the start of each of the next n frames the camera says LineTriggerMissed (line scan); no line is missing."""
    stuck_ms = _FaultField()
    """The next wait for a frame does not return for so long, whatever its limit was: a hung driver."""
    frame_id_bits = _FaultField()
    """16: frame numbers run from 1 to 65535 and begin with 1 again; 0: 64 bits. Not a fault, but as a camera may be."""

    def __init__(self, header: SceneHeader) -> None:
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
            header = SceneHeader(fd)
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
