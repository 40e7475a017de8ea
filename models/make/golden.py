"""Chooses the patches of a bundle's golden set: clear cases, so that another engine's rounding is no other decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.engine import Engine
from models.make.pictures import Picture
from models.make.product import Product
from models.make.training.scoring import fold
from models.make.windows import WindowSampler, grid

PER_LABEL: Final = 2
CANDIDATES: Final = 8

Golden = tuple[NDArray[np.uint8], NDArray[np.float32]]
"""Windows (n, patch, patch) u8 and their scores (n, classes) f32."""
Margins = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def golden_windows(
    pictures: Sequence[Picture],
    product: Product,
    engine: Engine,
    block: int,
    thresholds: Sequence[float],
    rng: np.random.Generator,
) -> Golden:
    """PER_LABEL windows of each label that the pictures have, of CANDIDATES those farthest from the thresholds."""
    sampler = WindowSampler(pictures, product)
    labels = [*([0] if product.sound_is_a_class else []), *sampler.defect_labels]
    drawn = [np.stack([sampler.one(label, rng)[0] for _ in range(CANDIDATES)]) for label in labels]
    limits = np.asarray(thresholds, dtype=np.float32)
    return _clearest(drawn, engine, block, lambda scores: np.abs(scores[:, 1:] - limits).min(axis=1))


def golden_types(
    pictures: Sequence[Picture], product: Product, engine: Engine, block: int, least: Sequence[float]
) -> Golden:
    """PER_LABEL pictures of each part type, of CANDIDATES those whose best score is farthest from its least score."""
    drawn = [
        np.concatenate([grid(picture, product)[0] for picture in pictures if picture.label_index == label][:CANDIDATES])
        for label in range(len(product.labels))
    ]
    limits = np.asarray(least, dtype=np.float32)

    def margins(scores: NDArray[np.float32]) -> NDArray[np.float32]:
        best = scores.argmax(axis=1)
        second = np.sort(scores, axis=1)[:, -2]
        top = scores.max(axis=1)
        return np.minimum(np.abs(top - limits[best]), top - second)

    return _clearest(drawn, engine, block, margins)


def _clearest(drawn: Sequence[NDArray[np.uint8]], engine: Engine, block: int, margins: Margins) -> Golden:
    windows: list[NDArray[np.uint8]] = []
    scores: list[NDArray[np.float32]] = []
    for candidates in drawn:
        found = engine.run(fold(candidates, block))
        best = np.argsort(-margins(found))[:PER_LABEL]
        windows.append(candidates[best])
        scores.append(found[best])
    return np.concatenate(windows), np.concatenate(scores)
