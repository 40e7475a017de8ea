"""Whole pictures only: the checks on a frame and on what the inspector saw in it (promise P5).

Pure. Each check gives a named reason that forces a reject; the order is from the camera inwards.
"""

from __future__ import annotations

from itertools import accumulate, pairwise

from drivers.camera.interface import EncoderTrack, Frame, LossReason
from drivers.encoder.counts import signed_difference
from models.crop import Problem
from station.core.line_limits import View
from station.core.reasons import Reason
from station.core.values import (
    PictureFacts,
)

_REASON_OF_PROBLEM: dict[str, Reason] = {
    Problem.NOT_A_PICTURE: Reason.NO_PART,
    Problem.NO_PART: Reason.NO_PART,
    Problem.TOO_SMALL: Reason.NO_PART,
    Problem.TOUCHES_BORDER: Reason.PART_OUTSIDE,
    Problem.TOO_LARGE: Reason.PART_OUTSIDE,
    Problem.ALL_DARK: Reason.DARK,
    Problem.TOO_DARK: Reason.DARK,
    Problem.SATURATED: Reason.SATURATED,
    Problem.BLURRED: Reason.BLURRED,
    Reason.WRONG_PART.text: Reason.WRONG_PART,
    Reason.UNKNOWN_PART.text: Reason.UNKNOWN_PART,
}
"""What the inspector could not look at, as a reason; any word not listed is the model's fault."""

_REASON_OF_LOSS: dict[LossReason, Reason] = {"wrong size": Reason.WRONG_SIZE, "ring full": Reason.RING_FULL}


def frame_fault(frame: Frame, view: View, *, stale: bool, frozen: bool) -> Reason | None:
    """What is wrong with a frame before anyone looks at its pixels; None if nothing is.

    `stale`: its number is not above that of every frame of this camera before it; `frozen`: it shows what one of
    those before it showed, to the last bit.
    """
    if frame.lines_valid < frame.height_px:
        return Reason.INCOMPLETE_FRAME
    if stale or frame.stale_rows > 0:
        return Reason.STALE_FRAME
    if frozen:
        return Reason.FROZEN_PICTURE
    if frame.lost_before > 0 and not view.carries_counts:
        return Reason.FRAME_GAP  # without counts nothing says that this frame is not the next part's
    if frame.encoder is not None:
        return track_fault(frame.encoder, view.counts_per_line, view.step_tolerance_counts)
    return None


def track_fault(track: EncoderTrack, counts_per_line: float | None, tolerance_counts: int) -> Reason | None:
    """Whether the encoder went on with the lines: a stretch or skip is ENCODER_STEP, running backwards is REVERSAL.

    Between any two lines of the frame the counts may differ from `counts_per_line` times the lines between by
    `tolerance_counts`. Without `counts_per_line` only a change of direction is a fault. Counts may wrap at 32 bits.
    """
    steps = [signed_difference(after, before) for before, after in pairwise(track.counts)]
    way = list(accumulate(steps, initial=0))
    if counts_per_line is None:
        direction = -1 if way[-1] < 0 else 1
        return Reason.REVERSAL if _fall([direction * count for count in way]) > tolerance_counts else None
    expected = [counts_per_line * (after - before) for before, after in pairwise(track.lines)]
    if any(abs(step) > due + tolerance_counts for step, due in zip(steps, expected, strict=True)):
        return Reason.ENCODER_STEP  # faster than the lines in either direction: a jump, not a turn back
    if _fall(way) > tolerance_counts:
        return Reason.REVERSAL
    off = [count - counts_per_line * line for count, line in zip(way, track.lines, strict=True)]
    return Reason.ENCODER_STEP if max(off) - min(off) > tolerance_counts else None


def _fall(counts: list[int]) -> int:
    """The most that a later count is below an earlier one; 0 where none is."""
    return max(highest - count for highest, count in zip(accumulate(counts, max), counts, strict=True))


def picture_fault(facts: PictureFacts, view: View) -> Reason | None:
    """What is wrong with the picture itself; None if its vote may be used."""
    if facts.problem is not None:
        return _REASON_OF_PROBLEM.get(facts.problem, Reason.MODEL)
    if view.sharpness_min > 0 and not facts.sharpness >= view.sharpness_min:  # NaN is no sharpness either
        return Reason.BLURRED
    return type_fault(facts, view)


def type_fault(facts: PictureFacts, view: View) -> Reason | None:
    """Whether the picture shows the part that the recipe is for; what was not recognised as it is no pass."""
    if view.part_type is None:
        return None
    seen = facts.type_seen
    if seen is None or not seen.recognised:
        return Reason.UNKNOWN_PART
    return None if seen.part_type == view.part_type else Reason.WRONG_PART


def loss_reason(reason: LossReason) -> Reason:
    """Why the part of a lost frame is rejected."""
    return _REASON_OF_LOSS.get(reason, Reason.FRAME_UNUSABLE)
