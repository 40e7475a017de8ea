"""Which part numbers are open: triggered, and their result not yet acknowledged. Each goes in once and out once.

Pure. Must not know registers, results or time.
"""

from enum import Enum, auto


class Admission(Enum):
    """What becomes of a trigger."""

    TAKEN = auto()
    MISSED = auto()
    ZERO = auto()
    REPEATED = auto()
    OVERFLOW = auto()


class OpenParts:
    """Open part numbers, at most `most`; a part is undecided until its result is published."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[int] = set()
        self._undecided: set[int] = set()

    def __len__(self) -> int:
        return len(self._open)

    @property
    def undecided(self) -> int:
        """Parts that still wait for their result."""
        return len(self._undecided)

    def admit(self, part_seq: int, *, ready: bool) -> Admission:
        """Open a part. Missed parts are opened too: they get a result, a forced reject."""
        if part_seq == 0:
            return Admission.ZERO
        if part_seq in self._open:
            return Admission.REPEATED
        if len(self._open) >= self._most:
            return Admission.OVERFLOW
        self._open.add(part_seq)
        self._undecided.add(part_seq)
        return Admission.TAKEN if ready else Admission.MISSED

    def decide(self, part_seq: int) -> bool:
        """The part's result is there; False if it is not open or was decided before."""
        if part_seq not in self._undecided:
            return False
        self._undecided.discard(part_seq)
        return True

    def close(self, part_seq: int) -> None:
        """The part's result was taken, or can never be shown; its number may come again."""
        self._open.discard(part_seq)
