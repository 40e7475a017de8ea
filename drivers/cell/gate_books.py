"""What the gate did against what the PLC wanted, in sums: wrong passings, escapes by the mechanics, position error.

Pure and bounded.
"""

from __future__ import annotations

from collections import Counter

from drivers.cell.outcome import Outcome

_MOST_ERROR_COUNTS = 4096
"""Larger errors are kept as this one: beyond it the pulse was for another place altogether."""


class GateBooks:
    """Sums over all parts that passed the gate."""

    def __init__(self) -> None:
        self._passings = self._wrong = self._escapes = 0
        self._extra = {"passed": 0, "rejected": 0}
        self._errors: Counter[int] = Counter()

    def passed(self, outcome: Outcome, *, sound: bool) -> bool:
        """Take in a part; returns whether the gate let it through though the PLC had not passed it."""
        if outcome.passed_gate is None:
            return False
        self._passings += 1
        self._wrong += outcome.passed_gate != outcome.accepted
        if outcome.gate_error_counts is not None:
            self._errors[min(abs(outcome.gate_error_counts), _MOST_ERROR_COUNTS)] += 1
        by_gate = outcome.passed_gate and not outcome.accepted
        self._escapes += by_gate and not sound
        return by_gate

    def extra(self, *, passed: bool) -> None:
        """A part that nobody announced: let through it is an escape, whatever it was."""
        self._extra["passed" if passed else "rejected"] += 1
        self._escapes += passed

    def score(self) -> dict[str, object]:
        """Ready for JSON. Errors in encoder counts, None before the first pulse."""
        return {
            "gate_wrong": self._wrong,
            "escapes_by_gate": self._escapes,
            "gate_passings": self._passings,
            "gate_error_counts": {"p50": self._median_error(), "max": max(self._errors, default=None)},
            "extra_parts": dict(self._extra),
        }

    def _median_error(self) -> int | None:
        below, half = 0, self._errors.total() / 2
        for error in sorted(self._errors):
            below += self._errors[error]
            if below >= half:
                return error
        return None
