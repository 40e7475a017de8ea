"""A gate at a bare output: it is open while its coil is on, at the counts at which the coil was really switched.

Pure and physical; the counterpart of `gate_motion.py` where nobody gives pulses ahead of time. Must not know the bus.
"""

from __future__ import annotations

from collections.abc import Container


class CoilGate:
    """Energise-to-pass. `late` stays 0: who switches late is simply late."""

    def __init__(self) -> None:
        self._opened: list[tuple[float, float | None]] = []
        self.done = 0
        self.late = 0

    @property
    def on(self) -> bool:
        """Whether the coil is on now."""
        return bool(self._opened) and self._opened[-1][1] is None

    def switch(self, on: bool, count: float) -> None:
        """The coil was written while the encoder stood at `count`."""
        if on and not self.on:
            self._opened.append((count, None))
            self.done += 1
        elif not on and self.on:
            self._opened[-1] = (self._opened[-1][0], count)

    def slip(self, counts: float) -> None:
        """The encoder went on by `counts` and the belt did not: what was open where is now elsewhere in its counts."""
        self._opened = [(begin + counts, None if end is None else end + counts) for begin, end in self._opened]

    def begin_for(self, n: int, at: int) -> int | None:
        """Where the opening began in which count `at` lies; None when it lies in none."""
        del n
        for begin, end in self._opened:
            if begin <= at and (end is None or at < end):
                return round(begin)
        return None

    def passes(self, at: int) -> bool:
        """Whether a part that is at the gate at count `at` goes on."""
        return self.begin_for(0, at) is not None

    def forget(self, before: float, riding: Container[int]) -> None:
        """Drop the openings that ended before count `before`; parts up to there have been asked about."""
        del riding
        self._opened = [(begin, end) for begin, end in self._opened if end is None or end > before]
