"""What is to be done with one frame that the line no longer needs, and what is noted of it.

Must not know processes or sockets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from drivers.camera.interface import Frame
from station.core.values import Decision, PictureFacts
from station.pictures.cropping import Crop, crop_of
from station.pictures.rules import Keeping


@dataclass(frozen=True, slots=True)
class PartView:
    """One view of a decided part. `facts` None: nobody looked, or not in time. `context`: what all of them share."""

    decision: Decision
    view_name: str
    facts: PictureFacts | None
    context: Mapping[str, Any]

    @property
    def part_uid(self) -> int:
        """Whose picture it is."""
        return self.decision.part.uid


@dataclass(slots=True, eq=False)
class Job:
    """One frame, still in its slot. `keeping` None: only for a preview."""

    camera: str
    frame: Frame
    keeping: Keeping | None
    of: PartView | None = None
    camera_preview: bool = False
    part_preview: bool = False
    since_ns: int = 0
    """When the line let go of it."""

    @property
    def crop(self) -> Crop:
        """What is kept of the frame, and shown of the part."""
        shape = self.frame.height_px, self.frame.width_px
        facts = None if self.of is None else self.of.facts
        return crop_of(None if facts is None else facts.box, shape)

    @property
    def less_wanted(self) -> bool:
        """It gives way to a part that did not pass."""
        return self.keeping is None or self.keeping.kept_class == "pass"


def message_of(job: Job, keeping: Keeping | None) -> dict[str, Any]:
    """The job for the picture process, to be kept like this; plain values."""
    frame, part = job.frame, job.of
    message: dict[str, Any] = {
        "camera": job.camera,
        "slot": frame.slot,
        "shape": [frame.height_px, frame.width_px],
        "crop": list(job.crop),
        "preview": "camera" if job.camera_preview else "part" if job.part_preview else None,
    }
    if keeping is None or part is None:
        return message
    return {
        **message,
        "part_uid": part.part_uid,
        "view": part.view_name,
        "class": keeping.kept_class,
        "lossless": keeping.lossless,
        "note": _note(job, part),
    }


def _note(job: Job, part: PartView) -> dict[str, Any]:
    """What is known of a kept picture, for people and for the activation map."""
    decision, frame, facts = part.decision, job.frame, part.facts
    return {
        **part.context,
        "part_uid": part.part_uid,
        "part_seq": decision.part.trigger.part_seq,
        "view": part.view_name,
        "camera": job.camera,
        "verdict": decision.outcome.value,
        "reason": decision.reason.text,
        "frame_id": frame.frame_id,
        "encoder": frame.encoder_count,
        "lines_valid": frame.lines_valid,
        "shape": list(job.crop[2:]),
        "origin": list(job.crop[:2]),
        "facts": None if facts is None else _seen(facts),
    }


def _seen(facts: PictureFacts) -> dict[str, Any]:
    seen = {
        name: getattr(facts, name)
        for name in (
            "problem", "defective", "class_index", "score", "patch_index", "sharpness", "patches", "patch_px", "box",
            "mean", "dark_fraction", "saturated_fraction", "sureness", "heat",
        )
    }  # fmt: skip
    return seen if facts.type_seen is None else {**seen, "type_seen": asdict(facts.type_seen)}
