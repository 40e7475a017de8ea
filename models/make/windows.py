"""Which windows of the pictures become training patches, and what label a window has.

Pure NumPy: the seeded generator is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.make.pictures import Picture, defects_in
from models.make.product import Product
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


def grid_origins(picture: Picture, product: Product) -> list[tuple[int, int]]:
    """(y_px, x_px) of the windows that inspection cuts, row after row; [] where none fits."""
    edge = product.geometry.patch_px
    height, width = picture.pixels.shape
    return [(y, x) for y in evenly(height, edge) for x in evenly(width, edge)]


def grid(picture: Picture, product: Product) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """The windows that inspection cuts, (n, patch, patch) u8, and their labels (n,).

    All windows of a defective picture without a mask are ambiguous.
    """
    edge = product.geometry.patch_px
    origins = grid_origins(picture, product)
    unmasked = picture.label_index != 0 and not picture.mask.any()
    pixels = np.zeros((len(origins), edge, edge), dtype=np.uint8)
    labels = np.full(len(origins), AMBIGUOUS, dtype=np.intp)
    for index, (y, x) in enumerate(origins):
        pixels[index] = picture.pixels[y : y + edge, x : x + edge]
        if not unmasked:
            labels[index] = label_of(picture.mask[y : y + edge, x : x + edge], len(product.labels), product.min_mask_px)
    return pixels, labels


class WindowSampler:
    """Draws training windows at any offset: `sound_share` sound, the defects in equal parts or as often as they occur.

    `edge_px`: smaller or larger windows than inspection cuts. ValueError where a split has no windows of its own.
    """

    def __init__(self, pictures: Sequence[Picture], product: Product, edge_px: int | None = None) -> None:
        self._product = product
        self._edge = edge_px or product.geometry.patch_px
        usable = [picture for picture in pictures if min(picture.pixels.shape) >= self._edge]
        self._sound = [p for p in usable if p.label_index == 0 or (p.mask.any() and not p.mask.all())]
        self._of_label: dict[int, list[Picture]] = {}
        for picture in usable:
            for label in defects_in(picture.mask):
                self._of_label.setdefault(label, []).append(picture)
        self._defect_pixels: dict[tuple[int, int], NDArray[np.intp]] = {}
        if not self._of_label or (product.sound_is_a_class and not self._sound):
            raise ValueError("a training split needs sound windows and masked defects")
        counts = np.array([len(self._of_label[label]) for label in self.defect_labels], dtype=np.float64)
        even = np.full(counts.size, 1.0 / counts.size)
        self._shares = even if product.training.balance.sampling else counts / counts.sum()

    @property
    def defect_labels(self) -> list[int]:
        """Label indices of which there are training windows."""
        return sorted(self._of_label)

    @property
    def minority(self) -> frozenset[int]:
        """Labels of less than half as many pictures as the commonest defect has."""
        most = max(len(pictures) for pictures in self._of_label.values())
        return frozenset(label for label, pictures in self._of_label.items() if 2 * len(pictures) < most)

    def draw(
        self, count: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64]]:
        """Windows (count, edge, edge) u8, their masks and labels (count,)."""
        pixels = np.zeros((count, self._edge, self._edge), dtype=np.uint8)
        masks = np.zeros_like(pixels)
        labels = np.zeros(count, dtype=np.int64)
        for index in range(count):
            if self._sound and rng.random() < self._product.training.sound_share:
                wanted = 0
            else:
                wanted = self.defect_labels[int(rng.choice(self._shares.size, p=self._shares))]
            pixels[index], masks[index], labels[index] = self.one(wanted, rng)
        return pixels, masks, labels

    def one(self, wanted: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8], int]:
        """Window, mask, label; after ATTEMPTS the last window that is not ambiguous, whatever it shows."""
        spare: tuple[NDArray[np.uint8], NDArray[np.uint8], int] | None = None
        for _ in range(ATTEMPTS):
            picture, y, x = self._place(wanted, rng)
            part = np.s_[y : y + self._edge, x : x + self._edge]
            label = label_of(picture.mask[part], len(self._product.labels), self._product.min_mask_px)
            if label == wanted:
                return picture.pixels[part], picture.mask[part], label
            if label != AMBIGUOUS:
                spare = (picture.pixels[part], picture.mask[part], label)
        if spare is None:
            raise ValueError(f"no window of label {wanted} in {ATTEMPTS} attempts")
        return spare

    def _place(self, wanted: int, rng: np.random.Generator) -> tuple[Picture, int, int]:
        if wanted == 0:
            picture = self._sound[int(rng.integers(len(self._sound)))]
            room_y, room_x = (int(length) - self._edge for length in picture.pixels.shape)
            return picture, int(rng.integers(room_y + 1)), int(rng.integers(room_x + 1))
        choices = self._of_label[wanted]
        chosen = int(rng.integers(len(choices)))
        picture = choices[chosen]
        where = self._defect_pixels.get((wanted, chosen))
        if where is None:
            where = self._defect_pixels[wanted, chosen] = np.argwhere(picture.mask == wanted)
        centre_y, centre_x = where[int(rng.integers(len(where)))]
        height, width = picture.pixels.shape
        y = int(np.clip(centre_y - rng.integers(self._edge), 0, height - self._edge))
        x = int(np.clip(centre_x - rng.integers(self._edge), 0, width - self._edge))
        return picture, y, x
