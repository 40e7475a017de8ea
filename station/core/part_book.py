"""The parts' book: each part is opened once and decided once (promises P1, P3, P4).

Keeps ledger, open parts, decided parts and the parts on their way in step; nothing else closes a part. Must not know
why one is rejected.
"""

from __future__ import annotations

from itertools import count

from station.core.arrivals import Arrival
from station.core.closed_parts import ClosedParts
from station.core.ledger import NOTHING_YET, Ledger, LedgerCounts
from station.core.line_limits import LineLimits
from station.core.reasons import Outcome, Reason
from station.core.tracking import Tracking
from station.core.transport import Transport, TransportEvent
from station.core.values import (
    Decision,
    OpenPart,
    PictureFacts,
    Trigger,
)


class PartBook:
    """One line's parts. `first_uid` and `earlier` continue the numbering and the sums of earlier runs."""

    def __init__(
        self,
        limits: LineLimits,
        first_uid: int,
        transport: Transport | None = None,
        earlier: LedgerCounts = NOTHING_YET,
    ) -> None:
        self._limits = limits
        self._uids = count(first_uid)
        self._handed: list[OpenPart] = []
        self.transport = transport
        self.ledger = Ledger(earlier)
        self.tracking = Tracking(limits)
        self.closed = ClosedParts(limits)

    def change_over(self, limits: LineLimits, transport: Transport | None) -> list[Arrival]:
        """Other limits, and another way to the gate, from here on; returns held frames that find no place.

        Numbers, sums, and what was handed to the PLC go on. ValueError while a part is open.
        """
        gone = self.tracking.change_over(limits)
        self.closed.change_over(limits)
        self._limits, self.transport = limits, transport
        return gone

    def next_uid(self) -> int:
        """The next part's number, taken."""
        return next(self._uids)

    def in_flight(self, part_seq: int) -> OpenPart | None:
        """The open part with this number."""
        return next((part for part in self.tracking.parts if part.trigger.part_seq == part_seq), None)

    def open(self, trigger: Trigger, now_ns: int) -> tuple[OpenPart, TransportEvent | None]:
        """A part is there from now on, with what is wrong on its way. LedgerError if its number is in flight."""
        deadline_ns = trigger.at_ns + self._limits.deadline_ns
        pictures_ns = self._limits.picture_deadline_ns
        due_ns = deadline_ns if pictures_ns is None else trigger.at_ns + pictures_ns
        part = OpenPart(self.next_uid(), trigger, deadline_ns, due_ns)
        self.ledger.open(part.uid, trigger.part_seq)
        self.tracking.open(part)
        if self.transport is None:
            return part, None
        part.due_position, event = self.transport.enter(part.uid, trigger.part_seq, trigger.encoder_count, now_ns)
        return part, event

    def slack_counts(self, part: OpenPart, now_ns: int) -> int | None:
        """Counts left to the part's deadline; None where only time counts."""
        if self.transport is None or part.due_position is None:
            return None
        return self.transport.slack_counts(part.due_position, now_ns)

    def late(self, part: OpenPart, now_ns: int) -> bool:
        """Whether a verdict would come too late now: by the clock, or because the line can be there already."""
        slack = self.slack_counts(part, now_ns)
        return part.deadline_ns <= now_ns or (slack is not None and slack <= 0)

    def decide(
        self,
        part: OpenPart,
        reason: Reason,
        now_ns: int,
        view: int | None = None,
        facts: PictureFacts | None = None,
    ) -> Decision:
        """The part's one outcome."""
        slack = self.slack_counts(part, now_ns)
        passes = reason.outcome is Outcome.PASSED
        self.tracking.close(part.uid)
        self.ledger.close(part.uid, reason.outcome)
        self.closed.add(part, judged=facts is not None, passed=passes)
        if self.transport is not None:
            self.transport.decide(part.uid, passes=passes)
        if passes:
            self._handed.append(part)
        return Decision(part, reason, now_ns, facts, view, slack)

    @property
    def handed(self) -> list[OpenPart]:
        """Passed parts whose verdict the PLC has not acknowledged, oldest first."""
        return list(self._handed)

    @property
    def under_way(self) -> bool:
        """Whether any part waits for its verdict, or a PASS for the PLC."""
        return bool(self.tracking.parts or self._handed)

    def taken(self, part_seq: int) -> None:
        """The PLC acknowledged the result of this part."""
        self._take_handed(part_seq)

    def withdrawn(self, part_seq: int) -> OpenPart | None:
        """The part's PASS was taken back before the PLC saw it: it is a forced reject. None: nothing was handed."""
        part = self._take_handed(part_seq)
        if part is not None:
            self.ledger.withdraw()
            self.closed.withdrawn(part)
            if self.transport is not None:
                self.transport.decide(part.uid, passes=False)
        return part

    def _take_handed(self, part_seq: int) -> OpenPart | None:
        """The oldest with this number: the PLC takes results in order, and may have used a number again meanwhile."""
        part = next((part for part in self._handed if part.trigger.part_seq == part_seq), None)
        if part is not None:
            self._handed.remove(part)
        return part
