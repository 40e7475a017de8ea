"""Calibration: the range of every tensor over the samples, merged by a percentile of our own.

The quantiser's own calibration is a moving average that depends on the order of the samples; here every sample is
calibrated alone and the ranges are merged. The input is pinned to scale 1/64, zero point 0.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.make.frameworks import require
from models.make.progress import shown
from models.make.quantise.float_network import as_float

INPUT_RANGE: Final = (-128 / 64, 127 / 64)
SIGNATURE: Final = "serving_default"
TensorRanges = dict[str, dict[str, Any]]


class CalibratedNetwork:
    """A float network with the ranges of every sample, from which INT8 networks of any percentile are made.

    `patches` (n, height, width, channels) int8, n >= 1.
    """

    def __init__(self, float_path: Path, patches: NDArray[np.int8], threads: int = 1) -> None:
        if not len(patches):
            raise ValueError("expected calibration patches, found none")
        self._path = str(float_path)
        quantizer, argument = self._quantizer(), self._argument()
        self._samples: list[TensorRanges] = []
        for patch in shown(as_float(patches), "calibrated", len(patches)):
            sample = {SIGNATURE: [{argument["key"]: patch[np.newaxis]}]}
            self._samples.append(quantizer.calibrate(sample, num_threads=threads))
        self._input_tensor: str = argument["name"]

    def int8(self, percentile: float) -> bytes:
        """The INT8 network, 8-bit activations and weights a channel; `percentile` as `merge_ranges` takes it."""
        merged = merge_ranges(self._samples, percentile)
        pinned = merged[self._input_tensor]
        pinned["min"] = np.full_like(pinned["min"], INPUT_RANGE[0])
        pinned["max"] = np.full_like(pinned["max"], INPUT_RANGE[1])
        return bytes(self._quantizer().quantize(merged).quantized_model)

    def _quantizer(self) -> Any:
        recipe = require("ai_edge_quantizer.recipe")
        return require("ai_edge_quantizer.quantizer").Quantizer(self._path, recipe.static_wi8_ai8())

    def _argument(self) -> dict[str, str]:
        interpreter = require("ai_edge_litert.interpreter").Interpreter(model_path=self._path)
        details = interpreter.get_signature_runner(SIGNATURE).get_input_details()
        key = next(iter(details))
        return {"key": key, "name": details[key]["name"]}


def merge_ranges(samples: Sequence[TensorRanges], percentile: float) -> TensorRanges:
    """One range a tensor: the given percentile over the samples of each sample's maximum, likewise for minima."""
    merged = copy.deepcopy(samples[0])
    for name, ranges in merged.items():
        if "min" not in ranges:
            continue
        lows = np.stack([np.asarray(sample[name]["min"]) for sample in samples])
        highs = np.stack([np.asarray(sample[name]["max"]) for sample in samples])
        ranges["min"] = np.percentile(lows, 100.0 - percentile, axis=0).astype(np.float32)
        ranges["max"] = np.percentile(highs, percentile, axis=0).astype(np.float32)
    return merged
