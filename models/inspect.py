"""Inspects one picture of a part: crop, patches, engine, vote; one inspector a worker, its buffers kept.

Says what it saw; what a verdict does to the line is the station's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, BundleError
from models.crop import Box, Problem
from models.engine import Engine, FeatureEngine
from models.features import Features
from models.maps import Heat, heat_of
from models.preprocess import Preprocessor
from models.sharpness import sharpness
from models.spec import PATCHES, FixedGeometry
from models.vote import UNKNOWN_CLASS, Vote, vote

STAGES = ("crop_resize", "patch_quantise", "engine", "vote")
HEAT_FROM: Final = 0.5
"""A patch with less than this share of the class's threshold is not mapped: what speaks for the class there is faint,
and sound parts, which are most, cost next to nothing."""
_LEAST: Final = np.float32(1e-6)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was seen. Only `problem is None and vote is not None and not vote.defective` may become a pass.

    `scores` (patches, classes) f32; `patch_origins` (y_px, x_px) of each patch in the resized part (fixed
    geometry) or in the part (native). `saturated_fraction`, `dark_fraction`, `mean` and `sharpness` are of the part, or
    of the picture where no part was found. `stage_us` has the keys STAGES. `patch_px` is a patch's edge in the scale of
    `patch_origins`, and `scale` (y, x) leads from there to the picture: box.y_px + y * scale[0]. `heat` is there where
    maps are asked for: of the class that decided, of the strongest defect class where the part is sound.
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
    patch_px: int = 0
    scale: tuple[float, float] = (1.0, 1.0)
    heat: Heat | None = None

    @property
    def sound(self) -> bool:
        """True only if the part was inspected whole and no patch was defective."""
        return self.problem is None and self.vote is not None and not self.vote.defective


class PartInspector:
    """Inspects pictures one after the other; used by one thread. BundleError for a bundle of another kind.

    `mapping` is the same engine where maps are wanted too: the bundle must have a feature map.
    """

    def __init__(self, bundle: Bundle, engine: Engine, mapping: FeatureEngine | None = None) -> None:
        if bundle.spec.kind != PATCHES:
            raise BundleError(f"{bundle.path}: expected a bundle of kind {PATCHES}, found kind {bundle.spec.kind}")
        if mapping is not None and bundle.head_weights is None:
            raise BundleError(f"{bundle.path}: expected a bundle with a feature map, found none")
        self._engine, self._mapping, self._head_weights = engine, mapping, bundle.head_weights
        self._geometry = bundle.spec.preprocessing.geometry
        self._thresholds = bundle.spec.threshold_row
        self._preprocessor = Preprocessor(bundle.spec)

    @property
    def thresholds(self) -> tuple[float, ...]:
        """At or above which score a patch of each defect class makes the part defective."""
        return self._thresholds

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
        features = None
        if self._mapping is None:
            scores = self._engine.run(prepared.patches)
        else:
            scores, features = self._mapping.run_with_features(prepared.patches)
        engine_ns = perf_counter_ns()
        verdict = vote(scores, self._thresholds)
        stage_us["engine"] = (engine_ns - begin_ns) // 1000
        failed = verdict.problem
        if failed is None and scores.shape[0] != prepared.patches.shape[0]:
            failed = str(Problem.MISSED_PATCHES)
        mapped = None if failed is not None or features is None else self._heat(scores, features, verdict)
        stage_us["vote"] = (perf_counter_ns() - engine_ns) // 1000
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
            self._geometry.patch_px,
            self._scale_of(found.box),
            mapped,
        )

    def _heat(self, scores: NDArray[np.float32], features: Features, verdict: Vote) -> Heat | None:
        """The map of the class that decided, or of the defect class that comes nearest to its threshold."""
        if self._head_weights is None or verdict.class_index == UNKNOWN_CLASS:
            return None
        shares = scores[:, 1:] / np.maximum(np.asarray(self._thresholds, dtype=np.float32), _LEAST)
        column = verdict.class_index - 1 if verdict.defective else int(shares.max(axis=0).argmax())
        strongest = float(shares[:, column].max())
        patches = np.flatnonzero(shares[:, column] >= min(HEAT_FROM, strongest)).tolist()
        maps = features.weighed(self._head_weights[column + 1], patches)
        return heat_of(maps, patches, scores.shape[0], column + 1, strongest)

    def _scale_of(self, box: Box | None) -> tuple[float, float]:
        if box is None or not isinstance(self._geometry, FixedGeometry):
            return (1.0, 1.0)
        return (box.height_px / self._geometry.height_px, box.width_px / self._geometry.width_px)
