"""Whole pictures only: the checks on a frame and on what the inspector saw in it (promise P5).

Pure. Each check gives a named reason that forces a reject; the order is from the camera inwards.
"""

from __future__ import annotations

from collections.abc import Collection

from drivers.camera.interface import Frame
from models.crop import Problem
from station.core.reasons import Reason
from station.core.values import PictureFacts

_REASON_OF: dict[str, Reason] = {
    Problem.NOT_A_PICTURE: Reason.NO_PART,
    Problem.NO_PART: Reason.NO_PART,
    Problem.TOO_SMALL: Reason.NO_PART,
    Problem.TOUCHES_BORDER: Reason.PART_OUTSIDE,
    Problem.TOO_LARGE: Reason.PART_OUTSIDE,
    Problem.ALL_DARK: Reason.DARK,
    Problem.TOO_DARK: Reason.DARK,
    Problem.SATURATED: Reason.SATURATED,
}
"""What the inspector could not look at, as a reason; any word not listed is the model's fault."""


def frame_fault(frame: Frame, last_frame_id: int | None) -> Reason | None:
    """What is wrong with a frame before anyone looks at its pixels; None if nothing is."""
    if frame.lines_valid < frame.height_px:
        return Reason.INCOMPLETE_FRAME
    if last_frame_id is not None and frame.frame_id <= last_frame_id:
        return Reason.STALE_FRAME
    if frame.lost_before > 0:
        return Reason.FRAME_GAP
    return None


def picture_fault(facts: PictureFacts, recent_digests: Collection[int]) -> Reason | None:
    """What is wrong with the picture itself; None if its vote may be used."""
    if facts.digest in recent_digests:
        return Reason.FROZEN_PICTURE
    if facts.problem is not None:
        return _REASON_OF.get(facts.problem, Reason.MODEL)
    return None
