"""The line machine: triggers, frames and inspections in; one decision a part out (promises P1 to P5).

Pure: no clock, no I/O. Each method takes what happened and when, and returns the actions that follow. The asyncio
shell (`station.inspection`) carries them out. Must not know registers, sockets, processes or pixels.

    trigger ──▶ open part ──frame──▶ classify ──inspected──▶ decision
                    │                                            ▲
                    └──── deadline, camera down, PLC silent ─────┘ forced reject
"""

from __future__ import annotations

from collections import deque
from itertools import count

from drivers.camera.interface import Frame
from station.core.integrity import frame_fault, picture_fault
from station.core.ledger import Ledger, LedgerCounts
from station.core.reasons import Reason
from station.core.tracking import AmbiguousFrameError, Tracking
from station.core.values import (
    Action,
    Classify,
    Decision,
    ExposureComplete,
    LateVerdict,
    LineLimits,
    Notice,
    OpenPart,
    PictureFacts,
    Release,
    Trigger,
)

_DIGESTS_KEPT = 4
_CLOSED_KEPT = 64


class Line:
    """One inspection line. `first_uid` continues the numbering of earlier runs."""

    def __init__(self, limits: LineLimits, first_uid: int = 1) -> None:
        self._limits = limits
        self._uids = count(first_uid)
        self._ledger = Ledger()
        self._tracking = Tracking(limits)
        self._with_worker: dict[int, Frame] = {}
        self._digests: deque[int] = deque(maxlen=_DIGESTS_KEPT)
        self._last_frame_id: int | None = None
        self._closed: deque[OpenPart] = deque(maxlen=_CLOSED_KEPT)

    @property
    def counts(self) -> LedgerCounts:
        """The ledger's sums now."""
        return self._ledger.counts

    @property
    def can_take(self) -> bool:
        """Whether one more part may be triggered: parts in flight and frames still read both hold a ring slot."""
        waiting_for_frame = sum(part.frame is None for part in self._tracking.parts)
        return not self._tracking.full and waiting_for_frame + len(self._with_worker) < self._limits.max_in_flight

    def oldest_deadline_ns(self) -> int | None:
        """The earliest deadline among the open parts."""
        return min((part.deadline_ns for part in self._tracking.parts), default=None)

    def trigger(self, trigger: Trigger, now_ns: int) -> list[Action]:
        """A part arrives. It is open from here on, or rejected at once."""
        if self._ledger.has_number(trigger.part_seq):
            same = next(part for part in self._tracking.parts if part.trigger.part_seq == trigger.part_seq)
            detail = f"part number {trigger.part_seq} was triggered again while it was in flight"
            return [Notice("part number repeated", detail), *self._decide(same, Reason.IDENTITY, now_ns)]
        part = OpenPart(next(self._uids), trigger, trigger.at_ns + self._limits.deadline_ns)
        crowded = not self.can_take
        self._ledger.open(part.uid, trigger.part_seq)
        waiting_frame = self._tracking.open(part)
        if trigger.missed or crowded:
            refused: list[Action] = [Release(waiting_frame)] if waiting_frame else []
            return [*refused, *self._decide(part, Reason.MISSED_TRIGGER, now_ns)]
        if part.deadline_ns <= now_ns:
            late_ms = (now_ns - trigger.at_ns) / 1e6
            past = Notice(
                "schedule in the past",
                f"part {trigger.part_seq} was heard of {late_ms:.0f} ms after its trigger",
            )
            late: list[Action] = [Release(waiting_frame)] if waiting_frame else []
            return [past, *late, *self._decide(part, Reason.DEADLINE, now_ns)]
        return self._take_frame(part, waiting_frame, now_ns) if waiting_frame else []

    def frame(self, frame: Frame, now_ns: int) -> list[Action]:
        """A picture arrives: to its part, or held a moment for a trigger message that is still on its way."""
        try:
            part = self._tracking.owner_of(frame)
        except AmbiguousFrameError as unclear:
            waiting = [part for part in self._tracking.parts if part.frame is None]
            rejects = [action for part in waiting for action in self._decide(part, Reason.IDENTITY, now_ns)]
            return [Notice("frame without trigger", str(unclear)), Release(frame), *rejects]
        if part is not None:
            return self._take_frame(part, frame, now_ns)
        pushed_out = self._tracking.hold(frame, now_ns)
        return self._discard(pushed_out) if pushed_out else []

    def camera_down(self, now_ns: int) -> list[Action]:
        """No picture will come for the parts that wait for one."""
        self._last_frame_id = None
        waiting = [part for part in self._tracking.parts if part.frame is None]
        return [action for part in waiting for action in self._decide(part, Reason.CAMERA_DOWN, now_ns)]

    def inspected(self, facts: PictureFacts, now_ns: int) -> list[Action]:
        """A worker has looked at a picture. Its slot is free in any case; the vote counts only in time."""
        actions = self._give_back(facts.part_uid)
        sound = Reason.DEFECT if facts.defective else Reason.DEFECT_FREE
        reason = picture_fault(facts, self._digests) or sound
        self._digests.append(facts.digest)
        part = self._tracking.get(facts.part_uid)
        if part is None:
            closed = next((old for old in self._closed if old.uid == facts.part_uid), None)
            return [*actions, LateVerdict(closed, facts, reason)] if closed else actions
        if part.deadline_ns <= now_ns:
            return [*actions, *self._decide(part, Reason.DEADLINE, now_ns), LateVerdict(part, facts, reason)]
        return [*actions, *self._decide(part, reason, now_ns, facts)]

    def classifier_failed(self, part_uid: int, now_ns: int) -> list[Action]:
        """A worker died or gave an error over this part."""
        actions = self._give_back(part_uid)
        part = self._tracking.get(part_uid)
        return [*actions, *(self._decide(part, Reason.CLASSIFIER_LOST, now_ns) if part else [])]

    def reject_all(self, reason: Reason, now_ns: int) -> list[Action]:
        """Force-reject everything in flight: the PLC fell silent, or the station stops."""
        return [action for part in self._tracking.parts for action in self._decide(part, reason, now_ns)]

    def tick(self, now_ns: int) -> list[Action]:
        """Enforce the deadlines, and let go of frames that nobody claimed."""
        actions: list[Action] = []
        for part in self._tracking.overdue(now_ns):
            actions += self._decide(part, Reason.DEADLINE if part.frame else Reason.NO_FRAME, now_ns)
        for frame in self._tracking.expired_frames(now_ns):
            actions += self._discard(frame)
        return actions

    def _take_frame(self, part: OpenPart, frame: Frame, now_ns: int) -> list[Action]:
        part.frame = frame
        done = ExposureComplete(part.trigger.part_seq)
        fault = frame_fault(frame, self._last_frame_id)
        self._last_frame_id = max(frame.frame_id, self._last_frame_id or 0)
        if fault is not None:
            return [done, Release(frame), *self._decide(part, fault, now_ns)]
        self._with_worker[part.uid] = frame
        return [done, Classify(part.uid, frame)]

    def _give_back(self, part_uid: int) -> list[Action]:
        frame = self._with_worker.pop(part_uid, None)
        return [Release(frame)] if frame else []

    def _discard(self, frame: Frame) -> list[Action]:
        self._last_frame_id = max(frame.frame_id, self._last_frame_id or 0)
        where = "without an encoder count" if frame.encoder_count is None else f"at encoder count {frame.encoder_count}"
        return [
            Notice("frame without trigger", f"frame {frame.frame_id} {where} fits no part"),
            Release(frame),
        ]

    def _decide(self, part: OpenPart, reason: Reason, now_ns: int, facts: PictureFacts | None = None) -> list[Action]:
        self._tracking.close(part.uid)
        self._ledger.close(part.uid, reason.outcome)
        self._closed.append(part)
        return [Decision(part, reason, now_ns, facts)]
