"""Figures of the disk: records written, how long a commit takes, free room, the pictures' share. Must not write."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

from station.metrics.families import Families

_COMMIT_BUCKETS_S = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0)


class StorageFigures(Families):
    """What lies on the disk, and what there is room for."""

    def _make_storage(self) -> None:
        self.records_written = self._counter("records_written", "Records of parts and of events that are on the disk.")
        self.records_commit = self._histogram(
            "records_commit_duration_seconds", "Time until a batch of records was on the disk.", _COMMIT_BUCKETS_S
        )
        self._disk_free = self._gauge("disk_free_bytes", "Room that is left on the records' file system.")
        self._disk_size = self._gauge("disk_size_bytes", "Size of the records' file system.")
        self.pictures_written = self._counter("pictures_written", "Pictures that were stored.")
        self.pictures_stored = self._gauge("pictures_stored_bytes", "Room that the stored pictures take.")
        self.pictures_budget = self._gauge("pictures_budget_bytes", "Room that pictures may take.")

    def follow_disk(self, folder: Path) -> None:
        """Each scrape asks the file system of `folder`, in the metrics' thread: a hanging disk holds up a scrape only.

        NaN while it cannot be asked.
        """
        self._disk_free.set_function(lambda: _asked(folder, lambda disk: disk.f_bavail * disk.f_frsize))
        self._disk_size.set_function(lambda: _asked(folder, lambda disk: disk.f_blocks * disk.f_frsize))


def _asked(folder: Path, answer: Callable[[os.statvfs_result], int]) -> float:
    try:
        return float(answer(os.statvfs(folder)))
    except OSError:
        return math.nan
