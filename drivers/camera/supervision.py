"""How often, and in which order, what does not work is started again. Pure: time comes in as an argument."""

from __future__ import annotations

from collections import deque
from enum import Enum

RESTARTS_A_MINUTE = 5
WINDOW_S = 60.0


class RestartBudget:
    """At most `restarts` in any `window_s`; what is over budget is refused, for good until time has passed."""

    def __init__(self, restarts: int = RESTARTS_A_MINUTE, window_s: float = WINDOW_S) -> None:
        self._restarts, self._window_s = restarts, window_s
        self._taken_s: deque[float] = deque()

    def take(self, now_s: float) -> bool:
        """Take one restart at `now_s` (any steady clock); False when the budget is spent."""
        while self._taken_s and now_s - self._taken_s[0] >= self._window_s:
            self._taken_s.popleft()
        if len(self._taken_s) >= self._restarts:
            return False
        self._taken_s.append(now_s)
        return True


class Recovery(Enum):
    """What is done about a camera that answers and does not deliver; the value is how it is said."""

    RESTART_STREAM = "its stream is stopped, emptied and started again"
    REOPEN = "it is closed and opened anew"
    RESPAWN = "its capture process is replaced"


class RecoveryLadder:
    """Each recovery that is not followed by a frame makes the next one stronger; so does a spent budget."""

    def __init__(self, budget: RestartBudget | None = None) -> None:
        self._budget = RestartBudget() if budget is None else budget
        self._rung = 0

    def frame(self) -> None:
        """A frame came: what was done has helped."""
        self._rung = 0

    def next(self, now_s: float) -> Recovery:
        """What to do at `now_s` (any steady clock)."""
        self._rung += 1
        if self._rung > len(_RUNGS) or not self._budget.take(now_s):
            return Recovery.RESPAWN
        return _RUNGS[self._rung - 1]


_RUNGS = (Recovery.RESTART_STREAM, Recovery.REOPEN)
