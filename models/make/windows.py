"""Which windows of the pictures become training patches, and what label a window has.

Pure NumPy: the seeded generator is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.make.pictures import Picture, defects_in
from models.make.products import Product
from models.patches import evenly

AMBIGUOUS: Final = -1
ATTEMPTS: Final = 50


def label_of(mask: NDArray[np.uint8], labels: int, min_mask_px: int) -> int:
    """Label index of a window's mask: 0 without any mask pixel, AMBIGUOUS with too few, else the commonest defect."""
    counts = np.bincount(mask.ravel(), minlength=labels)[1:]
    if not counts.any():
        return 0
    best = int(np.argmax(counts))
    return best + 1 if counts[best] >= min_mask_px else AMBIGUOUS


def grid(picture: Picture, product: Product) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """The windows that inspection cuts, (n, patch, patch) u8, and their labels (n,).

    All windows of a defective picture without a mask are ambiguous.
    """
    edge = product.geometry.patch_px
    height, width = picture.pixels.shape
    origins = [(y, x) for y in evenly(height, edge) for x in evenly(width, edge)]
    unmasked = picture.label_index != 0 and not picture.mask.any()
    pixels = np.zeros((len(origins), edge, edge), dtype=np.uint8)
    labels = np.full(len(origins), AMBIGUOUS, dtype=np.intp)
    for index, (y, x) in enumerate(origins):
        pixels[index] = picture.pixels[y : y + edge, x : x + edge]
        if not unmasked:
            labels[index] = label_of(picture.mask[y : y + edge, x : x + edge], len(product.labels), product.min_mask_px)
    return pixels, labels


class WindowSampler:
    """Draws training windows at any offset, classes balanced: `sound_share` sound, the defects in equal parts."""

    def __init__(self, pictures: Sequence[Picture], product: Product) -> None:
        self._product = product
        self._edge = product.geometry.patch_px
        usable = [picture for picture in pictures if min(picture.pixels.shape) >= self._edge]
        self._sound = [p for p in usable if p.label_index == 0 or p.mask.any()]
        self._defect_pixels: dict[int, list[tuple[Picture, NDArray[np.intp]]]] = {}
        for picture in usable:
            for label in defects_in(picture.mask):
                where = np.argwhere(picture.mask == label)
                self._defect_pixels.setdefault(label, []).append((picture, where))
        if not self._sound or not self._defect_pixels:
            raise ValueError("a training split needs sound windows and masked defects")

    @property
    def defect_labels(self) -> list[int]:
        """Label indices of which there are training windows."""
        return sorted(self._defect_pixels)

    def draw(self, count: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Windows (count, patch, patch) u8 and labels (count,)."""
        pixels = np.zeros((count, self._edge, self._edge), dtype=np.uint8)
        labels = np.zeros(count, dtype=np.int64)
        for index in range(count):
            if rng.random() < self._product.sound_share:
                wanted = 0
            else:
                wanted = self.defect_labels[int(rng.integers(len(self._defect_pixels)))]
            window, labels[index] = self.one(wanted, rng)
            pixels[index] = window
        return pixels, labels

    def one(self, wanted: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], int]:
        """A window of the wanted label; after ATTEMPTS the last window that is not ambiguous, whatever it shows."""
        spare: tuple[NDArray[np.uint8], int] | None = None
        for _ in range(ATTEMPTS):
            picture, y, x = self._place(wanted, rng)
            part = np.s_[y : y + self._edge, x : x + self._edge]
            label = label_of(picture.mask[part], len(self._product.labels), self._product.min_mask_px)
            if label == wanted:
                return picture.pixels[part], label
            if label != AMBIGUOUS:
                spare = (picture.pixels[part], label)
        if spare is None:
            raise ValueError(f"no window of label {wanted} in {ATTEMPTS} attempts")
        return spare

    def _place(self, wanted: int, rng: np.random.Generator) -> tuple[Picture, int, int]:
        if wanted == 0:
            picture = self._sound[int(rng.integers(len(self._sound)))]
            room_y, room_x = (int(length) - self._edge for length in picture.pixels.shape)
            return picture, int(rng.integers(room_y + 1)), int(rng.integers(room_x + 1))
        choices = self._defect_pixels[wanted]
        picture, where = choices[int(rng.integers(len(choices)))]
        centre_y, centre_x = where[int(rng.integers(len(where)))]
        height, width = picture.pixels.shape
        y = int(np.clip(centre_y - rng.integers(self._edge), 0, height - self._edge))
        x = int(np.clip(centre_x - rng.integers(self._edge), 0, width - self._edge))
        return picture, y, x
