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
    """Sums since the station was started."""

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


class Ledger:
    """Each part opens once and closes once; `part_uid` never repeats, `part_seq` (1..65535) may wrap."""

    def __init__(self) -> None:
        self._open: dict[int, int] = {}
        self._triggers = 0
        self._closed = dict.fromkeys(Outcome, 0)

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
