"""One camera of the cell, as the cell knows it: where its light goes, how large its picture is, when it is pulsed.

Must not know the camera's settings or the station; whoever runs the cell fills it in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sensor:
    """A camera over the jig. `height_px`: lines of one turn for a line-scan camera, rows for an area camera.

    `pulses`: encoder counts after the part's trigger at which the camera gets a pulse, ascending.
    """

    name: str
    scene_path: Path
    width_px: int
    height_px: int
    area: bool = False
    pulses: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        if self.width_px < 1 or self.height_px < 1:
            raise ValueError(f"sensor {self.name} of {self.width_px}x{self.height_px} px has no picture")
        if not self.pulses or self.pulses[0] < 0 or any(later <= earlier for earlier, later in pairwise(self.pulses)):
            raise ValueError(f"sensor {self.name}: pulses ascend from 0 or later, found {self.pulses}")


def line_sensors(sensors: Sequence[Sensor]) -> list[Sensor]:
    """The line-scan cameras among them."""
    return [sensor for sensor in sensors if not sensor.area]


def area_sensors(sensors: Sequence[Sensor]) -> list[Sensor]:
    """The area cameras among them."""
    return [sensor for sensor in sensors if sensor.area]
