"""What goes into the line machine and what comes out of it: frozen values, no behaviour.

Times are CLOCK_MONOTONIC nanoseconds; encoder counts are unsigned 32 bit as the PLC latched them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.camera.interface import Frame
from station.core.reasons import Outcome, Reason


@dataclass(frozen=True, slots=True)
class Trigger:
    """A part that the PLC announced."""

    part_seq: int
    encoder_count: int | None
    at_ns: int
    missed: bool = False
    """The station was not ready: the part is rejected without an inspection."""


@dataclass(frozen=True, slots=True)
class TypeSeen:
    """Which part type a picture shows. `recognised`: its score, 0..1, is the least that this type needs, or more."""

    part_type: str
    score: float
    recognised: bool


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
    type_seen: TypeSeen | None = None
    """In the view that tells the part's type, where the picture could be looked at. Another type than the recipe's is
    not inspected any further."""
    patches: tuple[tuple[int, int, int, float], ...] = ()
    """Each patch as (y_px, x_px, class index, score): its upper left corner in the camera's picture, and its highest
    class. Empty where nothing was judged, and where they are too many to be told."""
    patch_px: tuple[int, int] | None = None
    """(height, width) of a patch in the camera's picture."""
    box: tuple[int, int, int, int] | None = None
    """Where the part was found in the camera's picture: (y_px, x_px, height_px, width_px)."""
    mean: float | None = None
    """Grey level of the part, or of the picture where no part was found; None where nobody looked for defects."""
    dark_fraction: float | None = None
    saturated_fraction: float | None = None
    sureness: float | None = None
    """The least, over the patches, of the highest class's score; None where nothing was judged."""
    nearest_defect: tuple[int, float] | None = None
    """(class index, score) of the defect whose highest score is the largest share of its threshold."""
    heat: str | None = None
    """The map of the class that decided (a sound part: of the defect class nearest to its threshold), packed by
    `models.maps.Heat`; None for a network without one."""


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
