"""Batches for training: drawn windows, oversampled, under changed light, in a thread that works ahead.

Every batch depends on (seed, epoch, step) alone: a resumed run sees what an unbroken one would have seen.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.make.augmentation import geometric, photometric
from models.make.product import Product
from models.make.windows import AMBIGUOUS, WindowSampler, label_of

AHEAD: Final = 3
LIMIT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows (n, edge, edge) u8 and labels (n,)."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]


def draw_batch(sampler: WindowSampler, product: Product, rng: np.random.Generator) -> Batch:
    """One batch as the product's training options say."""
    options = product.training
    pixels, masks, labels = sampler.draw(options.batch, rng)
    if options.balance.oversampling:
        _oversample(pixels, masks, labels, sampler, product, rng)
    if options.enlarging > 1.0:
        _enlarge(pixels, masks, labels, product, rng)
    if options.flip:
        for axis in (1, 2):
            turned = rng.random(len(pixels)) < 0.5
            pixels[turned] = np.flip(pixels[turned], axis)
            masks[turned] = np.flip(masks[turned], axis)
    return Batch(photometric(pixels, options.photometry, rng, labels=labels, masks=masks), labels)


def _enlarge(
    pixels: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    labels: NDArray[np.int64],
    product: Product,
    rng: np.random.Generator,
) -> None:
    """Half of the windows as if the surface were coarser; one whose defect would leave the window stays as it was."""
    edge = pixels.shape[1]
    for index in np.flatnonzero(rng.random(len(pixels)) < 0.5):
        inner = max(8, round(edge / float(product.training.enlarging ** rng.random())))
        y, x = (int(place) for place in rng.integers(edge - inner + 1, size=2))
        window, mask = pixels[index, y : y + inner, x : x + inner], masks[index, y : y + inner, x : x + inner]
        larger = cv2.resize(np.ascontiguousarray(mask), (edge, edge), interpolation=cv2.INTER_NEAREST)
        label = label_of(np.asarray(larger, np.uint8), len(product.labels), product.min_mask_px)
        if labels[index] == 0 or label == labels[index]:
            pixels[index] = cv2.resize(np.ascontiguousarray(window), (edge, edge), interpolation=cv2.INTER_LINEAR)
            masks[index] = larger


def _oversample(
    pixels: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    labels: NDArray[np.int64],
    sampler: WindowSampler,
    product: Product,
    rng: np.random.Generator,
) -> None:
    """Windows of minority classes through the geometric list; one whose defect leaves the window stays as it was."""
    for index in np.flatnonzero(np.isin(labels, list(sampler.minority))):
        window, mask = geometric(pixels[index], masks[index], product.training.balance.geometric, rng)
        label = label_of(mask, len(product.labels), product.min_mask_px)
        if label not in {AMBIGUOUS, 0} or labels[index] == 0:
            pixels[index], masks[index] = window, mask


def ahead(sampler: WindowSampler, product: Product, seed: int, epoch: int, steps: int) -> Iterator[Batch]:
    """The batches of an epoch; at most AHEAD of them wait. An error of the drawing thread is raised here."""
    waiting: queue.Queue[Batch | BaseException] = queue.Queue(AHEAD)
    stopped = threading.Event()

    def work() -> None:
        for step in range(steps):
            try:
                item: Batch | BaseException = draw_batch(sampler, product, np.random.default_rng((seed, epoch, step)))
            except BaseException as error:  # noqa: BLE001  raised again where the batch is taken
                item = error
            while not stopped.is_set():
                try:
                    waiting.put(item, timeout=0.1)
                    break
                except queue.Full:
                    continue
            if stopped.is_set():
                return

    thread = threading.Thread(target=work, name="draws windows", daemon=True)
    thread.start()
    try:
        for _ in range(steps):
            item = waiting.get(timeout=LIMIT_S)
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()
