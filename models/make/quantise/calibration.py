"""The windows that set the ranges: of the train split alone, seeded, all classes as training draws them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.engine import LiteRtEngine
from models.make.errors import MakingError
from models.make.networks import plan_named
from models.make.pictures import Picture
from models.make.product import Product
from models.make.quantise.converting import RANGE_PERCENTILE, Conversion, Int8Network
from models.make.training.scoring import fold
from models.make.windows import WindowSampler

CALIBRATION_PATCHES: Final = 192
CALIBRATION_STREAM: Final = 8  # tells this generator from training's, which is seeded with (seed, epoch, step)


def calibration_patches(
    product: Product, network_name: str, train_pictures: Sequence[Picture], count: int, seed: int
) -> NDArray[np.int8]:
    """Patches (count, height, width, channels) int8 of training pictures; MakingError where none can be drawn."""
    rng = np.random.default_rng((seed, CALIBRATION_STREAM))
    try:
        pixels = WindowSampler(train_pictures, product).draw(count, rng)[0]
    except ValueError as error:
        raise MakingError(f"{product.name}: the train split gives no calibration windows: {error}") from error
    return fold(pixels, plan_named(network_name).space_to_depth)


def int8_of(
    network: Any, network_name: str, product: Product, train_pictures: Sequence[Picture], seed: int, threads: int
) -> tuple[Int8Network, LiteRtEngine]:
    """The INT8 form of a trained network, with CALIBRATION_PATCHES and RANGE_PERCENTILE, and an engine that runs it."""
    patches = calibration_patches(product, network_name, train_pictures, CALIBRATION_PATCHES, seed)
    with Conversion(network, patches, threads) as conversion:
        made = conversion.int8(RANGE_PERCENTILE)
    return made, made.engine(patches.shape[1:], len(product.labels), Path(f"{product.name}.tflite"), threads)
