"""What goes into the line machine and what comes out of it: frozen values, no behaviour.

Times are CLOCK_MONOTONIC nanoseconds; encoder counts are unsigned 32 bit as the PLC latched them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.camera.interface import Frame
from station.core.reasons import Outcome, Reason


@dataclass(frozen=True, slots=True)
class LineLimits:
    """The recipe's and the hardware's limits on what may be in flight."""

    deadline_ns: int
    max_in_flight: int
    """Not more than the ring has slots: then a part in flight always has a slot for its frame."""
    encoder_tolerance_counts: int
    frame_hold_ns: int
    """How long a frame may wait for a trigger message that the network delivers after the picture."""
    frames_carry_counts: bool = True
    """Whether this camera stamps the encoder count. Then a frame or a trigger without one matches nothing."""

    def __post_init__(self) -> None:
        if self.deadline_ns <= 0 or self.max_in_flight < 1 or self.frame_hold_ns < 0:
            raise ValueError(f"limits must be positive, got {self}")


@dataclass(frozen=True, slots=True)
class Trigger:
    """A part that the PLC announced."""

    part_seq: int
    encoder_count: int | None
    at_ns: int
    missed: bool = False
    """The station was not ready: the part is rejected without an inspection."""


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What a classification worker says of one picture."""

    part_uid: int
    problem: str | None
    """Why there is no vote, in the inspector's words; None when there is one."""
    defective: bool
    class_index: int
    score: float
    patch_index: int | None
    digest: int
    """Checksum of a sparse sample of the picture, to notice one that does not change."""
    started_ns: int
    finished_ns: int
    stage_us: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(slots=True)
class OpenPart:
    """A part between its trigger and its one outcome."""

    uid: int
    trigger: Trigger
    deadline_ns: int
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The one outcome of a part, to be handed to the PLC and written down."""

    part: OpenPart
    reason: Reason
    decided_ns: int
    facts: PictureFacts | None = None

    @property
    def outcome(self) -> Outcome:
        """What the ledger counts."""
        return self.reason.outcome

    @property
    def slack_ns(self) -> int:
        """Time left to the deadline; negative when it was missed."""
        return self.part.deadline_ns - self.decided_ns


@dataclass(frozen=True, slots=True)
class Classify:
    """Give this part's frame to a worker."""

    part_uid: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class Release:
    """Give this frame's slot back to the camera."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class ExposureComplete:
    """The part's picture is there: robot or part may move."""

    part_seq: int


@dataclass(frozen=True, slots=True)
class LateVerdict:
    """A verdict that came after its part had been closed: recorded, never applied (promise P3)."""

    part: OpenPart
    facts: PictureFacts
    would_be: Reason
    """What it would have been in time."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to count and to tell: a key of the fault catalogue's line section, with the details."""

    kind: str
    detail: str


Action = Decision | Classify | Release | ExposureComplete | LateVerdict | Notice
