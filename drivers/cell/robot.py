"""The robot: takes parts away one after the other, each move takes its time, and lays each into its bin.

Pure: time comes in as an argument. It does what the PLC says and judges nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivery:
    """Part `n` was laid into `bin_name` at `at_ns`."""

    n: int
    bin_name: str
    at_ns: int


class Robot:
    """Carries at most one part at a time; commands beyond that wait, `places` of them at most."""

    def __init__(self, move_ns: int, places: int) -> None:
        self._move_ns = move_ns
        self._places = places
        self._moves: deque[Delivery] = deque()

    def __len__(self) -> int:
        return len(self._moves)

    def carry(self, n: int, bin_name: str, now_ns: int) -> None:
        """Take part `n` to `bin_name`. OverflowError when more parts wait than there are places for."""
        if len(self._moves) >= self._places:
            raise OverflowError(f"robot: part {n} would be the {len(self._moves) + 1}th waiting, {self._places} places")
        begins_ns = max(now_ns, self._moves[-1].at_ns) if self._moves else now_ns
        self._moves.append(Delivery(n, bin_name, begins_ns + self._move_ns))

    def delivered(self, now_ns: int) -> list[Delivery]:
        """The parts laid down up to `now_ns`, each told once, in order."""
        done: list[Delivery] = []
        while self._moves and self._moves[0].at_ns <= now_ns:
            done.append(self._moves.popleft())
        return done
