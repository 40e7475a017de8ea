"""Where the line is between two readings of its counter, and when it will be somewhere: what a cam needs.

Pure. Readings come every few milliseconds, a gate must move to the count. Must not know parts or outputs.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from drivers.encoder.counts import signed_difference
from drivers.encoder.settings import EncoderSettings

_NS_PER_S = 1_000_000_000
_WINDOW_NS = 60_000_000
"""Speed is taken over so long: at 1000 counts/s one count of rounding is 2 % of it, and a ramp is still followed."""


class PositionFault(Enum):
    """What no line can do, or nobody can see any more."""

    JUMP = "the encoder count jumped"
    REVERSAL = "the line ran back further than its tolerance"
    SILENT = "the encoder count was not read in time"


@dataclass(frozen=True, slots=True)
class PositionLimits:
    """What the line can do. `silence_ns`: a reading is worth nothing after so long."""

    max_counts_per_s: float
    jump_tolerance_counts: int
    reversal_tolerance_counts: int
    silence_ns: int

    @classmethod
    def of(cls, encoder: EncoderSettings, silence_ns: int) -> PositionLimits:
        """As the configuration has them; the shorter of both silences counts."""
        return cls(
            encoder.max_counts_per_s,
            encoder.jump_tolerance_counts,
            encoder.reversal_tolerance_counts,
            min(silence_ns, round(encoder.silence_ms * 1e6)),
        )


class LinePosition:
    """Follows one counter of 32 bits without wrapping, and tells its value at other times than those of readings.

    Between readings the line is taken to go on at its speed of the last 60 ms, never backward and never faster than
    its limit. The error of `at` is therefore at most 1 count + highest speed x (time from the newest reading).
    """

    def __init__(self, limits: PositionLimits) -> None:
        self._limits = limits
        self._readings: deque[tuple[int, int]] = deque()  # unwrapped count, ns
        self._count = self._furthest = 0
        self._anchor = self._speed = 0.0

    @property
    def known(self) -> bool:
        """There is a reading to go on from."""
        return bool(self._readings)

    @property
    def speed_counts_per_s(self) -> float:
        """Estimated, 0 or more."""
        return self._speed * _NS_PER_S

    def forget(self) -> None:
        """Nothing is known any more: the link was lost, or a fault was found."""
        self._readings.clear()
        self._speed = 0.0

    def reading(self, count: int, at_ns: int) -> PositionFault | None:
        """Take in a counter value; a fault forgets all that was before, and the position begins anew with it."""
        if not self._readings:
            self._begin(count, at_ns)
            return None
        newest, newest_ns = self._readings[-1]
        if at_ns - newest_ns > self._limits.silence_ns:
            self._begin(count, at_ns)
            return PositionFault.SILENT
        moved = signed_difference(count, self._count)
        way = self._limits.max_counts_per_s * max(0, at_ns - newest_ns) / _NS_PER_S
        fault = None
        if abs(moved) > way + self._limits.jump_tolerance_counts:
            fault = PositionFault.JUMP
        elif self._furthest - (newest + moved) > self._limits.reversal_tolerance_counts:
            fault = PositionFault.REVERSAL
        if fault is not None:
            self._begin(count, at_ns)
            return fault
        expected = self.at(at_ns)
        position = newest + moved
        # A count says where the line is to one count: within it the prediction is better, outside it is wrong.
        self._anchor = min(max(expected, position), position + 1)
        self._count, self._furthest = count, max(self._furthest, position)
        self._readings.append((position, at_ns))
        while len(self._readings) > 2 and self._readings[1][1] <= at_ns - _WINDOW_NS:
            self._readings.popleft()
        first, first_ns = self._readings[0]
        if at_ns > first_ns:
            highest = self._limits.max_counts_per_s / _NS_PER_S
            self._speed = min(max(0.0, (position - first) / (at_ns - first_ns)), highest)
        return None

    def unwrapped(self, count: int) -> int:
        """Position of a counter value less than half a turn of the counter away from the newest reading."""
        return self._readings[-1][0] + signed_difference(count, self._count)

    def at(self, now_ns: int) -> float:
        """Estimated position at a time at or after the newest reading; only while `known`."""
        return self._anchor + self._speed * max(0, now_ns - self._readings[-1][1])

    def when(self, position: float) -> int | None:
        """Estimated time at which the line is at `position`; None: at this speed never."""
        ahead, at_ns = position - self._anchor, self._readings[-1][1]
        if ahead <= 0:
            return at_ns
        return at_ns + int(ahead / self._speed) + 1 if self._speed > 0 else None

    def silent(self, now_ns: int) -> bool:
        """The newest reading is too old to go on from."""
        return self.known and now_ns - self._readings[-1][1] > self._limits.silence_ns

    def _begin(self, count: int, at_ns: int) -> None:
        self.forget()
        self._readings.append((count, at_ns))
        self._count = self._furthest = count
        self._anchor = count + 0.5
