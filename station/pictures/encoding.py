"""Pictures to bytes and back: JPEG, PNG, previews, and the heat that is laid over a preview.

All of it takes milliseconds to a second, most of that without Python's global lock: for threads, never for the loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.maps import STRONGEST, Heat

PREVIEW_EDGE_PX: Final = 1024
_KEPT_QUALITY, _PREVIEW_QUALITY = 90, 75
_PNG: Final = [
    cv2.IMWRITE_PNG_COMPRESSION, 1,
    cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE,
    cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP,
]  # fmt: skip
"""A noisy picture of 20 megapixels: 217 ms, 9.3 MB; with OpenCV's own choice of strategy and filter 529 ms, 11 MB."""
_REDUCED: Final = {2: cv2.IMREAD_REDUCED_GRAYSCALE_2, 4: cv2.IMREAD_REDUCED_GRAYSCALE_4}


def encoded(pixels: NDArray[np.uint8], *, lossless: bool) -> bytes:
    """A grey picture (height, width) u8 as PNG, or as JPEG of quality 90."""
    if lossless:
        return _encode(".png", pixels, _PNG)
    return _encode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _KEPT_QUALITY])


def decoded(content: bytes) -> NDArray[np.uint8] | None:
    """The grey picture (height, width) u8 in a file's bytes; None if there is none."""
    return _decode(content, cv2.IMREAD_GRAYSCALE)


def preview_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the preview of a picture of this shape: PREVIEW_EDGE_PX at most, never larger than it is."""
    shrink = min(1.0, PREVIEW_EDGE_PX / max(shape))
    return max(1, round(shape[0] * shrink)), max(1, round(shape[1] * shrink))


def preview(pixels: NDArray[np.uint8]) -> bytes:
    """A small JPEG of a grey picture (height, width) u8."""
    return _small(pixels, preview_shape((pixels.shape[0], pixels.shape[1])))


def preview_of(content: bytes, shape: tuple[int, int]) -> bytes | None:
    """A small JPEG of an encoded picture whose own shape is `shape`; None if there is none in it.

    A large JPEG is decoded at a fraction of its size, which takes a fraction of the time.
    """
    height, width = preview_shape(shape)
    factor = max((step for step in _REDUCED if step * height <= shape[0] and step * width <= shape[1]), default=1)
    pixels = _decode(content, _REDUCED.get(factor, cv2.IMREAD_GRAYSCALE))
    return None if pixels is None else _small(pixels, (height, width))


def overlay(heat: Heat, places: Sequence[tuple[int, int]], patch_px: tuple[int, int], shape: tuple[int, int]) -> bytes:
    """PNG (RGBA) of the size of the preview of a picture of `shape`, to be laid over it.

    `places` (y_px, x_px) and `patch_px` (height, width) of the patches are in the picture's own pixels. Transparent
    where nothing speaks for the heat's class; where patches overlap, it is their mean.
    """
    height, width = preview_shape(shape)
    shrink = height / shape[0], width / shape[1]
    total: NDArray[np.float32] = np.zeros((height, width), dtype=np.float32)
    count: NDArray[np.float32] = np.zeros((height, width), dtype=np.float32)
    for index, (y_px, x_px) in enumerate(places[: heat.cells.shape[0]]):
        top, left = round(y_px * shrink[0]), round(x_px * shrink[1])
        bottom = min(height, max(top + 1, round((y_px + patch_px[0]) * shrink[0])))
        right = min(width, max(left + 1, round((x_px + patch_px[1]) * shrink[1])))
        if top < 0 or left < 0 or bottom <= top or right <= left:
            continue
        cells = heat.cells[index].astype(np.float32)
        total[top:bottom, left:right] += cv2.resize(cells, (right - left, bottom - top))
        count[top:bottom, left:right] += 1.0
    level: NDArray[np.uint8] = (total / np.maximum(count, 1.0)).round().astype(np.uint8)
    coloured: NDArray[np.uint8] = np.zeros((height, width, 4), dtype=np.uint8)
    coloured[:, :, :3] = cv2.applyColorMap(level, cv2.COLORMAP_TURBO)
    coloured[:, :, 3] = (level * STRONGEST).round().astype(np.uint8)
    return _encode(".png", coloured, [cv2.IMWRITE_PNG_COMPRESSION, 1])


def _small(pixels: NDArray[np.uint8], shape: tuple[int, int]) -> bytes:
    """Halved as often as it goes, then linear: 20 megapixels in 5 ms, where one step of areas takes 28."""
    small = pixels
    while small.shape[0] >= 2 * shape[0] and small.shape[1] >= 2 * shape[1]:
        height, width = small.shape[0] // 2, small.shape[1] // 2
        small = _resized(small[: 2 * height, : 2 * width], (height, width), cv2.INTER_AREA)
    if small.shape != shape:
        small = _resized(small, shape, cv2.INTER_LINEAR)
    return _encode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _PREVIEW_QUALITY])


def _resized(pixels: NDArray[np.uint8], shape: tuple[int, int], how: int) -> NDArray[np.uint8]:
    resized: Any = cv2.resize(pixels, (shape[1], shape[0]), interpolation=how)
    return np.asarray(resized, dtype=np.uint8)


def _encode(kind: str, pixels: Any, options: list[int]) -> bytes:
    done: Any = cv2.imencode(kind, pixels, options)
    if not done[0]:
        raise ValueError(f"a picture of {pixels.shape} {pixels.dtype} cannot be encoded as {kind}")
    return bytes(done[1])


def _decode(content: bytes, how: int) -> NDArray[np.uint8] | None:
    if not content:
        return None
    pixels: Any = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), how)
    return None if pixels is None else np.asarray(pixels, dtype=np.uint8)
