"""What a picture process needs to start; goes as JSON in its arguments. Frozen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from drivers.camera.interface import RingLayout
from station.config.model_people import Pictures

NICE: Final = 7
"""After the workers, which inspect (5). Not last of all: on a busy machine no picture would ever be done in time."""


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """The rings by camera, where pictures go, and the section `pictures` of the configuration."""

    rings: Mapping[str, RingLayout]
    folder: str
    settings: Pictures
    nice: int = NICE
    control_fd: int = -1

    def to_json(self) -> str:
        """For the command line."""
        rings = {name: asdict(ring) for name, ring in self.rings.items()}
        return json.dumps([rings, self.folder, self.settings.model_dump(), self.nice, self.control_fd])

    @classmethod
    def from_json(cls, text: str) -> PicturePlan:
        """Inverse of `to_json`."""
        rings, folder, settings, nice, control_fd = json.loads(text)
        layouts = {name: RingLayout(**ring) for name, ring in rings.items()}
        return cls(layouts, folder, Pictures(**settings), nice, control_fd)
