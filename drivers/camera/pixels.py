"""Pixel formats of the cameras (PFNC) and their way into 8 bits of grey, which is what the station inspects.

The GenICam library unpacks in Python at 27 ms for 2048x2048 pixels of Mono12p; here each pixel of a group is read as a
16-bit word that overlaps its neighbour's, so that one strided pass a pixel position does. Imported by the capture
process: numpy only, and OpenCV only once a colour format is met. It must not know buffers, rings or cameras.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """A format as PFNC 2.4 numbers and packs it: `group_px` pixels lie in `group_bytes` bytes, low bits first."""

    name: str
    code: int
    depth_bits: int
    """Bits that carry brightness."""
    group_px: int
    group_bytes: int

    @property
    def packed(self) -> bool:
        """Pixels share bytes."""
        return self.group_px > 1

    @property
    def colour(self) -> bool:
        """Grey has to be mixed from colours."""
        return self.name in ("BayerRG8", "RGB8")


FORMATS: dict[str, PixelFormat] = {
    fmt.name: fmt
    for fmt in (
        PixelFormat("Mono8", 0x01080001, 8, 1, 1),
        PixelFormat("Mono10", 0x01100003, 10, 1, 2),
        PixelFormat("Mono12", 0x01100005, 12, 1, 2),
        PixelFormat("Mono10p", 0x010A0046, 10, 4, 5),
        PixelFormat("Mono12p", 0x010C0047, 12, 2, 3),
        PixelFormat("BayerRG8", 0x01080009, 8, 1, 1),
        PixelFormat("RGB8", 0x02180014, 8, 1, 3),
    )
}
BY_CODE: dict[int, PixelFormat] = {fmt.code: fmt for fmt in FORMATS.values()}

_MIN_DEMOSAIC_LINES = 3


def line_bytes(fmt: PixelFormat, width_px: int) -> int:
    """Bytes of a line without padding; ValueError when a packed line would end within a group."""
    groups, rest = divmod(width_px, fmt.group_px)
    if rest:
        raise ValueError(f"{width_px} pixels of {fmt.name} do not fill whole groups of {fmt.group_px}")
    return groups * fmt.group_bytes


def write_grey8(raw: NDArray[np.uint8], fmt: PixelFormat, target: NDArray[np.uint8], padding_bytes: int) -> None:
    """Write the upper 8 bits of brightness of the first lines of `raw` into `target` (lines, width).

    `raw` has one dimension and begins at the first line; each line is followed by `padding_bytes`, the last one need
    not be. Colour becomes grey by BT.601. ValueError when `raw` is too short.
    """
    lines, width = target.shape
    if not target.size:
        return
    if fmt.name == "Mono8":
        np.copyto(target, _words(raw, fmt, (lines, width), padding_bytes, 0, 1))
    elif fmt.colour:
        _mix(raw, fmt, target, padding_bytes)
    else:
        _unpack(raw, fmt, target, padding_bytes, skip_bits=fmt.depth_bits - 8)


def full_depth(
    raw: NDArray[np.uint8], fmt: PixelFormat, height_px: int, width_px: int, padding_bytes: int
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """All that the camera said: (height, width) of uint8 or uint16 (0..1023, 0..4095), or RGB (height, width, 3)."""
    if fmt.colour:
        return _colours(raw, fmt, (height_px, width_px), padding_bytes)
    if fmt.depth_bits == 8:
        return _words(raw, fmt, (height_px, width_px), padding_bytes, 0, 1).copy()
    target = np.empty((height_px, width_px), np.uint16)
    _unpack(raw, fmt, target, padding_bytes, skip_bits=0)
    target &= (1 << fmt.depth_bits) - 1
    return target


def _words(
    raw: NDArray[np.uint8], fmt: PixelFormat, shape: tuple[int, int], padding_bytes: int, offset: int, word_bytes: int
) -> NDArray[Any]:
    """The (lines, groups) words that begin `offset` bytes into each group; they need not be aligned."""
    lines, width = shape
    stride = line_bytes(fmt, width) + padding_bytes
    needed = (lines - 1) * stride + line_bytes(fmt, width)
    if raw.size < needed:
        raise ValueError(f"{lines} lines of {width} pixels of {fmt.name} need {needed} bytes, found {raw.size}")
    groups = width // fmt.group_px
    return np.ndarray((lines, groups), f"<u{word_bytes}", raw.data, offset, (stride, fmt.group_bytes))


def _unpack(raw: NDArray[np.uint8], fmt: PixelFormat, target: NDArray[Any], padding_bytes: int, skip_bits: int) -> None:
    """Write each pixel without its lowest `skip_bits`; bits above the target's are cut off, the others stay."""
    shape = (target.shape[0], target.shape[1])
    for pixel in range(fmt.group_px):
        offset, shift = divmod(pixel * fmt.depth_bits + skip_bits, 8)
        column = target[:, pixel :: fmt.group_px]
        if shift == 0 and target.itemsize == 1:
            np.copyto(column, _words(raw, fmt, shape, padding_bytes, offset, 1))
        else:
            words = _words(raw, fmt, shape, padding_bytes, offset, 2)
            np.right_shift(words, shift, out=column, casting="unsafe")


def _mix(raw: NDArray[np.uint8], fmt: PixelFormat, target: NDArray[np.uint8], padding_bytes: int) -> None:
    cv2 = _opencv()
    shape = (target.shape[0], target.shape[1])
    if fmt.name == "BayerRG8":
        cells = _words(raw, fmt, shape, padding_bytes, 0, 1)
        if min(shape) < _MIN_DEMOSAIC_LINES:
            np.copyto(target, cells)
            return
        grey = cv2.cvtColor(cells, cv2.COLOR_BayerRGGB2GRAY, dst=target)
    else:
        grey = cv2.cvtColor(_colours(raw, fmt, shape, padding_bytes), cv2.COLOR_RGB2GRAY, dst=target)
    if grey is not target:
        np.copyto(target, grey)


def _colours(raw: NDArray[np.uint8], fmt: PixelFormat, shape: tuple[int, int], padding_bytes: int) -> NDArray[np.uint8]:
    """RGB (lines, width, 3)."""
    if fmt.name == "RGB8":
        red = _words(raw, fmt, shape, padding_bytes, 0, 1)
        return np.ndarray((*shape, 3), np.uint8, raw.data, 0, (*red.strides, 1))
    cv2 = _opencv()
    cells = _words(raw, fmt, shape, padding_bytes, 0, 1)
    if min(shape) < _MIN_DEMOSAIC_LINES:
        return np.repeat(cells[:, :, np.newaxis], 3, axis=2)
    colours: NDArray[np.uint8] = cv2.cvtColor(cells, cv2.COLOR_BayerRGGB2RGB)
    return colours


def _opencv() -> Any:
    """OpenCV on one thread: its own would compete with the workers."""
    cv2: Any = importlib.import_module("cv2")
    cv2.setNumThreads(1)
    return cv2
