"""Whose picture is it: each frame goes to the one part it can be of, or to none (promises P4, P5).

Pure. A frame that comes before its trigger message is held a moment; one that several parts could claim is given to
none of them; one that comes too late goes back without a word; whatever else fits no part is told.
"""

from __future__ import annotations

from collections.abc import Mapping

from drivers.camera.interface import Frame, FrameLost
from station.core.arrivals import Arrival, Claim, carries_counts, goes_by_count
from station.core.camera_memory import CameraMemory
from station.core.integrity import frame_fault, loss_reason
from station.core.line_limits import LineLimits
from station.core.part_book import PartBook
from station.core.reasons import Reason
from station.core.values import (
    Action,
    Classify,
    ExposureComplete,
    Notice,
    Release,
)


class Placing:
    """The frames of all cameras, over one book of parts."""

    def __init__(self, limits: LineLimits, book: PartBook, cameras: Mapping[str, CameraMemory]) -> None:
        self._limits, self._book, self._cameras = limits, book, cameras

    def frame(self, camera: str, frame: Frame, now_ns: int) -> list[Action]:
        """A picture arrives. One of a camera that the recipe does not use goes back without a word."""
        memory = self._cameras.get(camera)
        if not self._limits.views_of(camera) or memory is None:
            if memory is not None:
                memory.came(frame.frame_id, now_ns, frame.lost_before)
            return [Release(camera, frame)]
        stale = memory.came(frame.frame_id, now_ns, frame.lost_before)
        arrival = Arrival(camera, frame, stale, memory.showed(frame.digest))
        rejects = self._reject_lost(arrival, frame, now_ns) if frame.lost_before else []
        return [*rejects, *self.place(arrival, now_ns)]

    def frame_lost(self, camera: str, lost: FrameLost, now_ns: int) -> list[Action]:
        """A picture was taken and cannot be had: its part is rejected for that, if it is known whose it is."""
        memory = self._cameras.get(camera)
        stale = memory is not None and memory.came(lost.frame_id, now_ns)
        return self.place(Arrival(camera, lost, stale), now_ns) if self._limits.views_of(camera) else []

    def camera_down(self, camera: str, now_ns: int) -> list[Action]:
        """No picture will come for the parts that wait for one of this camera."""
        if (memory := self._cameras.get(camera)) is not None:
            memory.down()
        waiting = self._book.tracking.waiting_for(camera)
        return [self._reject(claim, Reason.CAMERA_DOWN, now_ns) for claim in waiting]

    def place(self, arrival: Arrival, now_ns: int) -> list[Action]:
        """To the one part it can be of; back where it came from if it comes too late; held if it fits none."""
        by_count = goes_by_count(arrival, self._limits)
        claims = self._book.tracking.claims(arrival)
        late = [] if claims and by_count else self._book.closed.claims(arrival)
        if len(claims) > 1 or (claims and late):
            return self._unclear(arrival, claims, now_ns)
        if claims:
            return self._take(claims[0], arrival, now_ns)
        if late:
            self._book.closed.came(late[0])
            return released(arrival)
        pushed_out = self._book.tracking.hold(arrival, now_ns)
        return discarded(pushed_out) if pushed_out else []

    def _take(self, claim: Claim, arrival: Arrival, now_ns: int) -> list[Action]:
        part, index, item = claim.part, claim.view, arrival.item
        if index in part.frames:
            twice = Notice("frame without trigger", f"{arrival.where} fits a part that has its picture", arrival.camera)
            doubt = [] if arrival.stale else [self._reject(claim, Reason.IDENTITY, now_ns)]
            return [twice, *released(arrival), *doubt]
        if isinstance(item, FrameLost):
            rejected = self._reject(claim, loss_reason(item.reason), now_ns)
            self._book.closed.came(claim)
            return [rejected]
        part.frames[index] = item
        whole = len(part.frames) == len(self._limits.views)
        done: list[Action] = [ExposureComplete(part.trigger.part_seq)] if whole else []
        fault = frame_fault(item, self._limits.views[index], stale=arrival.stale, frozen=arrival.frozen)
        if fault is not None:
            return [*done, *released(arrival), self._reject(claim, fault, now_ns)]
        self._book.tracking.lend(part.uid, index, item)
        return [*done, Classify(part.uid, index, item)]

    def _unclear(self, arrival: Arrival, claims: list[Claim], now_ns: int) -> list[Action]:
        """Several parts claim it: it is given to none, and each of them is in doubt.

        But for a loss that a camera with counts told without one: its frames to come still say whose they are.
        """
        item, carries = arrival.item, carries_counts(arrival.camera, self._limits)
        detail = f"{arrival.where} could belong to several parts"
        told: list[Action] = [Notice("frame without trigger", detail, arrival.camera), *released(arrival)]
        if isinstance(item, FrameLost) and carries and not goes_by_count(arrival, self._limits):
            return told
        reason = loss_reason(item.reason) if isinstance(item, FrameLost) else Reason.IDENTITY
        return [*told, *(self._reject(claim, reason, now_ns) for claim in claims)]

    def _reject_lost(self, arrival: Arrival, frame: Frame, now_ns: int) -> list[Action]:
        """Frames are missing before this one: the parts that were waiting for them are known by their counts.

        Without counts any part that waits may be meant, and this frame may be any of theirs.
        """
        tracking, camera = self._book.tracking, arrival.camera
        by_count = goes_by_count(arrival, self._limits)
        lost = tracking.passed_over(frame, camera) if by_count else tracking.waiting_for(camera)
        return [self._reject(claim, Reason.FRAME_GAP, now_ns) for claim in lost]

    def _reject(self, claim: Claim, reason: Reason, now_ns: int) -> Action:
        return self._book.decide(claim.part, reason, now_ns, claim.view)


def released(arrival: Arrival) -> list[Action]:
    """Back to the camera, if there is a frame."""
    return [Release(arrival.camera, arrival.item)] if isinstance(arrival.item, Frame) else []


def discarded(arrival: Arrival) -> list[Action]:
    """Nobody's: told, and given back."""
    return [Notice("frame without trigger", f"{arrival.where} fits no part", arrival.camera), *released(arrival)]
