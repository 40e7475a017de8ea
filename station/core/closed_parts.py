"""The newest parts that were decided already: their frames and inspections may still come.

A frame of such a part is nobody's fault; a verdict on it is recorded and never applied (promise P3). Must not change a
part: others have its decision in hand.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from station.core.arrivals import Arrival, Claim, goes_by_count, view_by_time, views_by_count
from station.core.assembly import missing, verdict_of
from station.core.line_limits import LineLimits
from station.core.reasons import Reason
from station.core.values import (
    LateVerdict,
    OpenPart,
    PictureFacts,
)

KEPT = 64


@dataclass(slots=True)
class ClosedPart:
    """A decided part and what came after its decision."""

    part: OpenPart
    judged: bool
    """Its pictures decided it: then what comes later is no late verdict."""
    awaited: set[int]
    """Views whose frames may still come."""
    passed: bool = False
    past: bool = False
    """It was judged by another recipe than today's: nothing that comes now can be its."""
    late_facts: dict[int, PictureFacts] = field(default_factory=dict[int, PictureFacts])
    late_faults: dict[int, Reason] = field(default_factory=dict[int, Reason])


class ClosedParts:
    """The newest `KEPT` of them."""

    def __init__(self, limits: LineLimits) -> None:
        self._limits = limits
        self._parts: deque[ClosedPart] = deque(maxlen=KEPT)

    @property
    def parts(self) -> list[OpenPart]:
        """The parts, oldest first."""
        return [closed.part for closed in self._parts]

    @property
    def passed(self) -> list[OpenPart]:
        """Those of them that passed."""
        return [closed.part for closed in self._parts if closed.passed]

    def add(self, part: OpenPart, *, judged: bool, passed: bool) -> None:
        """Remember a part. A camera that the station fires, and that was not fired for it, owes no frame."""
        views = missing(range(len(self._limits.views)), part.frames)
        awaited = {view for view in views if part.fired or not self._limits.views[view].software_trigger}
        self._parts.append(ClosedPart(part, judged, awaited, passed))

    def change_over(self, limits: LineLimits) -> None:
        """Another recipe from here on: what was decided is known by its number, and claims nothing any more."""
        self._limits = limits
        for closed in self._parts:
            closed.past = True
            closed.awaited.clear()

    def withdrawn(self, part: OpenPart) -> None:
        """The part has not passed after all."""
        for closed in self._parts:
            if closed.part is part:
                closed.passed = False

    def claims(self, arrival: Arrival) -> list[Claim]:
        """The views of closed parts that an arrival can be, oldest part first; without counts only awaited ones."""
        if goes_by_count(arrival, self._limits):
            return [
                Claim(closed.part, view)
                for closed in self._parts
                if not closed.past
                for view in views_by_count(arrival, closed.part.trigger, self._limits)
            ]
        claims: list[Claim] = []
        for closed in self._parts:
            there = missing(range(len(self._limits.views)), closed.awaited)
            view = view_by_time(arrival, closed.part.trigger, self._limits, there)
            if view is not None:
                claims.append(Claim(closed.part, view))
        return claims

    def came(self, claim: Claim) -> None:
        """The frame of this view has come, or will not: it is no longer awaited."""
        for closed in self._parts:
            if closed.part is claim.part:
                closed.awaited.discard(claim.view)

    def awaits(self, camera: str) -> bool:
        """Whether a frame of this camera may still come for a closed part."""
        return any(view in closed.awaited for closed in self._parts for view in self._limits.views_of(camera))

    def lapse(self, now_ns: int) -> None:
        """A frame that has not come the hold time after its part's deadline will not come."""
        for closed in self._parts:
            if now_ns > closed.part.deadline_ns + self._limits.frame_hold_ns:
                closed.awaited.clear()

    def inspected(self, facts: PictureFacts, fault: Reason | None) -> LateVerdict | None:
        """A picture's facts came too late: the part's late verdict, once those of all its views are known."""
        closed = next((closed for closed in self._parts if closed.part.uid == facts.part_uid), None)
        if closed is None or closed.judged or closed.past:
            return None
        closed.late_facts[facts.view] = facts
        if fault is not None:
            closed.late_faults[facts.view] = fault
        known = {**closed.part.facts, **closed.late_facts}
        if len(known) < len(self._limits.views):
            return None
        verdict = verdict_of(known, closed.late_faults)
        return LateVerdict(replace(closed.part, facts=known), verdict.facts, verdict.reason, verdict.view)
