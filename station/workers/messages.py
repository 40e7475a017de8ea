"""What the station and a classification worker say to each other: one JSON message a datagram.

Both ends are ours, of one version, on one socket pair (SOCK_SEQPACKET keeps messages whole). Pixels never travel
here: a job names a slot of the shared ring.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from drivers.camera.interface import RingLayout
from station.core.values import (
    PictureFacts,
)

MESSAGE_BYTES_MAX = 65_536


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """One view of a part: its ring and its bundle, by their place in the plan; `stamped`: pictures carry numbers.

    A picture less sharp than `sharpness_min` is not looked at any further; 0: not checked.
    """

    ring: int
    bundle: int
    stamped: bool = False
    sharpness_min: float = 0.0


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """What a worker needs to start; goes as JSON in its arguments."""

    control_fd: int
    rings: tuple[RingLayout, ...]
    bundles: tuple[str, ...]
    views: tuple[ViewPlan, ...]
    threads: int
    nice: int
    budget_ms: float
    """The engines are refused if they need longer for one part."""

    def to_json(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WorkerPlan:
        """Inverse of `to_json`."""
        fields = json.loads(text)
        fields["rings"] = tuple(RingLayout(**ring) for ring in fields["rings"])
        fields["views"] = tuple(ViewPlan(**view) for view in fields["views"])
        fields["bundles"] = tuple(fields["bundles"])
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Job:
    """Look at the picture in this slot of the view's ring."""

    part_uid: int
    view: int
    slot: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker's network is loaded and has reproduced its golden set."""

    engine: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The worker will not work; one sentence says why."""

    sentence: str


@dataclass(frozen=True, slots=True)
class JobFailed:
    """The engine gave an error over this view of a part."""

    part_uid: int
    view: int
    sentence: str


WorkerMessage = Ready | Refused | JobFailed | PictureFacts
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in (Job, Ready, Refused, JobFailed, PictureFacts)}


def pack(message: Job | WorkerMessage) -> bytes:
    """One datagram."""
    return json.dumps({"kind": type(message).__name__, **asdict(message)}).encode()


def unpack(datagram: bytes) -> Any:
    """The message in a datagram; ValueError if it is none of ours."""
    fields: dict[str, Any] = json.loads(datagram)
    kind = _KINDS.get(str(fields.pop("kind", "")))
    if kind is None:
        raise ValueError(f"no message of ours: {datagram[:80]!r}")
    return kind(**fields)
