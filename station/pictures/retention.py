"""Keeps the pictures within age and budget, and says what the disk still has room for; a thread of its own.

Looks once through what is there, in the background, and goes by sums from then on. Must not know what a picture shows,
nor write one.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from station.fault_codes import FaultCode
from station.pictures.hours import Hours
from station.pictures.rules import GB, KeepRule, Room
from station.pictures.stored_files import StoredFiles
from station.pictures.sums import StoredSums
from station.pictures.surplus import Removal, over_budget, too_old
from station.pictures.writer import FaultTeller, PictureWriter

_log = logging.getLogger("station.pictures")

PERIOD_S: Final = 5.0
FULL_HOLD_S: Final = 30.0
"""A disk that had no room, though it says that it has some, is not asked again for so long."""
_MORE_SHARE: Final = 0.01
"""Of the budget: so much more is deleted than must go, so that it is not done for each new picture."""


def free_bytes(folder: Path) -> int:
    """Room on the folder's disk for this user; OSError where it does not answer."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


class Retention:
    """`start` and `stop` once. The writer gets its `room` from here, and people the faults."""

    def __init__(
        self,
        folder: Path,
        rule: KeepRule,
        faults: FaultTeller,
        hours: Hours,
        sums: StoredSums,
        writer: PictureWriter,
        *,
        free: Callable[[Path], int] = free_bytes,
        clock: Callable[[], float] = time.time,
        period_s: float = PERIOD_S,
        full_hold_s: float = FULL_HOLD_S,
    ) -> None:
        self._folder, self._rule, self._faults, self._sums, self._writer = folder, rule, faults, sums, writer
        self._free, self._clock, self._period_s, self._full_hold_s = free, clock, period_s, full_hold_s
        self._stopping = threading.Event()
        self._files = StoredFiles(folder, hours, sums, self._stopping)
        self._thread = threading.Thread(target=self._serve, name="pictures' retention", daemon=True)
        self.disk_free_bytes = 0
        self.counted = False
        """Every picture from before the start is in the sums."""

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self, limit_s: float) -> None:
        """End within the limit, unless the disk hangs: then the thread is left to end when it answers. Waits."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(limit_s)

    def count(self) -> None:
        """Look through all pictures that are there. OSError where the disk does not answer."""
        self._files.count()
        self.counted = not self._stopping.is_set()

    def look(self) -> None:
        """One look at sums and disk, and what follows. OSError where it does not answer."""
        self.disk_free_bytes = self._free(self._folder)
        self._remove(too_old(self._sums.by_shelf(), self._clock(), self._rule.age_s))
        excess = self._sums.total_bytes - self._rule.budget_bytes
        if excess > 0:
            more = int(self._rule.budget_bytes * _MORE_SHARE)
            self._remove(over_budget(self._sums.by_shelf(), excess + more))
        wanted = self._rule.bytes_wanted(self.disk_free_bytes)
        if wanted > 0:
            self._remove(over_budget(self._sums.by_shelf(), wanted, ("pass",)))
            self.disk_free_bytes = self._free(self._folder)
        self._set_room()

    def _serve(self) -> None:
        wait_s = 0.0
        while not self._stopping.wait(wait_s):
            wait_s = self._period_s
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                self.look()
                if not self.counted:
                    self.count()
                    self.look()
            except OSError as error:
                _log.debug("the pictures' disk does not answer: %s", error)  # the writer says so, when it writes

    def _remove(self, removals: list[Removal]) -> None:
        for removal in removals:
            if not self._stopping.is_set():
                self._files.remove(removal)

    def _set_room(self) -> None:
        """What there is room for from here on; each step down or up is told once."""
        stored = self._sums.total_bytes
        room = self._rule.room(self._writer.room, free_bytes=self.disk_free_bytes, stored_bytes=stored)
        full_ns = self._writer.full_ns
        if full_ns is not None and time.monotonic_ns() - full_ns < self._full_hold_s * 1e9:
            room = Room.NONE
        self._writer.room = room
        free_gb = f"{self.disk_free_bytes / GB:.1f}"
        for level, code in ((Room.SHORT, FaultCode.PASSED_PICTURES_STOPPED), (Room.NONE, FaultCode.PICTURES_STOPPED)):
            if room is level:
                self._faults.raise_(code, folder=self._folder, free_gb=free_gb)
            else:
                self._faults.clear(code)
