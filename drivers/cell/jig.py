"""The turning jig and its encoder: position as a piecewise-linear function of time, with seeded speed jitter.

Pure: time comes in as an argument. Every new piece begins at the position that the last one has reached, so the
position never jumps (unless told to slip) and never goes back, however late the caller is. Must not know about scene
files, parts or PLCs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

# The jig rests while the pulse is laid out, so the pulse can never lie in the past; the lead only keeps it clear of
# the line at which the jig stands.
_LEAD_LINES = 16
# The jig runs on past the full turn, so that the last line of the frame is crossed and not merely touched.
_TAIL_LINES = 4
_SPEED_CHANGES_PER_TURN = 8
_JITTER_LIMIT_SD = 3.0
_PLC_NO_ENCODER = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Motion:
    """One piece of the jig's motion: `count0` at `t0_ns` and `rate_counts_per_s` from then on."""

    t0_ns: int
    count0: float
    rate_counts_per_s: float

    def count_at(self, t_ns: int) -> float:
        """Encoder counts at `t_ns`; before the piece's beginning it stands at its first count."""
        return self.count0 + self.rate_counts_per_s * max(0, t_ns - self.t0_ns) * 1e-9


class Jig:
    """A jig that rests, turns once when told, and rests again."""

    def __init__(
        self,
        random: Random,
        *,
        now_ns: int,
        turn_ns: int,
        counts_per_turn: int,
        counts_per_line: int,
        speed_jitter: float,
        count: int = 0,
    ) -> None:
        self._random = random
        self._counts_per_turn = counts_per_turn
        self._line = counts_per_line
        self._jitter = speed_jitter
        travel = counts_per_turn + (_LEAD_LINES + _TAIL_LINES) * counts_per_line
        self._nominal_counts_per_s = travel / (turn_ns * 1e-9)
        self._piece_ns = max(1, turn_ns // _SPEED_CHANGES_PER_TURN)
        self._motion = Motion(now_ns, float(count), 0.0)
        self._stop_count: int | None = None

    @property
    def motion(self) -> Motion:
        """The piece in force."""
        return self._motion

    @property
    def turning(self) -> bool:
        """Whether a turn is under way."""
        return self._stop_count is not None

    @property
    def next_start_count(self) -> int:
        """Where the next turn's pulse will fire: a whole line ahead of the resting jig. Only while it rests."""
        if self.turning:
            raise RuntimeError("the jig turns: the next start is not known before it rests")
        line = math.ceil(self._motion.count0 / self._line) + _LEAD_LINES
        start = line * self._line
        return start + self._line if start & _PLC_NO_ENCODER == _PLC_NO_ENCODER else start

    def start(self, now_ns: int) -> int:
        """Begin a turn; returns the count at which its pulse fires."""
        start_count = self.next_start_count
        self._stop_count = start_count + self._counts_per_turn + _TAIL_LINES * self._line
        self._motion = Motion(now_ns, self._motion.count_at(now_ns), self._speed())
        return start_count

    def slip(self, counts: int, now_ns: int) -> None:
        """The encoder goes on by `counts` at once while the jig rests: its wheel slipped."""
        if self.turning:
            raise RuntimeError("the jig turns: its encoder slips only while it rests")
        self._motion = Motion(now_ns, self._motion.count_at(now_ns) + counts, 0.0)

    def advance(self, now_ns: int) -> bool:
        """Let time pass; returns whether a new piece of motion came into force."""
        if self._stop_count is None:
            return False
        count = self._motion.count_at(now_ns)
        if count >= self._stop_count:
            self._stop_count = None
            self._motion = Motion(now_ns, count, 0.0)
            return True
        if now_ns - self._motion.t0_ns < self._piece_ns:
            return False
        self._motion = Motion(now_ns, count, self._speed())
        return True

    def _speed(self) -> float:
        deviation = max(-_JITTER_LIMIT_SD, min(_JITTER_LIMIT_SD, self._random.gauss(0.0, 1.0)))
        return self._nominal_counts_per_s * (1.0 + self._jitter * deviation)
