"""How much is stored where: a running sum by shelf, so that nobody has to walk through a million files to know it.

Used by the writing and the deleting thread. What was there at the start is counted once, in the background, while new
pictures come in. Must not touch files.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from station.pictures.rules import KeptClass
from station.pictures.surplus import Shelf


class StoredSums:
    """Bytes by shelf, and pictures by class."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes: dict[Shelf, int] = {}
        self._total = 0
        self._counting: set[tuple[Shelf, str]] | None = set()
        self.written: dict[KeptClass, int] = {"pass": 0, "reject": 0, "forced": 0}
        """Pictures written since the start."""

    @property
    def total_bytes(self) -> int:
        """All that is known of."""
        return self._total

    def by_shelf(self) -> Mapping[Shelf, int]:
        """A copy."""
        with self._lock:
            return dict(self._bytes)

    def announce(self, shelf: Shelf, name: str) -> None:
        """A file is about to appear: while those from before are counted, it must not be taken for one of them."""
        with self._lock:
            if self._counting is not None:
                self._counting.add((shelf, name))

    def add(self, shelf: Shelf, size_bytes: int) -> None:
        """A picture was written."""
        with self._lock:
            self._change(shelf, size_bytes)
            self.written[shelf.kept_class] += 1

    def found(self, shelf: Shelf, name: str, size_bytes: int) -> None:
        """A picture that may be from before the start."""
        with self._lock:
            if self._counting is None or (shelf, name) not in self._counting:
                self._change(shelf, size_bytes)

    def all_found(self) -> None:
        """Every picture from before the start has been counted."""
        with self._lock:
            self._counting = None

    def remove(self, shelf: Shelf, size_bytes: int) -> None:
        """Pictures were deleted."""
        with self._lock:
            self._change(shelf, -size_bytes)

    def empty(self, shelf: Shelf) -> None:
        """Nothing is left of a shelf, whatever was counted."""
        with self._lock:
            self._total -= self._bytes.pop(shelf, 0)

    def _change(self, shelf: Shelf, size_bytes: int) -> None:
        left = max(0, self._bytes.get(shelf, 0) + size_bytes)
        self._total += left - self._bytes.get(shelf, 0)
        self._bytes[shelf] = left
