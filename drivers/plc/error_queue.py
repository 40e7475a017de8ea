"""S3 and S4: faults wait for the PLC's acknowledgement one after the other; none overwrites another.

Pure. Must not know what the numbers mean.
"""

from collections import deque

_SIZE = 16


class ErrorQueue:
    """Fault numbers in order of arrival; a number that already waits is not queued twice."""

    def __init__(self) -> None:
        self._waiting: deque[int] = deque()
        self._seq = 0
        self.dropped = 0

    @property
    def code(self) -> int:
        """The fault at the head, 0 = none."""
        return self._waiting[0] if self._waiting else 0

    @property
    def seq(self) -> int:
        """Number of the fault at the head (u16, wraps to 1); stays when the queue is empty, 0 before the first."""
        return self._seq

    def push(self, code: int) -> None:
        """Queue a fault; with sixteen waiting the new one is dropped and counted."""
        if not 1 <= code <= 0xFFFF:
            raise ValueError(f"ErrorQueue.push: a fault number is 1..65535, not {code}")
        if code in self._waiting:
            return
        if len(self._waiting) >= _SIZE:
            self.dropped += 1
            return
        self._waiting.append(code)
        if len(self._waiting) == 1:
            self._next()

    def acknowledge(self) -> bool:
        """Take the head away; True if there was one."""
        if not self._waiting:
            return False
        self._waiting.popleft()
        if self._waiting:
            self._next()
        return True

    def _next(self) -> None:
        self._seq = self._seq % 0xFFFF + 1
