"""Class activation maps: where in a part the network saw what speaks for a class.

Pure functions of feature maps and head weights. For a network that ends in global average pooling and one linear layer
the map is exact: its mean and the layer's bias make the class's logit, and Grad-CAM's map, before it is cut at zero, is
the same but for the factor 1 / (height * width). Knows no engine and no bundle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

STRONGEST: Final = 0.6  # share of the heat's colour where the map is highest; the picture stays visible below


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
