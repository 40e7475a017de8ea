"""One trained network, calibrated once, and its INT8 forms; each is checked before it leaves here."""

from __future__ import annotations

import logging
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from models.engine import LiteRtEngine, Tensors
from models.make.quantise.float_network import FloatNetwork, export_float
from models.make.quantise.ranges import CalibratedNetwork
from models.make.quantise.second_output import with_feature_output, with_short_names

log = logging.getLogger(__name__)

RANGE_PERCENTILE: Final = 97.0


@dataclass(frozen=True, slots=True)
class Int8Network:
    """A quantised network; `map_shape` (1, h, w, c) and `head_weights` (classes, c) where it has a second output."""

    content: bytes = field(repr=False)
    percentile: float
    map_shape: tuple[int, int, int, int] | None = None
    head_weights: NDArray[np.float32] | None = field(default=None, repr=False)

    def engine(self, shape: tuple[int, int, int], classes: int, where: Path, threads: int) -> LiteRtEngine:
        """An engine for it: BundleError where input, scores or map are not as they must be."""
        tensors = Tensors((1, *shape), 1 / 64, 0, classes, self.map_shape)
        return LiteRtEngine(self.content, tensors, where, threads)


class Conversion:
    """The way from one network to INT8; a context, because the float file lies in a folder for as long.

    `network` is a `Classifier` (or, without second output, any module); `calibration` (n, height, width, channels)
    int8.
    """

    def __init__(self, network: Any, calibration: NDArray[np.int8], threads: int = 1) -> None:
        self._network, self._calibration, self._threads = network, calibration, threads
        self._stack = ExitStack()
        self._with_map = bool(getattr(network, "cam_exact", False))

    def __enter__(self) -> Self:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="station-quantise-")))
        path = folder / "float.tflite"
        try:
            export_float(self._network, self._calibration.shape[1:], path)
            self.float_bytes = path.stat().st_size
            self.float_network = FloatNetwork(path, self._threads)
            self._calibrated = CalibratedNetwork(path, self._calibration, self._threads)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def int8(self, percentile: float = RANGE_PERCENTILE) -> Int8Network:
        """INT8 with ranges of this percentile; without second output where the graph has no map to show."""
        content = self._calibrated.int8(percentile)
        if not self._with_map:
            return Int8Network(with_short_names(content), percentile)
        try:
            made = with_feature_output(content)
        except ValueError as error:
            log.warning("no second output for activation maps: %s", error)
            return Int8Network(with_short_names(content), percentile)
        return Int8Network(made.content, percentile, made.map_shape, made.head_weights)


def export_int8(network: Any, calibration: NDArray[np.int8], percentile: float = RANGE_PERCENTILE) -> bytes:
    """INT8 `.tflite` of a trained network; `calibration` (n, height, width, channels) int8 patches, n >= 1."""
    with Conversion(network, calibration) as conversion:
        return conversion.int8(percentile).content
