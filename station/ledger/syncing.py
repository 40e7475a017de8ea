"""Brings the ledger's writes to the disk from a thread of its own, so that a slow disk never holds up a verdict.

At most every `PERIOD_S` while there is something new: a power cut (not a kill) can take what was written in that time.
Must not know what is in the file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from station.ledger.opening import is_at

PERIOD_S = 0.05


class DiskHealth:
    """Says a disk fault once when it begins and once when it is over, whichever thread finds it."""

    def __init__(self, tell: Callable[[str | None], None]) -> None:
        self._tell, self._lock = tell, threading.Lock()
        self._failing: set[str] = set()

    def failed(self, step: str, sentence: str) -> None:
        """This step fails, perhaps still."""
        with self._lock:
            first = not self._failing
            self._failing.add(step)
            if first:
                self._tell(sentence)

    def works(self, step: str) -> None:
        """This step succeeded."""
        if step not in self._failing:
            return
        with self._lock:
            self._failing.discard(step)
            if not self._failing:
                self._tell(None)


class Syncing:
    """The thread. `datasync` is os.fdatasync, a parameter for tests of a failing disk."""

    def __init__(self, descriptor: int, path: Path, health: DiskHealth, datasync: Callable[[int], None]) -> None:
        self._descriptor, self._path, self._health, self._datasync = descriptor, path, health, datasync
        self._dirty, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger sync", daemon=True)
        self._thread.start()

    def wrote(self) -> None:
        """There is something new in the file."""
        if not self._dirty.is_set():
            self._dirty.set()

    def stop(self, timeout_s: float) -> bool:
        """A last sync, and the end; False where the disk took longer than the limit. Safe to repeat."""
        self._stopping.set()
        self._dirty.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._dirty.wait()
            self._dirty.clear()
            self._sync()
            self._stopping.wait(PERIOD_S)
        self._sync()

    def _sync(self) -> None:
        try:
            self._datasync(self._descriptor)
        except OSError as error:
            self._health.failed(
                "sync", f"The ledger file {self._path} cannot be brought to the disk: {error.strerror}."
            )
            self._dirty.set()  # tried again, also if no part comes
            return
        self._health.works("sync")
        try:
            there = is_at(self._descriptor, self._path)
        except OSError:
            there = True  # the folder cannot be looked at; what matters is that the write arrived
        if there:
            self._health.works("place")
        else:
            self._health.failed(
                "place",
                f"The ledger file {self._path} was deleted or replaced while in use: after a restart the station will "
                "not know its parts; restart it when the line is empty.",
            )
