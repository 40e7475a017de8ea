"""A picture that somebody sent, decoded with care: PNG, JPEG or BMP, to grey with 8 bits a pixel.

For a process of its own: a decoder is the last thing that should meet strangers' bytes beside the line. What is no
whole picture is refused with one sentence. Must not know what is done with it.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.crop import COARSE_STRIDE_PX

PIXELS_MAX: Final = 1 << 26
"""Eight cameras' worth of the largest sensor here; OpenCV itself refuses more, see `DECODER_ENVIRONMENT`."""
DECODER_ENVIRONMENT: Final = {"OPENCV_IO_MAX_IMAGE_PIXELS": str(PIXELS_MAX)}
"""For the process that decodes: the limit holds before any memory is taken, whatever a header promises."""
KINDS: Final = ("image/png", "image/jpeg", "image/bmp")

_BEGINS: Final = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/bmp": b"BM"}
_ENDS: Final = {"image/png": b"IEND", "image/jpeg": b"\xff\xd9"}
_END_WITHIN: Final = 4096  # some cameras put a few words behind the end


class PictureError(Exception):
    """It cannot be looked at; one sentence."""


def grey_of(content: bytes, kind: str) -> NDArray[np.uint8]:
    """(height, width) u8 of a file's bytes of media type `kind`; colour becomes grey, 16 bits become 8."""
    found = next((name for name, begin in _BEGINS.items() if content.startswith(begin)), "something else")
    if found != kind:
        raise PictureError(f"picture: expected {kind}, found {found if content else 'nothing'}.")
    _expect_whole(content, kind)
    raw = _decoded(content, cv2.IMREAD_ANYDEPTH)  # without IMREAD_ANYCOLOR: grey
    if raw is None:
        raise PictureError(
            f"picture: expected a whole {kind} of at most {PIXELS_MAX} pixels, found one that cannot be decoded."
        )
    if raw.ndim != 2 or raw.dtype not in (np.uint8, np.uint16):
        raise PictureError(f"picture: expected 8 or 16 bits a pixel, found {raw.dtype}; save it as grey with 8 bits.")
    height, width = raw.shape
    if min(height, width) < COARSE_STRIDE_PX:
        least = f"{COARSE_STRIDE_PX} x {COARSE_STRIDE_PX}"
        raise PictureError(f"picture: expected at least {least} pixels, found {width} x {height}.")
    eight_bits = raw if raw.dtype == np.uint8 else raw >> 8
    return np.ascontiguousarray(eight_bits, dtype=np.uint8)


def _expect_whole(content: bytes, kind: str) -> None:
    """Decoders fill up what is missing with grey, and grey is a part without defects."""
    if kind == "image/bmp":
        whole = len(content) >= 6 and int.from_bytes(content[2:6], "little") <= len(content)
    else:
        whole = _ENDS[kind] in content[-_END_WITHIN:]
    if not whole:
        raise PictureError(f"picture: expected a whole {kind}, found one that breaks off; send it again.")


def _decoded(content: bytes, flags: int) -> Any:
    try:
        return cv2.imdecode(np.frombuffer(content, dtype=np.uint8), flags)
    except cv2.error:
        return None
