"""How much was left to the deadline when the verdict was there, over the last parts. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from typing import Literal

from station.page.snapshot import Slack

WINDOW = 600
BINS = 25
_LATE_BINS = 5
"""The deadline lies at one fifth of the width, so that what is late can be seen."""


class RecentSlack:
    """`unit` counts: encoder counts to the gate's pulse, margins taken off; ms where no encoder is read.

    `scale` is the whole way from trigger to deadline in that unit.
    """

    def __init__(self, unit: Literal["ms", "counts"], scale: float) -> None:
        step = scale / (BINS - _LATE_BINS)
        self._edges = [round((edge - _LATE_BINS) * step, 3) for edge in range(BINS + 1)]
        self._unit: Literal["ms", "counts"] = unit
        self._values: deque[float] = deque(maxlen=WINDOW)
        self.late_verdicts = self.withdrawn = 0

    def add(self, slack: float) -> None:
        """One more verdict with so much left; 0 or less is late."""
        self._values.append(slack)

    def snapshot(self) -> Slack:
        """For the page."""
        counts = [0] * BINS
        for value in self._values:
            counts[max(0, min(BINS - 1, bisect_right(self._edges, value) - 1))] += 1
        return Slack(
            unit=self._unit,
            count=len(self._values),
            least=round(min(self._values), 1) if self._values else None,
            late_verdicts=self.late_verdicts,
            withdrawn=self.withdrawn,
            edges=self._edges,
            counts=counts,
        )
