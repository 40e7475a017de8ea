"""Too many rejects, in a row or among the newest parts: more likely a fault of the station than of the parts.

Pure. Says what it found once an occurrence; must not know what is done about it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto


class AlarmKind(Enum):
    """Which alarm."""

    CONSECUTIVE = auto()
    RATE = auto()
    WRONG_PARTS = auto()


@dataclass(frozen=True, slots=True)
class RejectAlarm:
    """One alarm: `rejects` of the newest `parts`."""

    kind: AlarmKind
    rejects: int
    parts: int


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """`consecutive` rejects in a row; `rate` (0..1) of the newest `window` parts. 0: not watched.

    `wrong_parts`: so many in a row that are not the recipe's, or not recognised.
    """

    consecutive: int = 0
    rate: float = 0.0
    window: int = 50
    wrong_parts: int = 0

    def __post_init__(self) -> None:
        if min(self.consecutive, self.wrong_parts) < 0 or not 0 <= self.rate <= 1 or self.window < 1:
            raise ValueError(f"alarm limits: counts cannot be negative, the rate is 0..1, got {self}")


class RejectAlarms:
    """Fed with every decided part, in order."""

    def __init__(self, limits: AlarmLimits) -> None:
        self._limits = limits
        self._in_a_row = self._wrong_in_a_row = 0
        self._newest: deque[bool] = deque(maxlen=limits.window)
        self._rate_said = False

    def decided(self, *, passed: bool, wrong_part: bool | None = None) -> list[RejectAlarm]:
        """The alarms that begin with this part. An alarm ends when its measure falls below the limit again.

        `wrong_part`: whether it was another part than the recipe's; None where nobody could tell, which ends no row.
        """
        limits, found = self._limits, list[RejectAlarm]()
        self._in_a_row = 0 if passed else self._in_a_row + 1
        self._newest.append(not passed)
        if limits.consecutive and self._in_a_row == limits.consecutive:
            found.append(RejectAlarm(AlarmKind.CONSECUTIVE, self._in_a_row, self._in_a_row))
        rejects = sum(self._newest)
        high = bool(limits.rate) and len(self._newest) == limits.window and rejects / limits.window > limits.rate
        if high and not self._rate_said:
            found.append(RejectAlarm(AlarmKind.RATE, rejects, limits.window))
        self._rate_said = high
        if wrong_part is not None:
            self._wrong_in_a_row = self._wrong_in_a_row + 1 if wrong_part else 0
        if wrong_part and limits.wrong_parts and self._wrong_in_a_row == limits.wrong_parts:
            found.insert(0, RejectAlarm(AlarmKind.WRONG_PARTS, self._wrong_in_a_row, self._wrong_in_a_row))
        return found

    def clear(self) -> None:
        """A person has seen to it: counting begins anew."""
        self._in_a_row, self._wrong_in_a_row, self._rate_said = 0, 0, False
        self._newest.clear()
