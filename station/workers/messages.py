"""What the station and a classification worker say to each other: one JSON message a datagram.

Both ends are ours, of one version, on one socket pair (SOCK_SEQPACKET keeps messages whole). Pixels never travel
here: a job names a slot of the shared ring.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from drivers.camera.interface import RingLayout
from station.core.values import PictureFacts, TypeSeen

MESSAGE_BYTES_MAX = 65_536


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """One view of a part: its ring and its bundles, by their place in the plan; `stamped`: pictures carry numbers.

    `bundle` finds defects (None: nobody looks for any), `identity` tells which part it is (None: nobody asks), and
    `part_type` is the one that the recipe is for. A picture less sharp than `sharpness_min` is not looked at any
    further; 0: not checked.
    """

    ring: int
    bundle: int | None
    stamped: bool = False
    sharpness_min: float = 0.0
    identity: int | None = None
    part_type: str = ""

    @property
    def lookers(self) -> tuple[int, ...]:
        """The bundles that look at a picture of this view, in the order in which they do."""
        return tuple(place for place in (self.identity, self.bundle) if place is not None)


@dataclass(frozen=True, slots=True)
class CheckedBundle:
    """A bundle that the station has checked and trusts; another one in its place is refused by the worker."""

    path: str
    digest: str
    """SHA-256 of its model.yaml, which holds those of all its other files."""


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """What a worker needs to start; goes as JSON in its arguments."""

    control_fd: int
    rings: tuple[RingLayout, ...]
    bundles: tuple[CheckedBundle, ...]
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
        values = json.loads(text)
        values["rings"] = tuple(RingLayout(**ring) for ring in values["rings"])
        values["views"] = tuple(ViewPlan(**view) for view in values["views"])
        values["bundles"] = tuple(CheckedBundle(**bundle) for bundle in values["bundles"])
        return cls(**values)


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
    kind = type(message)
    # Not `asdict` as a whole: it copies each patch, value by value.
    values = {name.name: getattr(message, name.name) for name in fields(kind)}
    return json.dumps({"kind": kind.__name__, **values}, default=asdict).encode()


def unpack(datagram: bytes) -> Any:
    """The message in a datagram; ValueError if it is none of ours."""
    values: dict[str, Any] = json.loads(datagram)
    kind = _KINDS.get(str(values.pop("kind", "")))
    if kind is None:
        raise ValueError(f"no message of ours: {datagram[:80]!r}")
    if values.get("type_seen") is not None:
        values["type_seen"] = TypeSeen(**values["type_seen"])
    if kind is PictureFacts:
        values["patches"] = tuple(tuple(patch) for patch in values["patches"])
        for name in ("patch_px", "box", "nearest_defect"):
            values[name] = None if values[name] is None else tuple(values[name])
    return kind(**values)
