"""How often a capture process may be restarted. Pure: time comes in as an argument."""

from __future__ import annotations

from collections import deque

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
