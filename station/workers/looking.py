"""One look at one picture: first which part it is, where the recipe asks, then its defects; answers with facts.

The pixels are read in place. A part of another type than the recipe's is not inspected any further. Must not decide
anything: whether facts become a verdict is the line machine's business.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.camera.producer.stamp import read_stamp
from models.identity import IdentityInspector, IdentitySeen
from models.inspect import PartInspector
from station.core.reasons import Reason
from station.core.values import PictureFacts, TypeSeen
from station.workers.messages import Job, ViewPlan


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
    )


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
