"""Where a picture lies: folders by day, hour, class and view, so that no database is needed to find one.

    2026-08-01/14-1785592800000001/reject/head-90/1785592800000042.jpg
    day        hour and first part class  view    part_uid, .png without loss

Part numbers grow, so the hour that holds one is the last whose first part is not after it, whatever the clock said
when. Writer and reader find a place by the same rule. All days and hours are UTC.
"""

from __future__ import annotations

import re
import threading
import time
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from station.pictures.rules import KeptClass
from station.pictures.surplus import Shelf

LOSSLESS, LOSSY = ".png", ".jpg"
PARTIAL: Final = ".partial"
_SETTLED_NS: Final = 1_000_000_000
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_HOUR: Final = re.compile(r"(\d\d)-(\d{1,19})")
_UNSAFE: Final = re.compile(r"[/%\x00-\x1f\x7f]|^\.")
_ESCAPED: Final = re.compile(r"%([0-9A-F]{2})")


@dataclass(frozen=True, slots=True, order=True)
class Hour:
    """One hour's folder."""

    first_uid: int
    name: str
    """Relative to the pictures' folder: "2026-08-01/14-1785592800000001"."""

    def shelf(self, kept_class: KeptClass) -> Shelf:
        """Its pictures of one class."""
        return Shelf(self.first_uid, self.name, kept_class)


def view_folder(view: str) -> str:
    """A view's name as a folder's: any name is one folder, and `view_name` gives it back."""
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", view)


def view_name(folder: str) -> str:
    """The inverse of `view_folder`."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), folder)


def hours_in(folder: Path) -> list[Hour]:
    """The hours that have a folder, oldest part first; what is none of ours is passed over.

    OSError as the disk gives it; no folder is no hours.
    """
    hours: list[Hour] = []
    for day in _entries(folder):
        if _DAY.fullmatch(day):
            for name in _entries(folder / day):
                found = _HOUR.fullmatch(name)
                if found is not None:
                    hours.append(Hour(int(found[2]), f"{day}/{name}"))
    return sorted(hours)


def _entries(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


class Hours:
    """The hours of a folder that this process writes into. Used by the writing and the deleting thread."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._hours: list[Hour] = []
        self._newest_uid = 0

    def load(self) -> None:
        """Look which there are. OSError as the disk gives it."""
        hours = hours_in(self._folder)
        with self._lock:
            self._hours = sorted({*self._hours, *hours})
            self._newest_uid = max(self._newest_uid, self._hours[-1].first_uid if self._hours else 0)

    @property
    def all(self) -> list[Hour]:
        """Oldest part first."""
        with self._lock:
            return list(self._hours)

    def of(self, part_uid: int, unix_s: float) -> Hour:
        """Where a part's pictures go at this time.

        A new hour begins with a part that is newer than all before: so no part already written falls into it.
        """
        clock = datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d/%H")
        with self._lock:
            newest = self._hours[-1] if self._hours else None
            hour = hour_of(self._hours, part_uid)
            if hour is None or (part_uid > self._newest_uid and newest is not None and newest.name[:13] != clock):
                hour = Hour(part_uid, f"{clock}-{part_uid}")
                self._hours.insert(bisect_right(self._hours, hour), hour)
            self._newest_uid = max(self._newest_uid, part_uid)
            return hour

    def forget(self, hour: Hour) -> bool:
        """Its folders are gone; False for the newest one, which is written into."""
        with self._lock:
            if hour not in self._hours or hour == self._hours[-1]:
                return False
            self._hours.remove(hour)
            return True


def hour_of(hours: list[Hour], part_uid: int) -> Hour | None:
    """The hour, of those sorted, that holds a part's pictures, if they were kept."""
    place = bisect_right(hours, part_uid, key=lambda hour: hour.first_uid)
    return hours[place - 1] if place else None


class FoundHours:
    """The hours of a folder that another thread or process writes into; looked up again when one was added."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._seen: tuple[int, ...] = ()
        self._hours: list[Hour] = []

    def of(self, part_uid: int) -> Path | None:
        """The folder of the hour that holds a part's pictures; OSError where the disk does not answer."""
        with self._lock:
            seen = self._stamp()
            if seen != self._seen:
                self._hours = hours_in(self._folder)
                # A folder's time is coarse: one that has just changed may do so again without showing it.
                self._seen = seen if time.time_ns() - max(seen, default=0) > _SETTLED_NS else ()
            hour = hour_of(self._hours, part_uid)
        return None if hour is None else self._folder / hour.name

    def _stamp(self) -> tuple[int, ...]:
        """Changes with each new day or hour, and the first time something is deleted from a day."""
        days = sorted({hour.name.split("/")[0] for hour in self._hours})[-2:]
        stamps: list[int] = []
        for folder in (self._folder, *(self._folder / day for day in days)):
            with suppress(FileNotFoundError):
                stamps.append(folder.stat().st_mtime_ns)
        return tuple(stamps)
