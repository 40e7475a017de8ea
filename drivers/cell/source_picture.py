"""One picture file as grey levels, or one sentence on why it is none.

A file cut off in the middle is refused, although decoders fill the rest with grey: what was not seen is not
inspected. It must not know labels, splits or sensors beyond their size.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_FILE_BYTES = 64 * 1024 * 1024

_TAIL_BYTES = 4096
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND"


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A picture, uint8 (height, width), or the sentence that says why there is none."""

    picture: NDArray[np.uint8] | None
    problem: str | None


def read_picture(path: Path, name: str, sha256: str | None = None) -> Reading:
    """Read a file as grey levels, colour converted; never raises for what a file can be.

    `name` is how the sentence calls it; `sha256` (hexadecimal) is what the manifest expects of its bytes.
    """
    try:
        size_bytes = path.stat().st_size
        if not path.is_file():
            return Reading(None, f"{name}: expected a picture file, found a folder or a device.")
        if size_bytes > MAX_FILE_BYTES:
            return Reading(
                None,
                f"{name}: the file has {size_bytes} bytes, more than the {MAX_FILE_BYTES} a picture may have.",
            )
        content = path.read_bytes()
    except FileNotFoundError:
        return Reading(None, f"{name}: the file is missing.")
    except (OSError, ValueError) as error:
        return Reading(None, f"{name}: the file cannot be read ({error}).")
    if not content:
        return Reading(None, f"{name}: the file is empty (0 bytes).")
    if sha256 and hashlib.sha256(content).hexdigest() != sha256.lower():
        return Reading(None, f"{name}: the file's bytes are not those of the manifest (sha256 differs).")
    if _is_cut_off(content):
        return Reading(None, f"{name}: the picture file is cut off before its end.")
    return _decode(content, name)


def _is_cut_off(content: bytes) -> bool:
    tail = content[-_TAIL_BYTES:]
    if content.startswith(_JPEG_START):
        return _JPEG_END not in tail
    return content.startswith(_PNG_START) and _PNG_END not in tail


def _decode(content: bytes, name: str) -> Reading:
    try:
        # OpenCV's stubs leave out that it returns None for what is no picture.
        decoded: object = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    except (cv2.error, MemoryError) as error:
        reason = str(error).strip().splitlines()[-1]
        return Reading(None, f"{name}: the picture cannot be decoded ({reason}).")
    if not isinstance(decoded, np.ndarray) or decoded.ndim != 2:
        return Reading(None, f"{name}: the file is not a picture that can be decoded (PNG, JPEG, BMP, TIFF).")
    return Reading(decoded.astype(np.uint8, copy=False), None)
