"""A row that waits for the disk, and whoever waits for the row."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

from station.records.database import Written


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row in the writer's queue. `done` hears whether it is on the disk; None: nobody asked."""

    written: Written
    done: Future[bool] | None = None

    def settle(self, *, stored: bool) -> None:
        """Tells whoever waits."""
        if self.done is not None:
            self.done.set_result(stored)
