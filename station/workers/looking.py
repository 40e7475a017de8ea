"""One look at one picture: first which part it is, where the recipe asks, then its defects; answers with facts.

The pixels are read in place. A part of another type than the recipe's is not inspected any further. Must not decide
anything: whether facts become a verdict is the line machine's business.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.camera.producer.stamp import read_stamp
from models.identity import IdentityInspector, IdentitySeen
from models.inspect import Inspection, PartInspector
from station.core.reasons import Reason
from station.core.values import PictureFacts, TypeSeen
from station.workers.messages import Job, ViewPlan

PATCHES_TOLD_MAX = 640
"""More patches than that are not told one by one: an answer must stay a message (`MESSAGE_BYTES_MAX`)."""


@dataclass(frozen=True, slots=True)
class ViewInspectors:
    """Who looks at a view's pictures: one for defects, one for the part's type, or both."""

    defects: PartInspector | None
    identity: IdentityInspector | None

    def __post_init__(self) -> None:
        if self.defects is None and self.identity is None:
            raise ValueError("a view that nobody looks at")


def look(inspectors: ViewInspectors, image: NDArray[np.uint8], job: Job, view: ViewPlan) -> PictureFacts:
    """What is to be seen in a grey picture (height, width) u8 of this view."""
    started_ns = time.monotonic_ns()
    stamp = read_stamp(image) if view.stamped else None
    seen = None if inspectors.identity is None else inspectors.identity.look(image, view.sharpness_min)
    if seen is not None and (inspectors.defects is None or not seen.shows(view.part_type)):
        return _type_alone(seen, job, view, started_ns, stamp)
    if inspectors.defects is None:
        raise ValueError(f"view {job.view}: nobody looked at it")
    found = inspectors.defects.inspect(image, view.sharpness_min)
    vote = found.vote
    return PictureFacts(
        part_uid=job.part_uid,
        view=job.view,
        problem=found.problem or (None if vote is not None else "no vote"),
        defective=not found.sound,
        class_index=max(0, vote.class_index) if vote else 0,
        score=float(vote.score) if vote else 0.0,
        patch_index=vote.patch_index if vote else None,
        sharpness=round(found.sharpness, 3),
        stamp=stamp,
        started_ns=started_ns,
        finished_ns=time.monotonic_ns(),
        stage_us={**_identity_stage(seen), **found.stage_us},
        type_seen=None if seen is None else _type_seen(seen),
        patches=_patches(found),
        patch_px=_patch_px(found),
        box=_box(found),
        mean=round(found.mean, 2),
        dark_fraction=round(found.dark_fraction, 4),
        saturated_fraction=round(found.saturated_fraction, 4),
        sureness=_sureness(found),
        nearest_defect=_nearest_defect(found, inspectors.defects.thresholds),
        heat=found.heat.packed() if found.heat is not None and len(found.patch_origins) <= PATCHES_TOLD_MAX else None,
    )


def _patches(found: Inspection) -> tuple[tuple[int, int, int, float], ...]:
    """Each patch's corner in the picture, its highest class and that class's score."""
    if found.scores is None or found.box is None or len(found.patch_origins) != len(found.scores):
        return ()
    if len(found.patch_origins) > PATCHES_TOLD_MAX or not bool(np.isfinite(found.scores).all()):
        return ()
    (top, left), (down, right) = (found.box.y_px, found.box.x_px), found.scale
    classes, highest = found.scores.argmax(axis=1).tolist(), found.scores.max(axis=1).tolist()
    return tuple(
        (top + round(y * down), left + round(x * right), index, round(score, 4))
        for (y, x), index, score in zip(found.patch_origins, classes, highest, strict=True)
    )


def _patch_px(found: Inspection) -> tuple[int, int] | None:
    return (
        None if not found.patch_px else (round(found.patch_px * found.scale[0]), round(found.patch_px * found.scale[1]))
    )


def _box(found: Inspection) -> tuple[int, int, int, int] | None:
    box = found.box
    return None if box is None else (box.y_px, box.x_px, box.height_px, box.width_px)


def _sureness(found: Inspection) -> float | None:
    if found.scores is None or not found.scores.size or not bool(np.isfinite(found.scores).all()):
        return None
    return round(float(found.scores.max(axis=1).min()), 4)


def _nearest_defect(found: Inspection, thresholds: Sequence[float]) -> tuple[int, float] | None:
    if found.scores is None or not found.scores.size or not bool(np.isfinite(found.scores).all()):
        return None
    highest = found.scores[:, 1:].max(axis=0)
    column = int((highest / np.maximum(np.asarray(thresholds, np.float32), np.float32(1e-6))).argmax())
    return column + 1, round(float(highest[column]), 4)


def _type_alone(seen: IdentitySeen, job: Job, view: ViewPlan, started_ns: int, stamp: int | None) -> PictureFacts:
    """The facts of a picture that was looked at for its part's type and no further."""
    problem = seen.problem
    if problem is None and not seen.shows(view.part_type):
        problem = (Reason.WRONG_PART if seen.recognised else Reason.UNKNOWN_PART).text
    return PictureFacts(
        part_uid=job.part_uid,
        view=job.view,
        problem=problem,
        defective=not seen.shows(view.part_type),
        class_index=0,
        score=seen.score,
        patch_index=None,
        sharpness=round(seen.sharpness, 3),
        stamp=stamp,
        started_ns=started_ns,
        finished_ns=time.monotonic_ns(),
        stage_us=_identity_stage(seen),
        type_seen=_type_seen(seen),
    )


def _type_seen(seen: IdentitySeen) -> TypeSeen | None:
    return None if seen.label is None else TypeSeen(seen.label, round(seen.score, 4), seen.recognised)


def _identity_stage(seen: IdentitySeen | None) -> dict[str, int]:
    return {} if seen is None else {"identity": seen.took_us}
