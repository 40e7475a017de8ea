"""Judges which part it is: an identity bundle's network over one patch of the part, or of a region of it.

The decision is the best-scoring part type if its score reaches that type's least score; otherwise the type is
unknown. Says what it saw; whether it is the type that is wanted, and what follows, is the station's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, BundleError
from models.crop import Problem
from models.engine import Engine
from models.preprocess import Preprocessor
from models.recognition import UNKNOWN_TYPE, Recognition, recognise
from models.sharpness import sharpness
from models.spec import IDENTITY

__all__ = ["IdentityInspector", "IdentitySeen", "Recognition", "recognise"]

NOTHING: Final = Recognition(UNKNOWN_TYPE, UNKNOWN_TYPE, 0.0)


@dataclass(frozen=True, slots=True)
class IdentitySeen:
    """What was seen of the part's type.

    `label` is the best-scoring type whether its score sufficed or not, None with a `problem`; `recognised` is True
    only if it sufficed. `score` 0..1. `took_us`: crop, network and decision together.
    """

    label: str | None
    score: float
    recognised: bool
    problem: str | None
    sharpness: float
    took_us: int

    def __post_init__(self) -> None:
        if self.recognised and (self.label is None or self.problem is not None):
            raise ValueError(f"a type that was recognised has a name and no problem, found {self!r}")

    def shows(self, part_type: str) -> bool:
        """True only if this very type was recognised."""
        return self.problem is None and self.recognised and self.label == part_type


class IdentityInspector:
    """Looks at pictures one after the other; used by one thread. BundleError for a bundle of another kind."""

    def __init__(self, bundle: Bundle, engine: Engine) -> None:
        if bundle.spec.kind != IDENTITY:
            raise BundleError(f"{bundle.path}: expected a bundle of kind {IDENTITY}, found kind {bundle.spec.kind}")
        self._engine = engine
        self._labels: Sequence[str] = bundle.labels
        self._least = bundle.spec.threshold_row
        self._preprocessor = Preprocessor(bundle.spec)

    def look(self, image: NDArray[np.uint8], sharpness_min: float = 0.0) -> IdentitySeen:
        """Which part a grey picture (height, width) u8 shows; never raises for what a camera can deliver.

        A picture less sharp than `sharpness_min` is a problem and costs no time of the engine; 0: not checked.
        """
        begin_ns = perf_counter_ns()
        prepared = self._preprocessor.prepare(image)
        box, problem = prepared.found.box, prepared.problem
        sharp = sharpness(image, box) if box is not None else 0.0
        if problem is None and not sharp >= sharpness_min:
            problem = Problem.BLURRED
        found, words = NOTHING, None if problem is None else str(problem)
        if problem is None:
            found = recognise(self._engine.run(prepared.patches), self._least)
            words = found.problem
        return IdentitySeen(
            label=self._labels[found.best_index] if words is None else None,
            score=found.score,
            recognised=words is None and found.type_index != UNKNOWN_TYPE,
            problem=words,
            sharpness=sharp,
            took_us=(perf_counter_ns() - begin_ns) // 1000,
        )
