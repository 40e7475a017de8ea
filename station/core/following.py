"""What follows from what was found on the line: which parts are rejected, what is told, when the line stands.

Pure. The one table of the station's answers to encoder, gate and sensors. Must not know registers or devices.
"""

from __future__ import annotations

from station.core.part_book import PartBook
from station.core.reasons import Reason
from station.core.route import Finding, FindingKind
from station.core.transport import TrackLost, TransportEvent
from station.core.values import (
    Action,
    Notice,
    OpenPart,
    PartLeft,
    StopLine,
    Withdraw,
)

_SAID: dict[FindingKind, str] = {
    FindingKind.TOO_CLOSE: "parts too close",
    FindingKind.REJECT_NOT_CONFIRMED: "reject not confirmed",
    FindingKind.REJECT_UNEXPECTED: "unexpected reject",
    FindingKind.PART_MISSING: "part missing",
    FindingKind.PART_UNEXPECTED: "unexpected part",
}
_STOPS = frozenset({FindingKind.REJECT_NOT_CONFIRMED, FindingKind.PART_UNEXPECTED})
"""A reject that nobody saw fall may be among the good parts; a part that nobody announced may follow."""


class Following:
    """Turns what `Transport` found into actions, over one book of parts. `fetched`: see `Line`."""

    def __init__(self, book: PartBook, *, fetched: bool = True) -> None:
        self._book, self._fetched = book, fetched

    def act(self, event: TransportEvent, now_ns: int) -> list[Action]:
        """The answer to one event."""
        if isinstance(event, TrackLost):
            told: list[Action] = [Notice("tracking lost", event.detail)]
            stop: list[Action] = [StopLine(event.detail, "tracking lost")] if event.lasting else []
            return [*told, *self.reject_all(Reason.TRACKING, now_ns), *stop]
        told = [Notice(_SAID[event.kind], event.detail, part_seqs=self._numbers(event))]
        if event.kind is FindingKind.TOO_CLOSE:
            return [*told, *self._reject_close(event, now_ns)]
        if event.kind in _STOPS:
            return [*told, *self.reject_all(Reason.LINE_STOPPED, now_ns), StopLine(event.detail, _SAID[event.kind])]
        return told

    def reject_all(self, reason: Reason, now_ns: int) -> list[Action]:
        """Force-reject everything in flight, and take back what the PLC has not seen."""
        withdrawn: list[Action] = [Withdraw(part.trigger.part_seq) for part in self._book.handed]
        return [*withdrawn, *(self._book.decide(part, reason, now_ns) for part in self._book.tracking.parts)]

    def left(self) -> list[Action]:
        """The parts that have come to the end of their way."""
        transport = self._book.transport
        if transport is None:
            return []
        confirms = transport.confirms
        return [
            PartLeft(part.uid, part.part_seq, part.passes is True, part.fell if confirms else None)
            for part in transport.take_left()
        ]

    def overdue(self, now_ns: int) -> list[Action]:
        """Passed parts whose verdict still waits for the PLC at their deadline."""
        if not self._fetched:
            return []
        return [Withdraw(part.trigger.part_seq) for part in self._book.handed if self._book.late(part, now_ns)]

    def _reject_close(self, finding: Finding, now_ns: int) -> list[Action]:
        """Both parts of a pair; one that has passed already would take the other through the open gate."""
        actions: list[Action] = []
        for part in self._parts(finding):
            if self._book.tracking.get(part.uid) is not None:
                actions.append(self._book.decide(part, Reason.TOO_CLOSE, now_ns))
            else:
                actions.append(Withdraw(part.trigger.part_seq, or_stop=StopLine(finding.detail, _SAID[finding.kind])))
        return actions

    def _parts(self, finding: Finding) -> list[OpenPart]:
        known = [*self._book.tracking.parts, *self._book.closed.passed]
        return [part for uid in finding.part_uids for part in known if part.uid == uid]

    def _numbers(self, finding: Finding) -> tuple[int, ...]:
        known = [*self._book.tracking.parts, *self._book.closed.parts]
        return tuple(part.trigger.part_seq for uid in finding.part_uids for part in known if part.uid == uid)
