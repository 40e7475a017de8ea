"""What a network gives, in its own numbers: turned into real ones only as far as somebody needs them.

Knows no interpreter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Output:
    """One output of the network: real numbers are (raw - zero_point) * scale."""

    index: int
    scale: float
    zero_point: int
    dtype: str

    def real(self, raw: NDArray[Any]) -> NDArray[np.float32]:
        """What the network's own numbers mean."""
        return (raw.astype(np.float32, copy=False) - np.float32(self.zero_point)) * np.float32(self.scale)


@dataclass(frozen=True, slots=True)
class Features:
    """The last feature map (n, h, w, c) of some patches, in the network's own numbers."""

    raw: NDArray[Any] = field(repr=False)
    output: Output

    def real(self) -> NDArray[np.float32]:
        """The map (n, h, w, c) in real numbers."""
        return self.output.real(self.raw)

    def weighed(self, weights: NDArray[np.float32], patches: Sequence[int]) -> NDArray[np.float32]:
        """For these patches the sum over the channels of `real`, each times its weight (c,): (patches, h, w) f32."""
        sums = self.raw[list(patches)].astype(np.float32, copy=False) @ weights
        return (sums - np.float32(self.output.zero_point) * weights.sum()) * np.float32(self.output.scale)
