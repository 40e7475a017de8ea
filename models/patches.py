"""Cuts the found part into the int8 patches that the network takes.

Both geometries write into one buffer that is allocated once. int8 = u8 XOR 0x80 is the whole quantisation:
networks are trained on (u8 - 128) / 64. Knows nothing of what the patches show.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.crop import Box
from models.spec import FixedGeometry, ModelSpec, NativeGeometry

SIGN_FLIP: Final = {1: np.uint8(0x80), 2: np.uint16(0x8080), 4: np.uint32(0x80808080)}
HALVE_FROM: Final = 2.0
HALVE_OTHER_FROM: Final = 1.5  # means of 2 x 1 pixels alone are four times slower than of 2 x 2
PIXEL_GROUP: Final = {1: np.uint8, 2: np.uint16, 4: np.uint32}


def evenly(length_px: int, patch_px: int) -> list[int]:
    """Starts of the fewest patches that cover `length_px` exactly, evenly overlapping; [] if none fits."""
    if length_px < patch_px:
        return []
    count = -(-length_px // patch_px)
    if count == 1:
        return [0]
    room = length_px - patch_px
    return [(2 * index * room + count - 1) // (2 * (count - 1)) for index in range(count)]


def resize_part(part: NDArray[np.uint8], out: NDArray[np.uint8], scratch: NDArray[np.uint8]) -> None:
    """Resize a part (h, w) u8 into `out` (height, width): means of 2 x 2 where it shrinks enough, then linear.

    Halving first, on each axis that shrinks to half or less, keeps small defects and costs a tenth of a
    plain area resize. `scratch` is a flat u8 buffer of at least part.size / 2 elements.
    """
    height, width = part.shape
    shrink_y, shrink_x = height / out.shape[0], width / out.shape[1]
    if max(shrink_y, shrink_x) >= HALVE_FROM and min(shrink_y, shrink_x) >= HALVE_OTHER_FROM:
        half = scratch[: (height // 2) * (width // 2)].reshape(height // 2, width // 2)
        whole = part[: half.shape[0] * 2, : half.shape[1] * 2]
        cv2.resize(whole, (half.shape[1], half.shape[0]), dst=half, interpolation=cv2.INTER_AREA)
        part = half
    cv2.resize(part, (out.shape[1], out.shape[0]), dst=out, interpolation=cv2.INTER_LINEAR)


def quantise_grid(picture: NDArray[np.uint8], patch_px: int, block: int, out: NDArray[np.int8]) -> None:
    """Cut a C-contiguous picture (rows * patch_px, columns * patch_px) into `out`, row after row.

    `out` is (rows * columns, patch_px / block, patch_px / block, block * block) int8; the channel of a
    pixel is block * (row in its block) + (column in its block). One pass, `block` pixels at a time.
    """
    rows, columns = picture.shape[0] // patch_px, picture.shape[1] // patch_px
    edge = patch_px // block
    groups = picture.view(PIXEL_GROUP[block]).reshape(rows, edge, block, columns, edge)
    target = out.view(PIXEL_GROUP[block]).reshape(rows, columns, edge, edge, block)
    np.bitwise_xor(groups.transpose(0, 3, 1, 4, 2), SIGN_FLIP[block], out=target)


class PatchCutter:
    """Cuts parts into patches as a bundle says; owns the buffers."""

    def __init__(self, spec: ModelSpec) -> None:
        geometry = spec.preprocessing.geometry
        self._geometry = geometry
        self._block = spec.input.space_to_depth
        self._patches = np.zeros((geometry.max_patches, *spec.input_shape[1:]), dtype=np.int8)
        self._scratch = np.zeros(0, dtype=np.uint8)
        shape = (
            (geometry.height_px, geometry.width_px)
            if isinstance(geometry, FixedGeometry)
            else (geometry.patch_px, geometry.patch_px)
        )
        self._picture = np.zeros(shape, dtype=np.uint8)
        self._origins: list[tuple[int, int]] = []

    @property
    def origins(self) -> list[tuple[int, int]]:
        """(y_px, x_px) of the last part's patches, in the resized part (fixed) or in the part (native)."""
        return self._origins

    def prepare(self, image: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
        """The part's pixels in the geometry's scale, (height, width) u8, valid until the next call."""
        part = image[box.y_px : box.y_px + box.height_px, box.x_px : box.x_px + box.width_px]
        if isinstance(self._geometry, NativeGeometry):
            return part
        if self._scratch.size < image.size // 2:
            self._scratch = np.zeros(image.size // 2, dtype=np.uint8)
        resize_part(part, self._picture, self._scratch)
        return self._picture

    def cut(self, prepared: NDArray[np.uint8]) -> NDArray[np.int8]:
        """Patches (n, height, width, channels) int8 of what `prepare` gave, valid until the next call.

        n is 0 if the part is smaller than a patch or needs more than `max_patches`.
        """
        patch_px = self._geometry.patch_px
        if isinstance(self._geometry, FixedGeometry):
            quantise_grid(prepared, patch_px, self._block, self._patches)
            self._origins = [
                (y, x)
                for y in range(0, self._geometry.height_px, patch_px)
                for x in range(0, self._geometry.width_px, patch_px)
            ]
            return self._patches
        height, width = prepared.shape
        origins = [(y, x) for y in evenly(height, patch_px) for x in evenly(width, patch_px)]
        if len(origins) > self._geometry.max_patches:
            origins = []
        for index, (y, x) in enumerate(origins):
            np.copyto(self._picture, prepared[y : y + patch_px, x : x + patch_px])
            quantise_grid(self._picture, patch_px, self._block, self._patches[index : index + 1])
        self._origins = origins
        return self._patches[: len(origins)]
