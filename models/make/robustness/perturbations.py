"""The list: every perturbation with its unit, its weakest and its strongest strength, and the ladder between them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.crop import Box
from models.make.manifest import DataError
from models.make.robustness.line_scan import encoder_stretch, line_jitter
from models.make.robustness.optics import gaussian_blur, light_gain, light_gradient, motion_blur, sensor_noise
from models.make.robustness.surface import dust, natural_scratches

Frame = NDArray[np.uint8]
LookedAt = Literal["defect", "moved defect", "marks"]
Apply = Callable[[Frame, Box, float, np.random.Generator], Frame]

MOST_STRENGTHS: Final = 12
DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Perturbation:
    """One way in which a picture gets worse, from `weakest` to `strongest` in `unit`.

    `apply(frame, part, strength, rng)` gives a new frame of the same shape; `part` is where the picture of the part
    lies in it. `without` is the strength that changes nothing; `looked_at` is where a close
    look shows most: the defect, the defect where its rows have moved to, or the marks that were laid.
    """

    name: str
    title: str
    unit: str
    weakest: float
    strongest: float
    apply: Apply
    without: float = 0.0
    looked_at: LookedAt = "defect"

    def __post_init__(self) -> None:
        if not 0.0 < abs(self.weakest - self.without) < abs(self.strongest - self.without):
            raise ValueError(f"{self.name}: expected strengths that lead away from {self.without:g}, found {self!r}")

    def ladder(self, strengths: int) -> tuple[float, ...]:
        """Strengths from the weakest to the strongest, each by the same factor; ValueError below 2."""
        if not 2 <= strengths <= MOST_STRENGTHS:
            raise ValueError(f"expected 2 to {MOST_STRENGTHS} strengths, found {strengths}")
        return tuple(float(f"{value:.{DIGITS}g}") for value in np.geomspace(self.weakest, self.strongest, strengths))

    def said(self, strength: float) -> str:
        """The strength as people say it, with its unit."""
        return f"{strength:g} {self.unit}"


PERTURBATIONS: Final = (
    Perturbation("blur", "Blur, out of focus", "px (sigma)", 0.5, 8.0, lambda f, _, s, __: gaussian_blur(f, s)),
    Perturbation(
        "motion", "Motion along the scan", "px (length)", 2.0, 48.0, lambda f, _, s, __: motion_blur(f, s), 1.0
    ),
    Perturbation("noise", "Sensor noise", "levels (sigma)", 2.0, 40.0, lambda f, _, s, r: sensor_noise(f, s, r)),
    Perturbation("dust", "Dust", "grains a megapixel", 3.0, 300.0, dust, looked_at="marks"),
    Perturbation("bright", "Too much light", "x light", 1.2, 4.0, lambda f, _, s, __: light_gain(f, s), 1.0),
    Perturbation("dark", "Too little light", "x light", 0.8, 0.1, lambda f, _, s, __: light_gain(f, s), 1.0),
    Perturbation(
        "gradient", "Light from one side", "% to either side", 10.0, 90.0, lambda f, p, s, _: light_gradient(f, p, s)
    ),
    Perturbation(
        "scratches",
        "Natural surface scratches",
        "% contrast",
        2.0,
        10.0,
        natural_scratches,
        looked_at="marks",
    ),
    Perturbation("jitter", "Line jitter", "px (sd)", 0.5, 8.0, lambda f, _, s, r: line_jitter(f, s, r)),
    Perturbation(
        "stretch",
        "Encoder stretch",
        "% (sd of the rate)",
        5.0,
        80.0,
        lambda f, _, s, r: encoder_stretch(f, s, r),
        looked_at="moved defect",
    ),
)


def chosen(only: Sequence[str]) -> tuple[Perturbation, ...]:
    """The perturbations of these names in the list's order, all for no name; DataError for a name that is not there."""
    names = [perturbation.name for perturbation in PERTURBATIONS]
    for name in only:
        if name not in names:
            raise DataError(f"--only: expected names of {', '.join(names)}, found {name!r}")
    return tuple(p for p in PERTURBATIONS if not only or p.name in only)


def generator_for(seed: int, perturbation: Perturbation, picture: int) -> np.random.Generator:
    """One for each picture and perturbation, the same at all strengths: a strength is compared with the same marks."""
    return np.random.default_rng((seed, zlib.crc32(perturbation.name.encode()), picture))
