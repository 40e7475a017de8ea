"""Inspects one picture of a part: crop, patches, engine, vote; one inspector a worker, its buffers kept.

Says what it saw; what a verdict does to the line is the station's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter_ns

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, BundleError
from models.crop import Box, Problem
from models.engine import Engine
from models.preprocess import Preprocessor
from models.sharpness import sharpness
from models.spec import PATCHES
from models.vote import Vote, vote

STAGES = ("crop_resize", "patch_quantise", "engine", "vote")


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was seen. Only `problem is None and vote is not None and not vote.defective` may become a pass.

    `scores` (patches, classes) f32; `patch_origins` (y_px, x_px) of each patch in the resized part (fixed
    geometry) or in the part (native). `saturated_fraction`, `dark_fraction`, `mean` and `sharpness` are of the part, or
    of the picture where no part was found. `stage_us` has the keys STAGES.
    """

    box: Box | None
    problem: str | None
    scores: NDArray[np.float32] | None
    vote: Vote | None
    saturated_fraction: float
    dark_fraction: float
    mean: float
    stage_us: Mapping[str, int]
    patch_origins: tuple[tuple[int, int], ...] = field(default=())
    sharpness: float = 0.0

    @property
    def sound(self) -> bool:
        """True only if the part was inspected whole and no patch was defective."""
        return self.problem is None and self.vote is not None and not self.vote.defective


class PartInspector:
    """Inspects pictures one after the other; used by one thread. BundleError for a bundle of another kind."""

    def __init__(self, bundle: Bundle, engine: Engine) -> None:
        if bundle.spec.kind != PATCHES:
            raise BundleError(f"{bundle.path}: expected a bundle of kind {PATCHES}, found kind {bundle.spec.kind}")
        self._engine = engine
        self._thresholds = bundle.spec.threshold_row
        self._preprocessor = Preprocessor(bundle.spec)

    def inspect(self, image: NDArray[np.uint8], sharpness_min: float = 0.0) -> Inspection:
        """Inspect a grey picture (height, width) u8; never raises for what a camera can deliver.

        A picture less sharp than `sharpness_min` is a problem and costs no time of the engine; 0: not checked.
        """
        prepared = self._preprocessor.prepare(image)
        found, problem = prepared.found, prepared.problem
        sharp = sharpness(image, found.box) if found.box is not None else 0.0
        if problem is None and sharp < sharpness_min:
            problem = Problem.BLURRED
        stage_us: dict[str, int] = dict.fromkeys(STAGES, 0)
        stage_us["crop_resize"] = prepared.crop_resize_us
        stage_us["patch_quantise"] = prepared.patch_quantise_us
        if problem is not None:
            return Inspection(
                found.box,
                str(problem),
                None,
                None,
                found.saturated_fraction,
                found.dark_fraction,
                found.mean,
                stage_us,
                sharpness=sharp,
            )
        begin_ns = perf_counter_ns()
        scores = self._engine.run(prepared.patches)
        engine_ns = perf_counter_ns()
        verdict = vote(scores, self._thresholds)
        stage_us["engine"] = (engine_ns - begin_ns) // 1000
        stage_us["vote"] = (perf_counter_ns() - engine_ns) // 1000
        failed = verdict.problem
        if failed is None and scores.shape[0] != prepared.patches.shape[0]:
            failed = str(Problem.MISSED_PATCHES)
        return Inspection(
            found.box,
            failed,
            scores,
            verdict,
            found.saturated_fraction,
            found.dark_fraction,
            found.mean,
            stage_us,
            tuple(self._preprocessor.origins),
            sharp,
        )
