"""What a camera delivered, and which view of which part it can be.

Pure. Frames are matched by the encoder count at their first line, never by order, because order is what breaks when one
frame is lost. A camera that stamps no counts leaves only time and order: see `Tracking.claims` for what that allows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from drivers.camera.interface import Frame, FrameLost
from drivers.encoder.counts import signed_difference
from station.core.line_limits import LineLimits, View
from station.core.values import (
    OpenPart,
    Trigger,
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame, or the news that one was lost.

    `stale`: its number is not above those before it; `frozen`: its picture is one of those before it.
    """

    camera: str
    item: Frame | FrameLost
    stale: bool
    frozen: bool = False

    @property
    def where(self) -> str:
        """The frame in words."""
        count = self.item.encoder_count
        at = "without an encoder count" if count is None else f"at encoder count {count}"
        return f"frame {self.item.frame_id} of camera {self.camera} {at}"


@dataclass(frozen=True, slots=True)
class Claim:
    """A part and the view of it that an arrival can be."""

    part: OpenPart
    view: int


def carries_counts(camera: str, limits: LineLimits) -> bool:
    """Whether this camera stamps its frames with the encoder count."""
    return all(limits.views[view].carries_counts for view in limits.views_of(camera))


def goes_by_count(arrival: Arrival, limits: LineLimits) -> bool:
    """Whether counts decide whose an arrival is. A loss that is told without a count leaves only time."""
    counted = isinstance(arrival.item, Frame) or arrival.item.encoder_count is not None
    return counted and carries_counts(arrival.camera, limits)


def views_by_count(arrival: Arrival, trigger: Trigger, limits: LineLimits) -> list[int]:
    """The views of the part whose count the arrival has, whether they have a frame already or not."""
    seen = arrival.item.encoder_count
    views = limits.views_of(arrival.camera)
    return [view for view in views if _fits(limits.views[view], trigger.encoder_count, seen)]


def view_by_time(arrival: Arrival, trigger: Trigger, limits: LineLimits, there: Collection[int]) -> int | None:
    """The next view of the part in order; None before the trigger, which shows another part, or when none is left."""
    if arrival.item.camera_ns < trigger.at_ns:
        return None
    return next((view for view in limits.views_of(arrival.camera) if view not in there), None)


def _fits(view: View, at_trigger: int | None, seen: int | None) -> bool:
    if at_trigger is None or seen is None:
        return False
    return abs(signed_difference(seen, at_trigger + view.offset_counts)) <= view.tolerance_counts
