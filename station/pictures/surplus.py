"""What is deleted of the kept pictures: first what is too old, then the oldest of the least wanted class.

Pure, over sums: one `Shelf` holds the pictures of one class of one hour. Must not know files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from station.pictures.rules import CLASSES, KeptClass

_HOUR_S: Final = 3600.0
_CLOCK_CHARS: Final = len("2026-08-01/14")  # so that hours compare as text


@dataclass(frozen=True, slots=True, order=True)
class Shelf:
    """Where pictures lie: `first_uid` is that of the hour's first part, so that shelves sort by age."""

    first_uid: int
    hour: str
    """As the folders are called: "2026-08-01/14-1785592800000001"."""
    kept_class: KeptClass


@dataclass(frozen=True, slots=True)
class Removal:
    """Delete the oldest pictures of this shelf: so many bytes at least, or all of them (None)."""

    shelf: Shelf
    bytes_min: int | None


def too_old(shelves: Iterable[Shelf], now_s: float, age_s: Mapping[KeptClass, float]) -> list[Removal]:
    """The shelves whose hour ended longer ago, at `now_s` (UNIX time), than their class is kept."""
    oldest = {kept_class: _hour_at(now_s - age - _HOUR_S) for kept_class, age in age_s.items()}
    return [Removal(shelf, None) for shelf in sorted(shelves) if shelf.hour[:_CLOCK_CHARS] < oldest[shelf.kept_class]]


def over_budget(
    stored_bytes: Mapping[Shelf, int], excess_bytes: int, classes: Iterable[KeptClass] = CLASSES
) -> list[Removal]:
    """What must go for `excess_bytes` less: class after class, the least wanted first, each from its oldest on."""
    removals: list[Removal] = []
    for kept_class in classes:
        for shelf in sorted(shelf for shelf in stored_bytes if shelf.kept_class == kept_class):
            if excess_bytes <= 0:
                return removals
            held = stored_bytes[shelf]
            removals.append(Removal(shelf, None if held <= excess_bytes else excess_bytes))
            excess_bytes -= held
    return removals


def _hour_at(unix_s: float) -> str:
    return datetime.fromtimestamp(max(0.0, unix_s), UTC).strftime("%Y-%m-%d/%H")
