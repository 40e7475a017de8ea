"""Which pictures of a part are there; a list of parts is worth showing without knowing. Must not know HTTP."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from station.pictures.store import PictureError


class KeptViews(Protocol):
    """Waits for the disk."""

    def views(self, part_uid: int) -> Collection[str]:
        """Names of the views whose picture was kept; PictureError where the disk does not tell."""
        ...


class NewestViews(Protocol):
    """Small pictures of the newest parts, which may not be kept."""

    def views_of(self, part_uid: int) -> Collection[str]:
        """Names of the views of which there is a picture."""
        ...


@dataclass(frozen=True, slots=True)
class SeenViews:
    """Implements `KeptViews`: what is kept, and what there still is of the newest parts."""

    kept: KeptViews
    newest: NewestViews

    def views(self, part_uid: int) -> Collection[str]:
        """Names of the views that can be looked at."""
        return {*self.kept.views(part_uid), *self.newest.views_of(part_uid)}


def views_kept(kept: KeptViews, part_uid: int) -> Collection[str]:
    """The same; none where the disk does not tell."""
    try:
        return kept.views(part_uid)
    except PictureError:
        return ()
