"""From a trained network to an INT8 `.tflite`: litert-torch, then ai-edge-quantizer with our own calibration merge.

The quantiser's own calibration is a moving average that depends on the order of the samples; here every
sample is calibrated alone and the ranges are merged. The input is pinned to scale 1/64, zero point 0.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.make.frameworks import require

INPUT_RANGE: Final = (-128 / 64, 127 / 64)
RANGE_PERCENTILE: Final = 97.0
SIGNATURE: Final = "serving_default"


def export_int8(network: Any, calibration: NDArray[np.int8], percentile: float = RANGE_PERCENTILE) -> bytes:
    """INT8 `.tflite` of a trained network; `calibration` (n, height, width, channels) int8 patches, n >= 1."""
    with tempfile.TemporaryDirectory(prefix="station-export-") as folder:
        float_path = Path(folder) / "float.tflite"
        export_float(network, calibration.shape[1:], float_path)
        return _quantise(float_path, calibration, percentile)


def export_float(network: Any, shape: Sequence[int], path: Path) -> None:
    """Write the float network, input (1, height, width, channels) of `shape`, to `path`."""
    torch, litert_torch = require("torch"), require("litert_torch")
    frozen = copy.deepcopy(network).float().eval().to(memory_format=torch.contiguous_format)
    wrapped = litert_torch.to_channel_last_io(frozen, args=[0]).eval()
    sample = torch.zeros((1, *shape), dtype=torch.float32)
    litert_torch.convert(wrapped, (sample,)).export(str(path))


def as_float(patches: NDArray[np.int8]) -> NDArray[np.float32]:
    """What int8 patches mean in real numbers: (u8 - 128) / 64."""
    return patches.astype(np.float32) / np.float32(64.0)


def _quantise(float_path: Path, calibration: NDArray[np.int8], percentile: float) -> bytes:
    quantizer_module, recipe = require("ai_edge_quantizer.quantizer"), require("ai_edge_quantizer.recipe")
    quantizer = quantizer_module.Quantizer(str(float_path), recipe.static_wi8_ai8())
    runner = require("ai_edge_litert.interpreter").Interpreter(model_path=str(float_path))
    signature = runner.get_signature_runner(SIGNATURE)
    argument = next(iter(signature.get_input_details()))
    input_tensor = signature.get_input_details()[argument]["name"]
    results: list[dict[str, dict[str, Any]]] = []
    for patch in as_float(calibration):
        fresh = quantizer_module.Quantizer(str(float_path), recipe.static_wi8_ai8())
        results.append(fresh.calibrate({SIGNATURE: [{argument: patch[np.newaxis]}]}))
    merged = merge_ranges(results, percentile)
    pinned = merged[input_tensor]
    pinned["min"] = np.full_like(pinned["min"], INPUT_RANGE[0])
    pinned["max"] = np.full_like(pinned["max"], INPUT_RANGE[1])
    return bytes(quantizer.quantize(merged).quantized_model)


def merge_ranges(results: Sequence[dict[str, dict[str, Any]]], percentile: float) -> dict[str, dict[str, Any]]:
    """One range a tensor: the given percentile over the samples of each sample's maximum, likewise for minima."""
    merged = copy.deepcopy(results[0])
    for name, ranges in merged.items():
        if "min" not in ranges:
            continue
        lows = np.stack([np.asarray(result[name]["min"]) for result in results])
        highs = np.stack([np.asarray(result[name]["max"]) for result in results])
        ranges["min"] = np.percentile(lows, 100.0 - percentile, axis=0).astype(np.float32)
        ranges["max"] = np.percentile(highs, percentile, axis=0).astype(np.float32)
    return merged
