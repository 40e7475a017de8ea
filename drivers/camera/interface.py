"""What a camera is to the rest of the station: events, frames in ring slots, one Protocol.

It must not know harvesters, GenTL, or which camera (real or simulated) it talks about.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

LossReason = Literal["ring full", "incomplete without lines", "not an image", "wrong size", "unknown pixel format"]


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
class EncoderTrack:
    """What the encoder stood at when some of a frame's lines began (SFNC ChunkEncoderValue by ChunkScanLineSelector).

    `lines` ascend and begin with 0; `counts` has one entry each, as the camera counts (it may wrap at 32 bits).
    An area camera gives one entry, taken at the start of the frame.
    """

    lines: tuple[int, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.lines or len(self.lines) != len(self.counts) or self.lines[0] != 0:
            raise ValueError(f"a track begins at line 0 with a count for each line, found {self.lines}, {self.counts}")
        if any(after <= before for before, after in pairwise(self.lines)):
            raise ValueError(f"the lines of a track ascend, found {self.lines}")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame whose pixels lie in ring slot `slot` until it is released.

    `lines_valid < height_px` means incomplete: the lines after are blanked (0), never old content.
    `camera_ns` and `ready_ns` are CLOCK_MONOTONIC; `camera_ns` is the camera's own time where it gives one on
    that clock, otherwise the time at which the capture process received the buffer.
    `frame_id` is the camera's number carried on beyond its wrap-around; one that repeats or falls is an old buffer.
    """

    slot: int
    frame_id: int
    camera_ns: int
    ready_ns: int
    copy_us: int
    encoder: EncoderTrack | None
    width_px: int
    height_px: int
    lines_valid: int
    pixel_format: str
    """SFNC PixelFormat of the camera; the ring holds its grey picture in 8 bits."""
    lost_before: int
    """Frames missing by number before this one; 0: none."""
    stale_rows: int = 0
    """Canary rows that came back as they were queued: 0 in a frame that was written as a whole."""
    line_status: int | None = None
    """ChunkLineStatusAll: the camera's inputs at the start of the frame, one bit a line."""
    digest: int | None = None
    """Checksum of some rows: no two frames of a live sensor are alike. None: incomplete, or a recording."""

    def __post_init__(self) -> None:
        if not 0 <= self.lines_valid <= self.height_px:
            raise ValueError(f"a frame of {self.height_px} lines cannot have {self.lines_valid} valid ones")
        if self.slot < 0 or self.lost_before < 0 or self.stale_rows < 0:
            raise ValueError(
                f"slot {self.slot}, lost_before {self.lost_before}, stale_rows {self.stale_rows} cannot be negative"
            )

    @property
    def encoder_count(self) -> int | None:
        """The count at the first line; None where the camera stamps none."""
        return None if self.encoder is None else self.encoder.counts[0]

    @property
    def complete(self) -> bool:
        """Every line arrived."""
        return self.lines_valid == self.height_px


@dataclass(frozen=True, slots=True)
class FrameLost:
    """The camera delivered a frame that could not be handed on. Its part is known by the encoder count, if any."""

    frame_id: int
    reason: LossReason
    camera_ns: int
    encoder_count: int | None = None


@dataclass(frozen=True, slots=True)
class FrameHeld:
    """A consumer has had this frame for longer than `hold_limit_ms`; said once a frame."""

    frame_id: int
    slot: int
    held_ms: int


@dataclass(frozen=True, slots=True)
class CameraCounts:
    """Running totals since start(), never falling; sent when one has changed, at most four times a second."""

    delivered: int = 0
    incomplete: int = 0
    id_gap_frames: int = 0
    """Frames missing by number."""
    underruns: int = 0
    """Frames the producer had no buffer for (GenTL STREAM_INFO_NUM_UNDERRUN)."""
    ring_full: int = 0
    unusable: int = 0
    """Wrong size, unknown pixel format, no image, no line."""
    stale: int = 0
    line_triggers_missed: int = 0
    """LineTriggerMissed events: the encoder runs faster than the camera's lines."""
    frame_triggers_missed: int = 0
    recoveries: int = 0
    """Times the camera was stopped and opened anew."""
    events_dropped: int = 0
    """Events that nobody read in time; never frames."""


@dataclass(frozen=True, slots=True)
class CameraDown:
    """The camera does not deliver; one sentence says why. `final`: the driver has given up trying."""

    reason: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class CameraUp:
    """The camera is configured and acquiring."""

    identity: CameraIdentity


CameraEvent = Frame | FrameLost | FrameHeld | CameraCounts | CameraDown | CameraUp


@dataclass(frozen=True, slots=True)
class Fire:
    """Take one picture now: SFNC TriggerSoftware."""


@dataclass(frozen=True, slots=True)
class Recover:
    """Frames that should have come did not: stop the camera and open it anew. One sentence says why."""

    reason: str


CameraOrder = Fire | Recover


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

    def order(self, order: CameraOrder) -> None:
        """Pass an order on; a camera that is down forgets it (CameraDown has been said)."""
        ...

    async def stop(self) -> None:
        """End the capture process and unmap the ring; views become invalid. Idempotent."""
        ...

    @property
    def ring(self) -> RingLayout:
        """The ring, for a worker process that reads frames in place; valid from start() to stop()."""
        ...
