"""A part as the cameras of the cell see it: one picture for each pulse of each sensor, each with its place.

Whoever judges a run draws the same parts again and gets the same pictures. Must not know the scene file or the PLC.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PlacedPicture:
    """What sensor `sensor` sees at its pulse number `pulse` (an index, from 0).

    `picture` uint8 (height, width), its top left corner at (`y_px`, `x_px`) of the sensor picture.
    """

    sensor: str
    pulse: int
    picture: NDArray[np.uint8]
    x_px: int
    y_px: int


@dataclass(frozen=True, slots=True, eq=False)
class PartPictures:
    """One part of the cell's collection, and the truth about it. Without pictures `problem` says why."""

    name: str
    label: str
    defective: bool
    problem: str | None
    pictures: tuple[PlacedPicture, ...]

    def __post_init__(self) -> None:
        if bool(self.pictures) == (self.problem is not None):
            raise ValueError(f"{self.name}: a part has pictures or a problem, found both or neither")
