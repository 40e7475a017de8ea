"""The float network as a `.tflite` file, and running it: what INT8 is held against.

Converted by litert-torch, run in float32 by the same engine as INT8, so that the difference is quantising alone.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.engine import softmax
from models.make.frameworks import require

INPUT_UNIT: Final = np.float32(64.0)


def export_float(network: Any, shape: Sequence[int], path: Path) -> None:
    """Write the float network, input (1, height, width, channels) of `shape` (height, width, channels), to `path`."""
    torch, litert_torch = require("torch"), require("litert_torch")
    frozen = copy.deepcopy(network).float().cpu().eval().to(memory_format=torch.contiguous_format)
    wrapped = litert_torch.to_channel_last_io(frozen, args=[0]).eval()
    sample = torch.zeros((1, *shape), dtype=torch.float32)
    litert_torch.convert(wrapped, (sample,)).export(str(path))


def as_float(patches: NDArray[np.int8]) -> NDArray[np.float32]:
    """What int8 patches mean in real numbers: (u8 - 128) / 64."""
    return patches.astype(np.float32) / INPUT_UNIT


class FloatNetwork:
    """A float `.tflite` in an interpreter; used by one thread at a time."""

    def __init__(self, path: Path, threads: int) -> None:
        interpreter = require("ai_edge_litert.interpreter").Interpreter(model_path=str(path), num_threads=threads)
        interpreter.allocate_tensors()
        self._interpreter = interpreter
        self._input_index = int(interpreter.get_input_details()[0]["index"])
        self._output_index = int(interpreter.get_output_details()[0]["index"])

    def run(self, patches: NDArray[np.int8]) -> NDArray[np.float32]:
        """Softmax scores (n, classes) f32 of int8 patches (n, height, width, channels)."""
        logits = [np.zeros((0, *self._interpreter.get_output_details()[0]["shape"][1:]), dtype=np.float32)]
        for patch in patches:
            self._interpreter.set_tensor(self._input_index, as_float(patch[np.newaxis]))
            self._interpreter.invoke()
            logits.append(self._interpreter.get_tensor(self._output_index))
        return softmax(np.concatenate(logits))
