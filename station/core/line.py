"""The line machine: triggers, frames, inspections, encoder and sensors in; one decision a part out (promises P1 to P5).

Pure: no clock, no I/O. Each method takes what happened and when, and returns the actions that follow. The asyncio
shell (`station.inspection`) carries them out. Must not know registers, sockets, processes or pixels.

    trigger ──▶ open part ──a frame a view──▶ classify ──all views inspected──▶ decision
                    │                                                              ▲
                    └── picture missing or at fault, deadline, camera down, ... ───┘ forced reject

A part passes only if every view of it was inspected and found sound before its deadline. Counts name a part only as
long as the encoder is not set back between parts.
"""

from __future__ import annotations

from drivers.camera.interface import Frame, FrameLost
from drivers.plc.signals import LineSignals
from station.core.arrivals import carries_counts
from station.core.assembly import missing, verdict_of
from station.core.camera_memory import CameraMemory
from station.core.following import Following
from station.core.integrity import picture_fault
from station.core.ledger import NOTHING_YET, LedgerCounts
from station.core.line_limits import LineLimits
from station.core.part_book import PartBook
from station.core.placing import Placing, discarded
from station.core.reasons import Reason
from station.core.transport import Transport
from station.core.values import (
    Action,
    FireCamera,
    Notice,
    OpenPart,
    PictureFacts,
    RecoverCamera,
    Release,
    Trigger,
)


class Line:
    """One inspection line. `first_uid` and `earlier` continue the numbering and the sums of earlier runs.

    `transport` None: the line has no encoder that is read live, and deadlines are in time alone. `fetched`: a PLC
    fetches the results; without one the station itself moves the gate, and a result is where it belongs at once.
    """

    def __init__(
        self,
        limits: LineLimits,
        first_uid: int = 1,
        *,
        transport: Transport | None = None,
        earlier: LedgerCounts = NOTHING_YET,
        fetched: bool = True,
    ) -> None:
        self._book = PartBook(limits, first_uid, transport, earlier)
        self._following = Following(self._book, fetched=fetched)
        self._cameras: dict[str, CameraMemory] = {}
        self._begin(limits)

    def _begin(self, limits: LineLimits) -> None:
        self._limits = limits
        for camera in limits.cameras:
            tolerance_counts = limits.views[limits.views_of(camera)[0]].tolerance_counts
            self._cameras.setdefault(camera, CameraMemory(tolerance_counts)).change_over(tolerance_counts)
        self._uncounted = [camera for camera in limits.cameras if not carries_counts(camera, limits)]
        self._placing = Placing(limits, self._book, self._cameras)

    @property
    def busy_with(self) -> str | None:
        """Why this is no instant between two parts, in words; None: nothing is open, read or still to come.

        Parts that were decided may be on their way to the gate, and their results on the way to the PLC.
        """
        tracking = self._book.tracking
        if tracking.parts:
            return f"{len(tracking.parts)} parts are not decided"
        if tracking.reading:
            return "a worker still reads a picture"
        owing = next((camera for camera in self._limits.cameras if self._book.closed.awaits(camera)), None)
        return None if owing is None else f"camera {owing} may still send a picture of a decided part"

    def change_over(self, limits: LineLimits, transport: Transport | None) -> list[Action]:
        """Another recipe from here on; ValueError unless `busy_with` is None.

        Every part that was triggered before was judged by the old limits, every part from here on is by the new ones.
        `transport` is the one that is there, where gate and encoder stay what they are: parts on their way are followed
        on.
        """
        if self.busy_with is not None:
            raise ValueError(f"no instant between two parts: {self.busy_with}")
        gone = self._book.change_over(limits, transport)
        self._begin(limits)
        return [action for arrival in gone for action in discarded(arrival)]

    @property
    def counts(self) -> LedgerCounts:
        """The ledger's sums now."""
        return self._book.ledger.counts

    @property
    def can_take(self) -> bool:
        """Whether one more part may be triggered.

        Its frames must have slots beside those waited for, held and read. And a camera without counts must owe
        nothing: a frame that is still to come could be the new part's.
        """
        return self._book.tracking.has_room(beside_held=True) and not any(map(self._owes, self._uncounted))

    def followed(self, now_ns: int) -> bool:
        """Whether one more part could be followed to the gate; always, where no encoder is read."""
        return self._book.transport is None or self._book.transport.can_take(now_ns)

    @property
    def transport(self) -> Transport | None:
        """Encoder, sensors and parts on their way, to be looked at."""
        return self._book.transport

    def next_uid(self) -> int:
        """A number of its own for a part that this run has not seen."""
        return self._book.next_uid()

    def oldest_deadline_ns(self) -> int | None:
        """The earliest deadline among the open parts."""
        return min((part.deadline_ns for part in self._book.tracking.parts), default=None)

    def trigger(self, trigger: Trigger, now_ns: int) -> list[Action]:
        """A part arrives. It is open from here on, or rejected at once."""
        same = self._book.in_flight(trigger.part_seq)
        if same is not None:
            detail = f"part number {trigger.part_seq} was triggered again while it was in flight"
            return [Notice("part number repeated", detail), self._book.decide(same, Reason.IDENTITY, now_ns)]
        crowded = not self._book.tracking.has_room(beside_held=False)
        part, found = self._book.open(trigger, now_ns)
        actions: list[Action] = self._following.act(found, now_ns) if found is not None else []
        if self._book.tracking.get(part.uid) is None:
            pass  # what was found on the line has decided it
        elif trigger.missed or crowded:
            actions.append(self._book.decide(part, Reason.MISSED_TRIGGER, now_ns))
        elif self._book.transport is not None and part.due_position is None:
            detail = f"part {trigger.part_seq} was triggered without an encoder count that can be placed"
            actions.append(Notice("tracking lost", detail))
            actions.append(self._book.decide(part, Reason.TRACKING, now_ns))
        elif part.deadline_ns <= now_ns:
            late_ms = (now_ns - trigger.at_ns) / 1e6
            detail = f"part {trigger.part_seq} was heard of {late_ms:.0f} ms after its trigger"
            actions.append(Notice("schedule in the past", detail))
            actions.append(self._book.decide(part, Reason.DEADLINE, now_ns))
        else:
            part.fired = True
            actions += [FireCamera(view.camera) for view in self._limits.views if view.software_trigger]
        for arrival in self._book.tracking.held_for(part):
            actions += self._placing.place(arrival, now_ns)
        return actions

    def frame(self, camera: str, frame: Frame, now_ns: int) -> list[Action]:
        """A picture arrives: to its part, or held a moment for a trigger message that is still on its way."""
        return self._placing.frame(camera, frame, now_ns)

    def frame_lost(self, camera: str, lost: FrameLost, now_ns: int) -> list[Action]:
        """A picture was taken and cannot be had: its part is rejected for that, if it is known whose it is."""
        return self._placing.frame_lost(camera, lost, now_ns)

    def camera_down(self, camera: str, now_ns: int) -> list[Action]:
        """No picture will come for the parts that wait for one of this camera. Its frame numbers may begin anew."""
        return self._placing.camera_down(camera, now_ns)

    def inspected(self, facts: PictureFacts, now_ns: int) -> list[Action]:
        """A worker has looked at a picture. Its slot is free in any case; the vote counts only in time."""
        actions = self._give_back(facts.part_uid, facts.view)
        if not actions:
            return []  # nobody waits for this answer any more
        view = self._limits.views[facts.view]
        fault = picture_fault(facts, view)
        part = self._book.tracking.get(facts.part_uid)
        if part is not None and self._book.late(part, now_ns):
            actions.append(self._book.decide(part, Reason.DEADLINE, now_ns, facts.view))
            part = None
        if part is None:
            late = self._book.closed.inspected(facts, fault)
            return [*actions, late] if late else actions
        part.facts[facts.view] = facts
        if fault is not None:
            return [*actions, self._book.decide(part, fault, now_ns, facts.view, facts)]
        if len(part.facts) < len(self._limits.views):
            return actions
        verdict = verdict_of(part.facts, {})
        return [*actions, self._book.decide(part, verdict.reason, now_ns, verdict.view, verdict.facts)]

    def classifier_failed(self, part_uid: int, view: int, now_ns: int) -> list[Action]:
        """A worker died or gave an error over this view of a part."""
        actions = self._give_back(part_uid, view)
        part = self._book.tracking.get(part_uid) if actions else None
        return [*actions, self._book.decide(part, Reason.CLASSIFIER_LOST, now_ns, view)] if part else actions

    def reject_all(self, reason: Reason, now_ns: int) -> list[Action]:
        """Force-reject everything in flight, and take back what nobody saw: the PLC fell silent, the station stops."""
        return self._following.reject_all(reason, now_ns)

    def signals(self, signals: LineSignals | None, now_ns: int) -> list[Action]:
        """The newest reading of encoder and sensors; None: nobody is there who reads them."""
        transport = self._book.transport
        if transport is None:
            return []
        if signals is None:
            lost = transport.disconnected()
            return [] if lost is None or not self._book.under_way else self._following.act(lost, now_ns)
        actions = [action for event in transport.signals(signals) for action in self._following.act(event, now_ns)]
        return [*actions, *self._following.left()]

    def result_taken(self, part_seq: int) -> None:
        """The PLC has the result of this part: it can no longer be taken back."""
        self._book.taken(part_seq)

    def withdrawn(self, part_seq: int) -> OpenPart | None:
        """A PASS was taken back before the PLC saw it; the part, or None if there was none."""
        return self._book.withdrawn(part_seq)

    def tick(self, now_ns: int) -> list[Action]:
        """Enforce the deadlines, and let go of frames that nobody claimed."""
        actions = self._keep_track(now_ns)
        for part in self._book.tracking.parts:
            absent = self._book.tracking.missing_views(part)
            if absent and (part.pictures_due_ns <= now_ns or self._book.late(part, now_ns)):
                actions += self._reject_incomplete(part, absent, now_ns)
            elif self._book.late(part, now_ns):
                view = missing(range(len(self._limits.views)), part.facts)[0]
                actions.append(self._book.decide(part, Reason.DEADLINE, now_ns, view))
        for arrival in self._book.tracking.expired(now_ns):
            actions += discarded(arrival)
        self._book.closed.lapse(now_ns)
        return actions

    def _keep_track(self, now_ns: int) -> list[Action]:
        """The encoder may have fallen silent; a passed part's verdict may still wait for the PLC at its deadline."""
        transport = self._book.transport
        lost = None if transport is None else transport.tick(now_ns, under_way=self._book.under_way)
        found = self._following.act(lost, now_ns) if lost is not None else []
        return [*found, *self._following.overdue(now_ns)]

    def _reject_incomplete(self, part: OpenPart, absent: list[int], now_ns: int) -> list[Action]:
        """Pictures are due and not there. A camera that has been silent for some parts is to be opened anew."""
        views = self._limits.views
        gaps = [view for view in absent if self._cameras[views[view].camera].gap_since(part.trigger.at_ns)]
        reason = Reason.FRAME_GAP if gaps else Reason.NO_FRAME
        actions: list[Action] = [self._book.decide(part, reason, now_ns, (gaps or absent)[0])]
        for camera in dict.fromkeys(views[view].camera for view in absent):
            sentence = self._cameras[camera].missed(part.trigger)
            actions += [RecoverCamera(camera, sentence)] if sentence else []
        return actions

    def _owes(self, camera: str) -> bool:
        return bool(self._book.tracking.waiting_for(camera)) or self._book.closed.awaits(camera)

    def _give_back(self, part_uid: int, view: int) -> list[Action]:
        frame = self._book.tracking.take_back(part_uid, view)
        return [] if frame is None else [Release(self._limits.views[view].camera, frame)]
