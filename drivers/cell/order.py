"""In which order the pictures are shown: in their own order, or shuffled anew each time all have been shown.

Pure and seeded. Must not know what the pictures show.
"""

from __future__ import annotations

from random import Random


class PartOrder:
    """An endless sequence of picture indices in 0..`pictures`-1."""

    def __init__(self, pictures: int, random: Random, *, shuffled: bool) -> None:
        self._pictures = pictures
        self._random = random
        self._shuffled = shuffled
        self._round: list[int] = []

    def next(self) -> int:
        """The picture of the next part; each picture comes once before any comes again. LookupError without any."""
        if not self._pictures:
            raise LookupError("there is no picture to show")
        if not self._round:
            self._round = list(range(self._pictures))
            if self._shuffled:
                self._random.shuffle(self._round)
            self._round.reverse()
        return self._round.pop()
