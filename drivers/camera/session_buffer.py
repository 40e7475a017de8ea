"""What one delivered buffer says about itself: it decides, not the configuration. Must not know frames or slots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.camera.chunks import ChunkReader, Chunks
from drivers.camera.pixels import BY_CODE, PixelFormat, line_bytes
from drivers.camera.session_stream import Stream

_PAYLOAD_IMAGE, _PAYLOAD_CHUNK = 1, 4


@dataclass(frozen=True, slots=True)
class Received:
    """A buffer from the producer; `raw` and `pixels` are ours to read until it is given back."""

    raw: Any
    number: int | None
    """The camera's own; None where it numbers nothing."""
    timestamp_ns: int | None
    chunks: Chunks
    is_image: bool
    pixel_format: PixelFormat | None
    """None: a format that nobody here can read."""
    width_px: int
    height_px: int
    lines: int
    """Lines that have arrived, from the first one on."""
    padding_bytes: int
    pixels: NDArray[np.uint8]
    """The buffer from its first line on, one dimension."""
    stale_rows: int


def read_buffer(stream: Stream, raw: Any, chunks: ChunkReader | None) -> Received:
    """The facts of a buffer that was just delivered. Exceptions of the binding pass through."""
    width, height = int(raw.width), int(raw.height)
    padding = int(_told(raw, "padding_x") or 0)
    offset = int(_told(raw, "image_offset") or 0)
    pixels = np.frombuffer(raw.raw_buffer, np.uint8)[offset:]
    pixel_format = BY_CODE.get(int(_told(raw, "pixel_format") or 0))
    row_bytes = _row_bytes(pixel_format, width)
    lines = 0 if row_bytes is None else _lines(raw, height, row_bytes + padding, (pixels.size, offset))
    found = chunks.read(lines) if chunks is not None and stream.chunks(raw) else Chunks()
    number, timestamp = _told(raw, "frame_id"), _told(raw, "timestamp_ns")
    return Received(
        raw=raw,
        number=found.frame_id if number is None else int(number),
        timestamp_ns=found.timestamp_ns if timestamp is None else int(timestamp),
        chunks=found,
        is_image=int(raw.payload_type) in (_PAYLOAD_IMAGE, _PAYLOAD_CHUNK),
        pixel_format=None if row_bytes is None else pixel_format,
        width_px=width,
        height_px=height,
        lines=lines,
        padding_bytes=padding,
        pixels=pixels,
        stale_rows=0 if row_bytes is None else stream.stale_rows(raw, offset, offset + lines * (row_bytes + padding)),
    )


def _row_bytes(pixel_format: PixelFormat | None, width_px: int) -> int | None:
    try:
        return None if pixel_format is None else line_bytes(pixel_format, width_px)
    except ValueError:  # a line that ends within a group of pixels
        return None


def _lines(raw: Any, height: int, stride: int, room: tuple[int, int]) -> int:
    """The lines that arrived, by all that the producer tells; `room`: bytes from the first line on, and before it."""
    complete = raw.is_complete()
    lines = min(height, room[0] // max(1, stride))
    delivered = _told(raw, "delivered_image_height")
    if delivered is not None and (delivered or not complete):  # some say 0 where they mean "all"
        lines = min(lines, int(delivered))
    if not complete:
        lines = min(lines, max(0, int(raw.size_filled) - room[1]) // max(1, stride))
    return lines


def _told(raw: Any, fact: str) -> Any:
    """A fact about a buffer that the producer may not tell."""
    try:
        return getattr(raw, fact)
    except Exception:  # noqa: BLE001 - NotAvailable, NotImplemented, InvalidParameter: producers differ
        return None
