"""Writes encoded pictures to the disk, in a thread of its own behind a bounded queue.

Queue: at most `QUEUE_PICTURES` and `QUEUE_BYTES`; more are refused, and the caller counts them. A disk that hangs holds
this thread and nothing else. Each picture is there whole or not at all. Must not know why one is kept, nor cameras.
"""

from __future__ import annotations

import errno
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from station.fault_codes import FaultCode
from station.pictures.hours import LOSSLESS, LOSSY, PARTIAL, Hours, view_folder
from station.pictures.rules import GB, KeptClass, Room
from station.pictures.sums import StoredSums

_log = logging.getLogger("station.pictures")

QUEUE_PICTURES: Final = 32
QUEUE_BYTES: Final = 64_000_000
AGAIN_AFTER_S: Final = 5.0
"""A disk that refused a picture is not asked again for so long; what comes meanwhile is dropped, and counted."""
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


class FaultTeller(Protocol):
    """Where a condition is told when it begins and when it ends."""

    def raise_(self, code: FaultCode, **details: object) -> None:
        """The condition holds."""
        ...

    def clear(self, code: FaultCode) -> None:
        """It has ended, if it was there."""
        ...


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """A file to be written."""

    part_uid: int
    view: str
    kept_class: KeptClass
    lossless: bool
    content: bytes


def write_whole(path: Path, content: bytes) -> None:
    """The file is there with all of its content, or not at all; OSError otherwise.

    The content is on the disk when this returns. That the folder knows the name may take the file system some seconds
    more: a power cut loses the newest pictures, and never leaves half a one.
    """
    partial = path.with_name(f".{path.name}{PARTIAL}")
    try:
        with partial.open("wb", buffering=0) as file:
            left = memoryview(content)
            while left:
                left = left[file.write(left) :]
            os.fdatasync(file.fileno())
        partial.rename(path)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


class PictureWriter:
    """The disk's side. `start` and `stop` once; `room` is set by whoever watches the disk."""

    def __init__(
        self,
        folder: Path,
        faults: FaultTeller,
        hours: Hours,
        sums: StoredSums,
        *,
        write: Callable[[Path, bytes], None] = write_whole,
        again_after_s: float = AGAIN_AFTER_S,
    ) -> None:
        self._folder, self._faults, self._hours, self._sums = folder, faults, hours, sums
        self._write, self._again_after_s = write, again_after_s
        self._queue: queue.SimpleQueue[EncodedPicture | None] = queue.SimpleQueue()
        self._put_bytes = self._taken_bytes = 0  # each changed by one thread alone
        self._refused_at = -again_after_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="pictures to disk", daemon=True)
        self.room = Room.PLENTY
        self.dropped = 0
        """Pictures that the disk refused, or that came while it was not asked."""
        self.full_ns: int | None = None
        """When the disk last had no room for a picture, CLOCK_MONOTONIC."""

    @property
    def waiting(self) -> int:
        """Pictures that wait for the disk."""
        return self._queue.qsize()

    @property
    def takes(self) -> bool:
        """Whether one more would be taken now: encoding it is worth the time."""
        return self._queue.qsize() < QUEUE_PICTURES and self._put_bytes - self._taken_bytes < QUEUE_BYTES

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, picture: EncodedPicture) -> bool:
        """Queue a picture; False where the queue is full. Called by one thread. Never waits."""
        if not self.takes:
            return False
        self._put_bytes += len(picture.content)
        self._queue.put(picture)
        return True

    def stop(self, limit_s: float) -> bool:
        """Write what waits, for so long; False where the disk did not take all of it. Waits."""
        self._queue.put(None)
        if self._thread.ident is not None:
            self._thread.join(limit_s)
        self._stopping.set()
        if self._thread.is_alive():
            _log.warning("%d pictures were not on the disk within %.1f s and are lost", self.waiting, limit_s)
            return False
        return True

    def _serve(self) -> None:
        self._look_around()
        while not self._stopping.is_set():
            picture = self._queue.get()
            if picture is None:
                return
            self._store(picture)
            self._taken_bytes += len(picture.content)

    def _look_around(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._hours.load()
        except OSError as error:
            self._refused(error)

    def _store(self, picture: EncodedPicture) -> None:
        if time.monotonic() - self._refused_at < self._again_after_s:
            self.dropped += 1
            return
        hour = self._hours.of(picture.part_uid, time.time())
        shelf, view = hour.shelf(picture.kept_class), view_folder(picture.view)
        name = f"{picture.part_uid}{LOSSLESS if picture.lossless else LOSSY}"
        folder = self._folder / hour.name / picture.kept_class / view
        self._sums.announce(shelf, f"{view}/{name}")
        try:
            self._write_in(folder, name, picture.content)
        except (OSError, ValueError) as error:  # ValueError: a view's name that no file can have
            self._refused(error)
            self.dropped += 1
            return
        self._sums.add(shelf, len(picture.content))
        self._faults.clear(FaultCode.PICTURES_FAULT)

    def _write_in(self, folder: Path, name: str, content: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._write(folder / name, content)
        except FileNotFoundError:  # retention found the folder empty just then, and took it away
            folder.mkdir(parents=True, exist_ok=True)
            self._write(folder / name, content)

    def _refused(self, error: OSError | ValueError) -> None:
        self._refused_at = time.monotonic()
        if isinstance(error, OSError) and error.errno in _FULL:
            self.full_ns = time.monotonic_ns()
            self.room = Room.NONE  # until whoever watches the disk sees room again
            self._faults.raise_(FaultCode.PICTURES_STOPPED, folder=self._folder, free_gb=free_gb(self._folder))
            return
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        self._faults.raise_(FaultCode.PICTURES_FAULT, folder=self._folder, reason=f"{reason}.")


def free_gb(folder: Path) -> str:
    """Room on the folder's disk for people, "?" where it does not answer."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return "?"
    return f"{disk.f_bavail * disk.f_frsize / GB:.1f}"
