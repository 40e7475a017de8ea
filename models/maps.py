"""Class activation maps: where in a part the network saw what speaks for a class.

Pure functions of feature maps and head weights. For a network that ends in global average pooling and one linear layer
the map is exact: its mean and the layer's bias make the class's logit, and Grad-CAM's map, before it is cut at zero, is
the same but for the factor 1 / (height * width). Knows no engine and no bundle.

`Heat` is such a map as it travels with what was seen of a part: coarse, small, and telling how near to a defect it is.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

STRONGEST: Final = 0.6  # share of the heat's colour where the map is highest; the picture stays visible below
HEAT_CELLS_MAX: Final = 16_384
"""A finer map of many patches is made coarser, so that it fits a message."""
_HEAT_HEAD: Final = struct.Struct("<HHHH")


@dataclass(frozen=True, slots=True)
class Heat:
    """What speaks for a class, patch by patch: `cells` (patches, rows, columns) u8 over each patch from edge to edge.

    255: the strongest place of a part whose score for this class reaches the threshold. A part that stays below it is
    cooler throughout, by its score's share of the threshold.
    """

    class_index: int
    cells: NDArray[np.uint8] = field(repr=False)

    def packed(self) -> str:
        """As text, for a message or a file."""
        head = _HEAT_HEAD.pack(self.class_index, *self.cells.shape)
        return base64.b64encode(zlib.compress(head + self.cells.tobytes())).decode("ascii")

    @classmethod
    def unpacked(cls, text: str) -> Self:
        """Inverse of `packed`; ValueError for what is none."""
        try:
            raw = zlib.decompress(base64.b64decode(text, validate=True))
            class_index, *shape = _HEAT_HEAD.unpack_from(raw)
            cells = np.frombuffer(raw, np.uint8, offset=_HEAT_HEAD.size).reshape(shape)
        except (binascii.Error, zlib.error, struct.error, ValueError) as error:
            raise ValueError(f"expected a packed heat map, found {text[:40]!r}") from error
        return cls(int(class_index), cells)


def activation_maps(
    features: NDArray[np.float32], head_weights: NDArray[np.float32], class_index: int
) -> NDArray[np.float32]:
    """Maps (n, h, w) of one class: the sum over k of w_ck A_k (Zhou et al. 2016, equation 2).

    `features` (n, h, w, c) is the last feature map, `head_weights` (classes, c) the linear layer. ValueError if they
    do not fit together or there is no such class.
    """
    if features.ndim != 4 or head_weights.ndim != 2 or features.shape[3] != head_weights.shape[1]:
        raise ValueError(f"features {features.shape} and head weights {head_weights.shape} do not fit together")
    if not 0 <= class_index < head_weights.shape[0]:
        raise ValueError(f"class {class_index}, expected one of 0 to {head_weights.shape[0] - 1}")
    return np.asarray(features @ head_weights[class_index], dtype=np.float32)


def upsampled(maps: NDArray[np.float32], patch_px: int) -> NDArray[np.float32]:
    """Maps (n, h, w) at the patch's own scale, (n, patch_px, patch_px): linear between the cells' centres."""
    out = np.zeros((maps.shape[0], patch_px, patch_px), dtype=np.float32)
    for index in range(maps.shape[0]):
        cv2.resize(maps[index], (patch_px, patch_px), dst=out[index], interpolation=cv2.INTER_LINEAR)
    return out


def mosaic(
    patches: NDArray[np.float32], origins: Sequence[tuple[int, int]], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """The part's map (height, width) of patch maps (n, patch, patch) at their origins (y_px, x_px).

    Where patches overlap it is their mean, where there is none 0.
    """
    total = np.zeros(shape, dtype=np.float32)
    count = np.zeros(shape, dtype=np.float32)
    for patch, (y, x) in zip(patches, origins, strict=True):
        place = np.s_[y : y + patch.shape[0], x : x + patch.shape[1]]
        total[place] += patch
        count[place] += 1.0
    return np.asarray(total / np.maximum(count, 1.0), dtype=np.float32)


def heat(part_map: NDArray[np.float32]) -> NDArray[np.float32]:
    """What speaks for the class, from 0 to 1 at the map's highest place; 0 everywhere where nothing speaks for it."""
    positive = np.asarray(np.maximum(part_map, 0.0), dtype=np.float32)
    peak = float(positive.max(initial=0.0))
    return np.asarray(positive / peak, dtype=np.float32) if peak > 0.0 else positive


def heat_of(maps: NDArray[np.float32], patches: Sequence[int], count: int, class_index: int, strength: float) -> Heat:
    """The heat of maps (n, h, w) of the `patches` among `count`; nothing speaks for the class in the others.

    `strength` is the value of the hottest place, 0..1.
    """
    edges = max(1, min(max(maps.shape[1:]), int((HEAT_CELLS_MAX / max(1, count)) ** 0.5)))
    rows, columns = min(maps.shape[1], edges), min(maps.shape[2], edges)
    if maps.shape[1:] != (rows, columns):
        coarse = np.zeros((maps.shape[0], rows, columns), dtype=np.float32)
        for index in range(maps.shape[0]):
            cv2.resize(maps[index], (columns, rows), dst=coarse[index], interpolation=cv2.INTER_AREA)
        maps = coarse
    cells = np.zeros((count, rows, columns), dtype=np.uint8)
    cells[list(patches)] = (heat(maps) * (255.0 * min(1.0, max(0.0, strength)))).round()
    return Heat(class_index, cells)


def laid_over(picture: NDArray[np.uint8], heat_map: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The grey picture (height, width) in colour, (height, width, 3) BGR, with the heat (0..1) over it.

    Where the heat is 0 the picture is unchanged.
    """
    if picture.shape != heat_map.shape:
        raise ValueError(f"picture {picture.shape} and heat {heat_map.shape} differ in shape")
    grey = np.repeat(picture[:, :, np.newaxis], 3, axis=2).astype(np.float32)
    levels = (np.clip(heat_map, 0.0, 1.0) * 255.0).round().astype(np.uint8)
    colours = np.asarray(cv2.applyColorMap(levels, cv2.COLORMAP_TURBO), dtype=np.float32)
    share = (np.clip(heat_map, 0.0, 1.0) * STRONGEST)[:, :, np.newaxis]
    return (grey * (1.0 - share) + colours * share).round().astype(np.uint8)
