"""The stored pictures as files: counted once, deleted by shelf; always a little at a time. For retention's thread.

Must not know why one is to go.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from station.pictures.hours import PARTIAL, Hour, Hours
from station.pictures.rules import CLASSES
from station.pictures.sums import StoredSums
from station.pictures.surplus import Removal, Shelf

_PAUSE_EACH, _PAUSE_S = 500, 0.002
"""A rest after so many files: on a small machine the line's programs come first."""
_NO_FOLDER: Final = (FileNotFoundError, NotADirectoryError)


class StoredFiles:
    """Counts and deletes below `folder`; ends early once `stopping` is set. OSError as the disk gives it."""

    def __init__(self, folder: Path, hours: Hours, sums: StoredSums, stopping: threading.Event) -> None:
        self._folder, self._hours, self._sums, self._stopping = folder, hours, sums, stopping
        self._began_s, self._looked = time.time(), 0

    def count(self) -> None:
        """Take every picture that is there into the sums."""
        self._hours.load()
        for hour in self._hours.all:
            for kept_class in CLASSES:
                shelf = hour.shelf(kept_class)
                for view, file in self._files(shelf):
                    with suppress(FileNotFoundError):
                        self._count_one(shelf, view, file)
        if not self._stopping.is_set():
            self._sums.all_found()

    def remove(self, removal: Removal) -> None:
        """Delete what is to go, the oldest part first."""
        if removal.bytes_min is None:
            self._remove_whole(removal.shelf)
            return
        left_bytes = removal.bytes_min
        for _, file in sorted(self._files(removal.shelf), key=lambda found: _part_uid(found[1].name)):
            if left_bytes <= 0 or self._stopping.is_set():
                return
            left_bytes -= self._remove_one(removal.shelf, file)

    def _count_one(self, shelf: Shelf, view: str, file: os.DirEntry[str]) -> None:
        found = file.stat()
        if not file.name.endswith(PARTIAL):
            self._sums.found(shelf, f"{view}/{file.name}", found.st_size)
        elif found.st_mtime < self._began_s:  # a power cut ended its writing
            Path(file.path).unlink()

    def _remove_whole(self, shelf: Shelf) -> None:
        for _, file in self._files(shelf):
            self._remove_one(shelf, file)
        hour = Hour(shelf.first_uid, shelf.hour)
        if self._stopping.is_set() or self._hours.all[-1:] == [hour]:
            return  # the newest hour's folders are written into
        folder = self._folder / shelf.hour
        with suppress(OSError):  # something else lies there
            for view in (folder / shelf.kept_class).iterdir():
                view.rmdir()
            (folder / shelf.kept_class).rmdir()
        self._sums.empty(shelf)
        with suppress(OSError):  # another class of this hour, another hour of this day is still there
            folder.rmdir()
            self._hours.forget(hour)
            folder.parent.rmdir()

    def _remove_one(self, shelf: Shelf, file: os.DirEntry[str]) -> int:
        """Its size in bytes, once it is gone. One that is being written is nobody's yet."""
        if file.name.endswith(PARTIAL):
            return 0
        with suppress(FileNotFoundError):
            size_bytes = file.stat().st_size
            Path(file.path).unlink()
            self._sums.remove(shelf, size_bytes)
            return size_bytes
        return 0

    def _files(self, shelf: Shelf) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """The files of a shelf, each with its view's folder."""
        folder = self._folder / shelf.hour / shelf.kept_class
        views: list[Path] = []
        with suppress(*_NO_FOLDER):
            views = list(folder.iterdir())
        for view in views:
            with suppress(*_NO_FOLDER), os.scandir(view) as files:
                for file in files:
                    self._looked += 1
                    if self._looked % _PAUSE_EACH == 0:
                        self._stopping.wait(_PAUSE_S)
                    if self._stopping.is_set():
                        return
                    yield view.name, file


def _part_uid(name: str) -> int:
    """Which part a file shows; what is none of ours counts as the oldest."""
    stem = name.split(".", 1)[0]
    return int(stem) if stem.isdecimal() else 0
