"""Where the line stands: encoder readings in, an unbounded position out, and what is wrong with the encoder.

Pure. The counter wraps at 32 bits; the position does not. Small backward movements (settling, a jog) are followed;
what a line cannot do (faster than its highest speed, further back than its tolerance) is a fault. Must not know parts.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from drivers.encoder.counts import signed_difference

_WINDOW_NS = 200_000_000
_APART_NS = 20_000_000
"""Readings closer than this give no speed: the PLC's scan and the network make each some milliseconds early or late."""
_CLOCK_NS = 2_000_000
"""A clock of milliseconds is that wrong about the time between two readings."""


class BeltFault(Enum):
    """What no line can do, or nobody can see any more."""

    JUMP = "the encoder jumped"
    REVERSAL = "the encoder ran back"
    SILENT = "the encoder is not read any more"


@dataclass(frozen=True, slots=True)
class BeltLimits:
    """What the line can do. `silence_ns`: a reading is worth nothing after so long."""

    max_counts_per_s: float
    jump_tolerance_counts: int
    reversal_tolerance_counts: int
    silence_ns: int
    reading_age_ns: int = 0
    """How old a reading can be when it arrives, where it does not bring the time at which it was taken."""

    def __post_init__(self) -> None:
        if not 0 < self.max_counts_per_s < math.inf or self.silence_ns <= 0:
            raise ValueError(f"highest speed and silence must be positive, got {self}")
        if self.jump_tolerance_counts < 0 or self.reversal_tolerance_counts < 0:
            raise ValueError(f"tolerances cannot be negative, got {self}")


@dataclass(frozen=True, slots=True)
class _Reading:
    position: int
    at_ns: int


class Belt:
    """Follows one counter. Before the first reading, and after `lost`, there is no position."""

    def __init__(self, limits: BeltLimits) -> None:
        self._limits = limits
        self._count = 0
        self._highest = 0
        self._speed = 0.0
        self._recent: deque[_Reading] = deque()
        self._newest: _Reading | None = None

    @property
    def position(self) -> int | None:
        """Counts since the first reading, wrapped or not; None while it is not known."""
        return None if self._newest is None else self._newest.position

    @property
    def highest(self) -> int:
        """The furthest position so far: what was there has happened, even if the line ran back since."""
        return self._highest

    @property
    def speed_counts_per_s(self) -> float:
        """The highest speed seen within the last 200 ms, never below 0: margins in time are taken at it."""
        return self._speed

    def reading(self, count: int, at_ns: int, passed_ns: int | None = None) -> BeltFault | None:
        """Take in a reading. After a fault the position goes on from this reading; what was tracked before is lost.

        `passed_ns`: time since the reading before, by the clock of whoever read both; None: only our own clock tells.
        """
        newest = self._newest
        if newest is None:
            self._begin(count, at_ns)
            return None
        if passed_ns is None and at_ns < newest.at_ns:
            return None
        at_ns = max(at_ns, newest.at_ns)
        between_ns = at_ns - newest.at_ns + self._limits.reading_age_ns if passed_ns is None else passed_ns + _CLOCK_NS
        step = signed_difference(count, self._count)
        fault = self._fault(step, between_ns, newest.position + step)
        self._count = count
        self._newest = _Reading(newest.position + step, at_ns)
        if fault is not None:
            self._recent.clear()
            self._highest = self._newest.position
            self._speed = 0.0
        self._highest = max(self._highest, self._newest.position)
        self._keep(self._newest)
        return fault

    def place_of(self, count: int) -> int | None:
        """The position of a count that was latched near the newest reading; None while there is no position."""
        return None if self._newest is None else self._newest.position + signed_difference(count, self._count)

    def reach(self, now_ns: int, margin_ns: int = 0) -> int:
        """How far the line can be by `now_ns` and a margin of time after that, at its present speed."""
        if self._newest is None:
            return self._highest
        ahead_s = max(0, now_ns - self._newest.at_ns + margin_ns) * 1e-9
        return max(self._highest, self._newest.position + math.ceil(self._speed * ahead_s))

    def silent(self, now_ns: int) -> bool:
        """Whether the newest reading is too old to say anything."""
        return self._newest is None or now_ns - self._newest.at_ns > self._limits.silence_ns

    def lost(self) -> None:
        """Nobody reads the counter any more: the next reading is a new beginning, further on than all before."""
        self._newest = None
        self._recent.clear()

    def _begin(self, count: int, at_ns: int) -> None:
        self._count = count
        self._newest = _Reading(self._highest, at_ns)
        self._keep(self._newest)

    def _fault(self, step: int, passed_ns: int, position: int) -> BeltFault | None:
        limits = self._limits
        if abs(step) > limits.max_counts_per_s * passed_ns * 1e-9 + limits.jump_tolerance_counts:
            return BeltFault.JUMP
        if position < self._highest - limits.reversal_tolerance_counts:
            return BeltFault.REVERSAL
        return None

    def _keep(self, reading: _Reading) -> None:
        recent = self._recent
        if recent and reading.at_ns - recent[-1].at_ns < _APART_NS:
            return
        recent.append(reading)
        # Two always stay: readings that come rarely still say how fast the line is.
        while len(recent) > 2 and reading.at_ns - recent[1].at_ns >= _WINDOW_NS:
            recent.popleft()
        steps = ((after.position - before.position, after.at_ns - before.at_ns) for before, after in pairwise(recent))
        # One count more than seen: the counter hides up to one at each end, and a margin must never be too small.
        self._speed = max((1e9 * (way + 1) / passed_ns for way, passed_ns in steps if way > 0), default=0.0)
