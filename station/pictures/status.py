"""What the picture process last said of the disk's side: plain figures. Must not know who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from station.pictures.rules import KeptClass, Room


@dataclass(frozen=True, slots=True)
class PictureStatus:
    """Of this picture process: `written` and `dropped` since it started, the others now.

    `dropped`: refused by the disk. `stored_bytes`: all kept pictures, of earlier runs too once `counted`.
    """

    room: Room = Room.PLENTY
    waiting: int = 0
    dropped: int = 0
    written: Mapping[KeptClass, int] = field(default_factory=dict[KeptClass, int])
    stored_bytes: int = 0
    free_bytes: int = 0
    counted: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> PictureStatus:
        """What came as plain values."""
        return cls(**{**values, "room": Room(values["room"])})  # pyright: ignore[reportArgumentType]  # ours, as sent
