"""What is true on the belt, kept apart from PLC and station, and the checks of both against it.

The station's ledger is followed event by event, over restarts. Every violated promise raises `SoakFaultError`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from station.core.ledger import LedgerCounts
from station.core.reasons import Outcome, Reason
from tests.soak.plant import LINE, ROUTE


class SoakFaultError(AssertionError):
    """A promise was broken; the text says which, at what time and with which part."""


@dataclass(slots=True, eq=False)
class Part:
    """A physical part. `place`: the belt's true position at its trigger."""

    n: int
    sound: bool
    place: float
    stranger: bool = False
    touched: bool = False
    fault: str = ""
    faults_before: int = 0
    seq: int = 0
    count: int = -1
    told: bool = False
    """The PLC announced it, by `seq` and `count`."""
    inspected_sound_at: float | None = None
    """The furthest position at which the belt stood when a worker found this very part's picture sound."""
    triggers: int = 0
    outcome: Outcome | None = None
    reason: str = ""
    pass_read: bool = False
    withheld: str = ""
    end: str = ""


@dataclass(slots=True)
class Tally:
    """What happened, to be added up over processes."""

    parts: int = 0
    triggers: int = 0
    ghosts: int = 0
    never_got: int = 0
    not_announced: int = 0
    passed: int = 0
    withheld: Counter[str] = field(default_factory=Counter[str])
    ends: Counter[str] = field(default_factory=Counter[str])
    good_rejected: Counter[str] = field(default_factory=Counter[str])
    untouched_rejected: Counter[str] = field(default_factory=Counter[str])
    untouched_good: int = 0
    untouched_good_passed: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    seen: Counter[str] = field(default_factory=Counter[str])
    """What the product said: notices, faults, events."""

    def add(self, other: Tally) -> None:
        """Take in another's."""
        for name in Tally.__dataclass_fields__:
            mine, theirs = getattr(self, name), getattr(other, name)
            setattr(self, name, mine + theirs)


class Truth:
    """The open parts and the station's ledger as it must be."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.now = lambda: 0
        self._parts: dict[tuple[int, int], Part] = {}
        self._open: dict[int, tuple[Part, bool]] = {}
        self._passes_waiting: dict[int, Part] = {}
        self._unsure: tuple[str, int, Outcome | None] | None = None
        self._closed: Counter[Outcome] = Counter()

    def fail(self, sentence: str, part: Part | None = None) -> None:
        """A promise is broken."""
        about = "" if part is None else f"; {part}"
        raise SoakFaultError(f"at {self.now() / 1e9:.4f} s: {sentence}{about}")

    def announced(self, part: Part) -> None:
        """The PLC raised Trigger for this part."""
        self._parts[part.seq, part.count] = part
        self.tally.triggers += 1

    def part_of(self, seq: int, count: int | None) -> Part:
        """The part that the PLC announced by this number and this count."""
        part = self._parts.get((seq, -1 if count is None else count))
        if part is None:
            self.fail(f"the station heard of part {seq} at count {count}, which the PLC never announced")
        assert part is not None
        return part

    def intends(self, what: str, seq: int, outcome: Outcome | None = None) -> None:
        """The station is about to write this to its ledger; a kill may come before, within or after the write."""
        self._unsure = (what, seq, outcome)

    def wrote(self) -> None:
        """The write returned."""
        if self._unsure is None:
            return
        (what, seq, outcome), self._unsure = self._unsure, None
        if what == "triggered":
            part = self._heard
            part.triggers += 1
            self._open[seq] = (part, part.triggers > 1)
            self.tally.ghosts += part.triggers > 1
        elif what == "decided":
            assert outcome is not None
            self._close(seq, outcome)
        else:
            part = self._passes_waiting.pop(seq, None)
            if part is None or outcome is None:
                self.fail(f"the ledger took back a PASS of part number {seq} that was not there", part)
                return
            if part.pass_read:
                self.fail("a PASS was taken back that the PLC had read", part)
            part.outcome = Outcome.FORCED
            self._closed[Outcome.PASSED] -= 1
            self._closed[Outcome.FORCED] += 1

    def hears(self, seq: int, count: int | None) -> None:
        """The station heard of a trigger; the ledger is next."""
        self._heard = self.part_of(seq, count)

    def recovered(self, in_flight: tuple[int, ...], counts: LedgerCounts) -> None:
        """The station is back and has closed these as forced; what the kill left unsure is known now."""
        if self._unsure is not None:
            what, seq, _ = self._unsure
            happened = (seq in in_flight) if what == "triggered" else (seq not in in_flight)
            if what == "withdrawn":
                happened = counts.forced - len(in_flight) > self._closed[Outcome.FORCED]
            if happened:
                self.wrote()
            self._unsure = None
        if sorted(in_flight) != sorted(self._open):
            self.fail(f"after a restart the ledger has {sorted(in_flight)} in flight, true are {sorted(self._open)}")
        for seq in in_flight:
            self._close(seq, Outcome.FORCED)
        self._passes_waiting.clear()
        self.sums(counts)

    def sums(self, counts: LedgerCounts) -> None:
        """The ledger's sums against the truth's."""
        closed = self._closed
        told = (counts.passed, counts.rejected, counts.forced, counts.in_flight)
        true = (closed[Outcome.PASSED], closed[Outcome.REJECTED], closed[Outcome.FORCED], len(self._open))
        if told != true or counts.triggers != sum(true):
            self.fail(f"the ledger says {counts}, true are passed, rejected, forced, in flight {true}")

    def decided(self, part: Part, outcome: Outcome, reason: str, stamp: int | None, now_ns: int, deadline_ns: int,
                furthest: float) -> None:  # fmt: skip
        """The station decided; `stamp`: the part that the deciding picture shows."""
        part.reason = reason
        if outcome is not Outcome.FORCED and stamp != part.n:
            self.fail(f"a verdict was given by the picture of part {stamp}", part)
        if outcome is not Outcome.PASSED:
            return
        if part.inspected_sound_at is None:
            self.fail("a part passed that was not inspected and found sound", part)
        behind = furthest >= part.place + ROUTE.gate_counts - ROUTE.lead_counts
        if behind or now_ns >= deadline_ns:
            self.fail("a PASS was given after its deadline", part)

    def taken(self, seq: int) -> None:
        """The PLC acknowledged this result."""
        self._passes_waiting.pop(seq, None)

    def left(self, part: Part) -> None:
        """The part has left the line: it may only have passed with a verdict of its own."""
        tally = self.tally
        tally.parts += 1
        tally.ends[part.end] += 1
        if part.end == "passed":
            tally.passed += 1
            self._check_passed(part)
        self._good(part)
        if part.withheld:
            tally.withheld[part.withheld] += 1

    def retire(self, part: Part) -> None:
        """Long gone, no late message can name it any more: it must be accounted for once."""
        if self._parts.get((part.seq, part.count)) is part:
            del self._parts[part.seq, part.count]
        if not part.told:
            self.tally.not_announced += 1
        elif part.triggers == 0:
            self.tally.never_got += 1
        elif part.outcome is None:
            self.fail("a part that the station heard of has no outcome", part)

    def at_rest(self) -> None:
        """The line is empty, and the station has had its time: nothing may be open."""
        if self._open:
            self.fail(f"unaccounted parts at rest: {sorted(self._open)}")

    def _check_passed(self, part: Part) -> None:
        if not part.sound:
            self.fail("a defective part passed", part)
        if not part.told or not part.pass_read:
            self.fail("a part passed without a verdict of its own", part)
        if part.inspected_sound_at is None:
            self.fail("a part passed that was not inspected", part)
        elif part.inspected_sound_at >= part.place + ROUTE.gate_counts - ROUTE.lead_counts:
            self.fail("a part passed that was inspected after its deadline", part)

    def _good(self, part: Part) -> None:
        if not part.sound or part.stranger:
            return
        tally = self.tally
        untouched = not part.touched
        tally.untouched_good += untouched
        if part.end == "passed":
            tally.untouched_good_passed += untouched
            return
        why = part.withheld or part.reason or ("not announced" if not part.told else "the station never got it")
        if why == Reason.DEFECT_FREE.text:
            why = "PASS taken back" if part.outcome is Outcome.FORCED else "PASS that the PLC did not read in time"
        tally.good_rejected[why] += 1
        if untouched:
            tally.untouched_rejected[why] += 1

    def _close(self, seq: int, outcome: Outcome) -> None:
        part, ghost = self._open.pop(seq, (None, False))
        if part is None:
            self.fail(f"the ledger closed part number {seq}, which is not open")
            return
        self._closed[outcome] += 1
        if ghost:
            if outcome is Outcome.PASSED:
                self.fail("a trigger that came twice was given a PASS", part)
            return
        part.outcome = outcome
        if outcome is Outcome.PASSED:
            self._passes_waiting[seq] = part


assert LINE.views[0].carries_counts
