"""Which pictures of a part are there; a list of parts is worth showing without knowing. Must not know HTTP."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from station.pictures.store import PictureError


class KeptViews(Protocol):
    """Waits for the disk."""

    def views(self, part_uid: int) -> Collection[str]:
        """Names of the views whose picture was kept; PictureError where the disk does not tell."""
        ...


def views_kept(kept: KeptViews, part_uid: int) -> Collection[str]:
    """The same; none where the disk does not tell."""
    try:
        return kept.views(part_uid)
    except PictureError:
        return ()
