"""What a camera is to the rest of the station: events, frames in ring slots, one Protocol.

It must not know harvesters, GenTL, or which camera (real or simulated) it talks about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

LossReason = Literal["ring full", "incomplete without lines", "not an image", "wrong size"]


class CameraError(Exception):
    """The camera cannot work as configured; the message is one sentence for the technician."""


@dataclass(frozen=True, slots=True)
class CameraIdentity:
    """Who the camera says it is; `simulated` comes from the producer, never from the configuration."""

    vendor: str
    model: str
    serial: str
    version: str
    producer_path: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame whose pixels lie in ring slot `slot` until it is released.

    `lines_valid < height_px` means incomplete: the lines after are blanked (0), never old content.
    `camera_ns` and `ready_ns` are CLOCK_MONOTONIC; `camera_ns` is the camera's own time where it gives one on
    that clock, otherwise the time at which the capture process received the buffer.
    """

    slot: int
    frame_id: int
    camera_ns: int
    ready_ns: int
    copy_us: int
    encoder_count: int | None
    width_px: int
    height_px: int
    lines_valid: int
    pixel_format: str
    lost_before: int

    def __post_init__(self) -> None:
        if not 0 <= self.lines_valid <= self.height_px:
            raise ValueError(f"a frame of {self.height_px} lines cannot have {self.lines_valid} valid ones")
        if self.slot < 0 or self.lost_before < 0:
            raise ValueError(f"slot {self.slot} and lost_before {self.lost_before} cannot be negative")

    @property
    def complete(self) -> bool:
        """Every line arrived."""
        return self.lines_valid == self.height_px


@dataclass(frozen=True, slots=True)
class FrameLost:
    """The camera delivered a frame that could not be handed on."""

    frame_id: int
    reason: LossReason
    camera_ns: int


@dataclass(frozen=True, slots=True)
class CameraDown:
    """The camera does not deliver; one sentence says why. `final`: the driver has given up trying."""

    reason: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class CameraUp:
    """The camera is configured and acquiring."""

    identity: CameraIdentity


CameraEvent = Frame | FrameLost | CameraDown | CameraUp


@dataclass(frozen=True, slots=True)
class RingLayout:
    """What a process needs to map the frame ring: an inherited memfd and its geometry."""

    fd: int
    slots: int
    slot_bytes: int
    height_px: int
    width_px: int

    def __post_init__(self) -> None:
        if self.slots < 1 or self.slot_bytes < self.height_px * self.width_px:
            raise ValueError(
                f"{self.slots} slots of {self.slot_bytes} bytes cannot hold frames of "
                f"{self.height_px}x{self.width_px} bytes"
            )


class Camera(Protocol):
    """A camera in step with an encoder. Verbs never block the loop; every frame taken must be released."""

    async def start(self) -> None:
        """Begin. Raises CameraError only for what the configuration is at fault for."""
        ...

    async def next_event(self) -> CameraEvent:
        """The next event, in the order in which things happened."""
        ...

    def view(self, frame: Frame) -> NDArray[np.uint8]:
        """The read-only pixels (height, width) of a frame that has not been released."""
        ...

    def release(self, frame: Frame) -> None:
        """Give the slot back. A second release of the same frame raises ValueError."""
        ...

    async def stop(self) -> None:
        """End the capture process and unmap the ring; views become invalid. Idempotent."""
        ...

    @property
    def ring(self) -> RingLayout:
        """The ring, for a worker process that reads frames in place; valid from start() to stop()."""
        ...
