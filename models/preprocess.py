"""From a camera picture to patches: find the part, bring it to the bundle's geometry, quantise.

The same class prepares the pictures that a network is trained on, so both sides see the same pixels. Knows
no engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter_ns

import numpy as np
from numpy.typing import NDArray

from models.crop import Box, Found, Problem, find_part
from models.patches import PatchCutter, evenly
from models.spec import ModelSpec, NativeGeometry, Region


@dataclass(frozen=True, slots=True)
class Prepared:
    """Patches (n, height, width, channels) int8, valid until the next picture; none with a problem."""

    found: Found
    problem: Problem | None
    patches: NDArray[np.int8]
    crop_resize_us: int
    patch_quantise_us: int


class Preprocessor:
    """Prepares one picture at a time; all buffers belong to it."""

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        self._cutter = PatchCutter(spec)
        self._nothing = np.zeros((0, *spec.input_shape[1:]), dtype=np.int8)

    @property
    def origins(self) -> list[tuple[int, int]]:
        """(y_px, x_px) of the last picture's patches, see `PatchCutter.origins`."""
        return self._cutter.origins

    def prepare(self, image: NDArray[np.uint8]) -> Prepared:
        """Patches of a grey picture (height, width) u8, or the problem that keeps it from being inspected."""
        begin_ns = perf_counter_ns()
        found = find_part(image, self._spec.preprocessing.crop)
        problem = found.problem
        if problem is None and found.box is not None:
            problem = self._too_small_or_large(found.box.height_px, found.box.width_px)
        if problem is not None or found.box is None:
            spent_us = (perf_counter_ns() - begin_ns) // 1000
            return Prepared(found, problem or Problem.NO_PART, self._nothing, spent_us, 0)
        region = self._spec.preprocessing.region
        picture = self._cutter.prepare(image, found.box if region is None else region_of(found.box, region))
        cropped_ns = perf_counter_ns()
        patches = self._cutter.cut(picture)
        end_ns = perf_counter_ns()
        return Prepared(
            found,
            None if patches.shape[0] else Problem.NO_PATCH,
            patches,
            (cropped_ns - begin_ns) // 1000,
            (end_ns - cropped_ns) // 1000,
        )

    def _too_small_or_large(self, height_px: int, width_px: int) -> Problem | None:
        geometry = self._spec.preprocessing.geometry
        if not isinstance(geometry, NativeGeometry):
            return None
        count = len(evenly(height_px, geometry.patch_px)) * len(evenly(width_px, geometry.patch_px))
        if count == 0:
            return Problem.TOO_SMALL
        return Problem.TOO_LARGE if count > geometry.max_patches else None


def region_of(part: Box, region: Region) -> Box:
    """The region of a part as a box of the same picture, at least a pixel high and wide."""
    top, left = int(part.height_px * region.y), int(part.width_px * region.x)
    bottom = min(part.height_px, max(top + 1, round(part.height_px * (region.y + region.height))))
    right = min(part.width_px, max(left + 1, round(part.width_px * (region.x + region.width))))
    return Box(part.x_px + left, part.y_px + top, right - left, bottom - top)
