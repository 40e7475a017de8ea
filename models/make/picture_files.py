"""Decodes a picture file and says what it was: bits a pixel, colour or grey. Knows nothing of products or masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.make.manifest import DataError

COLOUR_FROM_LEVELS: Final = 8  # channels of a grey picture saved as JPEG in colour differ by less


@dataclass(frozen=True, slots=True)
class Decoded:
    """`grey` (height, width) u8 or u16 as `bits` says; `colour`: the file's channels differ."""

    grey: NDArray[np.uint8] | NDArray[np.uint16]
    bits: int
    colour: bool


def decode(path: Path) -> Decoded:
    """The file's picture; DataError where it cannot be read, is no picture, or has neither 8 nor 16 bits a pixel."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    return decode_bytes(content, path)


def decode_bytes(content: bytes, path: Path) -> Decoded:
    """As `decode`, of a file's content; `path` is for the message."""
    buffer = np.frombuffer(content, dtype=np.uint8)
    raw: Any = _decoded(buffer, cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR)
    if raw is None:
        raise DataError(f"{path}: expected a picture, found something else")
    if raw.dtype not in (np.uint8, np.uint16):
        raise DataError(f"{path}: expected 8 or 16 bits a pixel, found {raw.dtype}; save it as an 8-bit grey picture")
    bits = 8 if raw.dtype == np.uint8 else 16
    colour = False
    if raw.ndim > 2:  # (height, width) is grey
        first, others = raw[..., :1].astype(np.int32), raw[..., 1:].astype(np.int32)
        colour = bool((np.abs(others - first) > COLOUR_FROM_LEVELS << (bits - 8)).any())
        # decoded again: a JPEG's own luminance is what the grey pictures of the same camera would hold
        flags = cv2.IMREAD_GRAYSCALE if bits == 8 else cv2.IMREAD_ANYDEPTH
        raw = _decoded(buffer, flags)
    return Decoded(np.ascontiguousarray(raw), bits, colour)


def _decoded(buffer: NDArray[np.uint8], flags: int) -> Any:
    """None where it is no picture."""
    try:
        return cv2.imdecode(buffer, flags) if buffer.size else None
    except cv2.error:  # a header that promises more than OpenCV's limit of pixels
        return None
