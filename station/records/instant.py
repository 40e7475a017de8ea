"""Instants as the records keep them: UTC, ISO 8601, milliseconds, Z. Pure but for the clock of `now`.

Files of older stations have "+00:00" for the Z. Up to there both are alike, so that texts compare as instants do.
"""

from __future__ import annotations

from datetime import UTC, datetime

COMPARED = 23
"""Characters of an instant without its zone: 2026-11-20T12:00:01.250."""


def now() -> str:
    """This moment."""
    return instant(datetime.now(UTC))


def instant(moment: datetime) -> str:
    """A moment with a time zone; ValueError without one, since nobody could say when it was."""
    if moment.tzinfo is None:
        raise ValueError(f"expected a moment with a time zone, got {moment.isoformat()}")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:COMPARED] + "Z"


def with_z(text: str) -> str:
    """An instant of a file, whichever station wrote it, with its Z."""
    return text[:COMPARED] + "Z"


def bound(moment: datetime) -> str:
    """A moment to compare instants of a file with, whichever station wrote them."""
    return instant(moment)[:COMPARED]
