"""What goes into the line machine and what comes out of it: frozen values, no behaviour.

Times are CLOCK_MONOTONIC nanoseconds; encoder counts are unsigned 32 bit as the PLC latched them. A view is known by
its index in `LineLimits.views`, a camera by its name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import combinations

from drivers.camera.interface import Frame
from drivers.encoder.counts import signed_difference
from station.core.reasons import Outcome, Reason


@dataclass(frozen=True, slots=True)
class View:
    """One picture of a part: one frame of one camera, `offset_counts` after the part's trigger."""

    name: str
    camera: str
    offset_counts: int = 0
    tolerance_counts: int = 8
    """How far the count at the frame's first line may be from the wanted one."""
    carries_counts: bool = True
    """Whether the camera stamps the encoder count. Then a frame or a trigger without one matches nothing."""
    counts_per_line: float | None = None
    """What the encoder goes on by from line to line; None where lines do not come from the encoder."""
    step_tolerance_counts: int = 8
    """How far the counts of two lines of a frame may be from what the lines between them make."""
    sharpness_min: float = 0.0
    """0: blur is not judged."""
    software_trigger: bool = False
    """The station fires this camera at the part's trigger; then it is the camera's only view, at offset 0."""

    def __post_init__(self) -> None:
        if not self.name or not self.camera:
            raise ValueError(f"a view has a name and a camera, got {self}")
        if self.tolerance_counts < 0 or self.step_tolerance_counts < 0 or not self.sharpness_min >= 0:
            raise ValueError(f"view {self.name}: tolerances and sharpness_min cannot be negative, got {self}")
        if self.counts_per_line is not None and not 0 < self.counts_per_line < math.inf:
            raise ValueError(f"view {self.name}: counts_per_line must be positive, got {self.counts_per_line}")
        if self.software_trigger and self.offset_counts != 0:
            raise ValueError(f"view {self.name}: fired at the trigger, so offset_counts is 0, not {self.offset_counts}")


@dataclass(frozen=True, slots=True)
class LineLimits:
    """The recipe's and the hardware's limits on what may be in flight."""

    deadline_ns: int
    picture_deadline_ns: int | None
    """After this long a part whose pictures are not all there is rejected; None: at the deadline."""
    max_in_flight: int
    """Not more parts than each camera's ring has slots for: then a part in flight always has one for each picture."""
    frame_hold_ns: int
    """How long a frame may wait for a trigger message that the network delivers after the picture."""
    views: tuple[View, ...]

    def __post_init__(self) -> None:
        if self.deadline_ns <= 0 or self.max_in_flight < 1 or self.frame_hold_ns < 0:
            raise ValueError(f"limits must be positive, got {self}")
        if self.picture_deadline_ns is not None and not 0 < self.picture_deadline_ns <= self.deadline_ns:
            raise ValueError(f"pictures are due after 0 and by the deadline of {self.deadline_ns} ns, got {self}")
        if not self.views or len({view.name for view in self.views}) < len(self.views):
            raise ValueError(f"a part has views with different names, got {self.views}")
        for first, second in combinations(self.views, 2):
            if first.camera == second.camera:
                _check_pair(first, second)

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras that have a view, each once, in the order of the views."""
        return tuple(dict.fromkeys(view.camera for view in self.views))

    def views_of(self, camera: str) -> tuple[int, ...]:
        """The views of a camera, in the order of their pictures; empty for a camera that no part waits for."""
        mine = (index for index, view in enumerate(self.views) if view.camera == camera)
        return tuple(sorted(mine, key=lambda index: self.views[index].offset_counts))


def _check_pair(first: View, second: View) -> None:
    """ValueError if two views of one camera cannot be told apart."""
    names = f"views {first.name} and {second.name} of camera {first.camera}"
    if first.carries_counts != second.carries_counts:
        raise ValueError(f"{names}: a camera stamps counts on every frame or on none")
    if first.software_trigger or second.software_trigger:
        raise ValueError(f"{names}: a camera that the station fires has one view")
    apart = abs(signed_difference(first.offset_counts, second.offset_counts))
    if apart <= first.tolerance_counts + second.tolerance_counts:
        raise ValueError(f"{names}: {apart} counts apart, a frame could be either within their tolerances")


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
    started_ns: int
    finished_ns: int
    stage_us: dict[str, int] = field(default_factory=dict[str, int])
    view: int = 0
    sharpness: float = 0.0
    stamp: int | None = None
    """The number burnt into a simulated picture; recorded, not judged here."""


@dataclass(slots=True)
class OpenPart:
    """A part between its trigger and its one outcome; it no longer changes once it is decided.

    `frames` and `facts` go by view index. A frame is listed as it came: it may have been given back since.
    """

    uid: int
    trigger: Trigger
    deadline_ns: int
    pictures_due_ns: int
    due_position: int | None = None
    """Where the line must not be yet when the verdict is there; None where there is no encoder to say."""
    fired: bool = False
    """The cameras that the station fires were fired for it."""
    frames: dict[int, Frame] = field(default_factory=dict[int, Frame])
    facts: dict[int, PictureFacts] = field(default_factory=dict[int, PictureFacts])


@dataclass(frozen=True, slots=True)
class Decision:
    """The one outcome of a part, to be handed to the PLC and written down."""

    part: OpenPart
    reason: Reason
    decided_ns: int
    facts: PictureFacts | None = None
    """Those that decided: the defect with the highest score, the picture at fault, or the first view's of a pass."""
    view: int | None = None
    """The view that gave the reason; None for a pass, and where no one view did."""
    slack_counts: int | None = None
    """Counts left to the deadline, margins included; None where there is no encoder."""

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
    view: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class Release:
    """Give this frame's slot back to the camera."""

    camera: str
    frame: Frame


@dataclass(frozen=True, slots=True)
class FireCamera:
    """Take a picture now: this camera is triggered by the station."""

    camera: str


@dataclass(frozen=True, slots=True)
class RecoverCamera:
    """This camera should have delivered and did not. One sentence says why."""

    camera: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExposureComplete:
    """All the part's pictures are there: robot or part may move. Said once a part."""

    part_seq: int


@dataclass(frozen=True, slots=True)
class LateVerdict:
    """A verdict that was complete after its part had been closed: recorded, never applied (promise P3).

    `part` is a copy with the facts that came late.
    """

    part: OpenPart
    facts: PictureFacts
    would_be: Reason
    """What it would have been in time."""
    view: int | None = None


@dataclass(frozen=True, slots=True)
class PartLeft:
    """A part has come to the end of its way. `fell`: the chute's sensor saw it; None where there is no such sensor."""

    part_uid: int
    part_seq: int
    passed: bool
    fell: bool | None


@dataclass(frozen=True, slots=True)
class StopLine:
    """The line stands until a person clears it; the parts in flight are rejected already. One clause says why.

    `kind` is that of the notice which says what was found.
    """

    reason: str
    kind: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take this part's PASS back if the PLC has not seen it; answered by `Line.withdrawn` or `Line.result_taken`.

    `or_stop`: the line must stand if it was seen already, and this is why.
    """

    part_seq: int
    or_stop: StopLine | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to count and to tell: a key of the fault catalogue's line section, with the details."""

    kind: str
    detail: str
    camera: str = ""
    """The camera that it is about, if it is about one."""
    part_seqs: tuple[int, ...] = ()


Action = (
    Decision
    | Classify
    | Release
    | FireCamera
    | RecoverCamera
    | ExposureComplete
    | LateVerdict
    | Withdraw
    | StopLine
    | PartLeft
    | Notice
)
