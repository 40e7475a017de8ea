"""The parts' book: each part is opened once and decided once (promises P1, P4).

Keeps ledger, open parts and decided parts in step; nothing else closes a part. Must not know why one is rejected.
"""

from __future__ import annotations

from itertools import count

from station.core.closed_parts import ClosedParts
from station.core.ledger import Ledger
from station.core.reasons import Reason
from station.core.tracking import Tracking
from station.core.values import Decision, LineLimits, OpenPart, PictureFacts, Trigger


class PartBook:
    """One line's parts. `first_uid` continues the numbering of earlier runs."""

    def __init__(self, limits: LineLimits, first_uid: int) -> None:
        self._limits = limits
        self._uids = count(first_uid)
        self.ledger = Ledger()
        self.tracking = Tracking(limits)
        self.closed = ClosedParts(limits)

    def in_flight(self, part_seq: int) -> OpenPart | None:
        """The open part with this number."""
        return next((part for part in self.tracking.parts if part.trigger.part_seq == part_seq), None)

    def open(self, trigger: Trigger) -> OpenPart:
        """A part is there from its trigger on. LedgerError if its number is in flight."""
        deadline_ns = trigger.at_ns + self._limits.deadline_ns
        pictures_ns = self._limits.picture_deadline_ns
        due_ns = deadline_ns if pictures_ns is None else trigger.at_ns + pictures_ns
        part = OpenPart(next(self._uids), trigger, deadline_ns, due_ns)
        self.ledger.open(part.uid, trigger.part_seq)
        self.tracking.open(part)
        return part

    def decide(
        self,
        part: OpenPart,
        reason: Reason,
        now_ns: int,
        view: int | None = None,
        facts: PictureFacts | None = None,
        *,
        fired: bool = True,
    ) -> Decision:
        """The part's one outcome. `fired`: the cameras that the station fires were fired for it."""
        self.tracking.close(part.uid)
        self.ledger.close(part.uid, reason.outcome)
        self.closed.add(part, judged=facts is not None, fired=fired)
        return Decision(part, reason, now_ns, facts, view)
