"""A recording of a camera: a folder with `frames.csv` and one grey PNG a frame, read by replay.py.

`station camera grab --frames` writes one. `frames.csv` has the columns of COLUMNS: the picture's file name, its
number, µs since the first frame, `line:count` pairs of the encoder divided by spaces (empty: none), lines that
arrived, the camera's pixel format. This file must not know rings or time.
"""

from __future__ import annotations

import contextlib
import csv
import importlib
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.camera.interface import CameraError, EncoderTrack, Frame

TABLE = "frames.csv"
COLUMNS = ("file", "frame_id", "offset_us", "encoder_counts", "lines_valid", "pixel_format")
MAX_FRAMES = 100_000

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY_OF_8_BITS = (8, 0)


class RecordingError(CameraError):
    """A recording cannot be read or written; one sentence with the file and, where there is one, the line."""


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """One row of the table; the picture has been looked at, not decoded."""

    path: Path
    frame_id: int
    offset_us: int
    encoder: EncoderTrack | None
    lines_valid: int
    pixel_format: str
    width_px: int
    height_px: int


def read_recording(folder: Path) -> tuple[RecordedFrame, ...]:
    """Every frame of the recording, each file read once and checked. RecordingError for the first fault found."""
    table = folder / TABLE
    try:
        with table.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise RecordingError(
                    f"{table} has no column {', '.join(missing)}: a recording needs {','.join(COLUMNS)}"
                )
            frames: list[RecordedFrame] = []
            for row in reader:
                if len(frames) == MAX_FRAMES:
                    raise RecordingError(f"{table} has more than {MAX_FRAMES} frames: cut it")
                frames.append(_recorded(folder, row, f"{table} line {reader.line_num}"))
    except OSError as error:
        raise RecordingError(
            f"recording {table} cannot be read ({error.strerror}): set scene to a folder written by "
            "'station camera grab --frames N --out DIR'"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(f"recording {table} is no table ({error}): record it again") from error
    if not frames:
        raise RecordingError(f"recording {table} has no frame: record it again")
    return tuple(frames)


def _recorded(folder: Path, row: dict[str, str], where: str) -> RecordedFrame:
    name = row["file"] or ""
    if not name or Path(name).name != name:
        raise RecordingError(f"{where}: {name!r} is not a file name beside it: pictures lie in the recording's folder")
    width_px, height_px = grey_png_size(folder / name)
    try:
        lines_valid = int(row["lines_valid"])
        if not 0 <= lines_valid <= height_px:
            raise ValueError(f"{lines_valid} lines valid of {height_px}")  # noqa: TRY301 - one sentence for all of them
        return RecordedFrame(
            path=folder / name,
            frame_id=int(row["frame_id"]),
            offset_us=int(row["offset_us"]),
            encoder=_track(row["encoder_counts"] or ""),
            lines_valid=lines_valid,
            pixel_format=row["pixel_format"] or "Mono8",
            width_px=width_px,
            height_px=height_px,
        )
    except (TypeError, ValueError) as error:
        raise RecordingError(f"{where} is not a frame ({error}): mend the line, or record again") from error


def _track(text: str) -> EncoderTrack | None:
    pairs = [pair.split(":") for pair in text.split()]
    if not pairs:
        return None
    return EncoderTrack(tuple(int(line) for line, _ in pairs), tuple(int(count) for _, count in pairs))


def grey_png_size(path: Path) -> tuple[int, int]:
    """Width and height of a whole 8-bit grey PNG: every chunk's CRC is checked, no pixel is decoded."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordingError(f"picture {path} cannot be read ({error.strerror}): record it again") from error
    if not data.startswith(_PNG_SIGNATURE):
        raise RecordingError(f"picture {path} is no PNG: a recording holds 8-bit grey PNGs")
    size, at = None, len(_PNG_SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            break
        if kind == b"IHDR":
            width_px, height_px, depth, colour = struct.unpack_from(">IIBB", data, at + 8)
            if (depth, colour) != _GREY_OF_8_BITS:
                raise RecordingError(f"picture {path} is not 8-bit grey: convert it, or record it again")
            size = (width_px, height_px)
        if kind == b"IEND" and size is not None:
            return size
        at = end
    raise RecordingError(f"picture {path} is damaged after {at} of {len(data)} bytes: record it again")


def read_picture(frame: RecordedFrame) -> NDArray[np.uint8]:
    """The pixels (height, width) of a frame. RecordingError when the file has gone or changed since it was checked."""
    cv2: Any = importlib.import_module("cv2")
    try:
        pixels: NDArray[np.uint8] | None = cv2.imread(str(frame.path), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        pixels = None
    if pixels is None or pixels.shape != (frame.height_px, frame.width_px) or pixels.dtype != np.uint8:
        raise RecordingError(f"picture {frame.path} is not what it was when the replay began: do not touch a recording")
    return pixels


def write_png(path: Path, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    """Write grey of 8 or 16 bits (height, width), or RGB (height, width, 3), as a PNG. RecordingError if it cannot."""
    cv2: Any = importlib.import_module("cv2")
    ordered = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[:, :, ::-1])
    done, data = cv2.imencode(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise RecordingError(f"picture {path} of {pixels.shape} cannot be made a PNG")
    try:
        path.write_bytes(data)
    except OSError as error:
        raise RecordingError(f"picture {path} cannot be written ({error.strerror}): name another place") from error


class RecordingWriter:
    """Writes a recording into a folder, made when missing. One that is there already is not overwritten."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._first_ns: int | None = None
        self._number = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / TABLE).open("x", encoding="utf-8", newline="")
        except FileExistsError as error:
            what = "holds a recording already" if (folder / TABLE).exists() else "is a file"
            raise RecordingError(f"{folder} {what}: name another folder") from error
        except OSError as error:
            raise RecordingError(f"folder {folder} cannot be written ({error.strerror}): name another") from error
        self._table = csv.writer(self._file, lineterminator="\n")
        self._table.writerow(COLUMNS)

    def add(self, frame: Frame, pixels: NDArray[np.uint8]) -> Path:
        """Write one frame with its pixels (height, width); the picture's path."""
        self._first_ns = frame.camera_ns if self._first_ns is None else self._first_ns
        self._number += 1
        path = self._folder / f"{self._number:06}.png"
        write_png(path, pixels)
        track = frame.encoder
        counts = "" if track is None else " ".join(f"{a}:{b}" for a, b in zip(track.lines, track.counts, strict=True))
        offset_us = (frame.camera_ns - self._first_ns) // 1000
        row = (path.name, frame.frame_id, offset_us, counts, frame.lines_valid, frame.pixel_format)
        try:
            self._table.writerow(row)
            self._file.flush()
        except OSError as error:
            raise RecordingError(
                f"{self._file.name} cannot be written ({error.strerror}): is the disk full?"
            ) from error
        return path

    def close(self) -> None:
        """Close the table; without a frame there is no recording, and nothing is left of it. Idempotent."""
        self._file.close()
        if not self._number:
            (self._folder / TABLE).unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # it was there before, with something else in it
                self._folder.rmdir()
