"""The part ledger: triggers = passed + rejected + forced + in flight, at every instant (promise P1).

Must not know why a part was rejected, nor what time it is. Opening and closing are counted separately, so that
`balanced` is a statement about two independent sums and not a tautology.
"""

from __future__ import annotations

from dataclasses import dataclass

from station.core.reasons import Outcome


class LedgerError(ValueError):
    """A part was opened twice, or closed without being open."""


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """Sums since the ledger was begun; it goes on over restarts."""

    triggers: int
    passed: int
    rejected: int
    forced: int
    in_flight: int

    @property
    def accounted(self) -> int:
        """Parts whose whereabouts are known."""
        return self.passed + self.rejected + self.forced + self.in_flight

    @property
    def balanced(self) -> bool:
        """Whether every trigger is accounted for."""
        return self.triggers == self.accounted

    def as_dict(self) -> dict[str, int]:
        """The counts under the names that JSON reports use."""
        return {
            "triggers": self.triggers,
            "passed": self.passed,
            "rejected": self.rejected,
            "forced": self.forced,
            "in_flight": self.in_flight,
        }


NOTHING_YET = LedgerCounts(0, 0, 0, 0, 0)


class Ledger:
    """Each part opens once and closes once; `part_uid` never repeats, `part_seq` (1..65535) may wrap."""

    def __init__(self, earlier: LedgerCounts = NOTHING_YET) -> None:
        """`earlier`: the sums of the runs before this one, in which nothing is in flight any more."""
        if earlier.in_flight or not earlier.balanced:
            raise LedgerError(f"the ledger can only go on from sums that hold with nothing in flight, got {earlier}")
        self._open: dict[int, int] = {}
        self._triggers = earlier.triggers
        self._closed = {
            Outcome.PASSED: earlier.passed,
            Outcome.REJECTED: earlier.rejected,
            Outcome.FORCED: earlier.forced,
        }

    def open(self, part_uid: int, part_seq: int) -> None:
        """Count a trigger. LedgerError if the part, or its sequence number, is still in flight."""
        if part_uid in self._open:
            raise LedgerError(f"part {part_uid} is already in flight")
        if part_seq in self._open.values():
            raise LedgerError(f"part number {part_seq} is still in flight")
        self._triggers += 1
        self._open[part_uid] = part_seq

    def close(self, part_uid: int, outcome: Outcome) -> None:
        """Count the one outcome of a part. LedgerError if it is not in flight: a second verdict is never counted."""
        if self._open.pop(part_uid, None) is None:
            raise LedgerError(f"part {part_uid} is not in flight: it cannot be {outcome.value} (again)")
        self._closed[outcome] += 1

    def withdraw(self) -> None:
        """A pass that nobody ever saw is a forced reject after all. LedgerError if no part has passed."""
        if not self._closed[Outcome.PASSED]:
            raise LedgerError("no part has passed: there is no verdict to withdraw")
        self._closed[Outcome.PASSED] -= 1
        self._closed[Outcome.FORCED] += 1

    def has_number(self, part_seq: int) -> bool:
        """Whether a part with this number is in flight."""
        return part_seq in self._open.values()

    @property
    def counts(self) -> LedgerCounts:
        """A snapshot of the sums."""
        return LedgerCounts(
            triggers=self._triggers,
            passed=self._closed[Outcome.PASSED],
            rejected=self._closed[Outcome.REJECTED],
            forced=self._closed[Outcome.FORCED],
            in_flight=len(self._open),
        )
