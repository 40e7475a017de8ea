"""The kept pictures, to be read: found by part and view, whole, small, and with the activation map over it.

Every call waits for the disk: for threads and other processes, never for the loop. A picture that is not there is None;
one that cannot be read or is damaged is a `PictureError` of one sentence. Must not know who asks.
"""

from __future__ import annotations

import errno
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models.maps import Heat
from station.pictures.encoding import overlay, preview_of
from station.pictures.hours import LOSSLESS, LOSSY, FoundHours, view_folder, view_name
from station.pictures.note import NoteError, check_whole, note_of
from station.pictures.rules import CLASSES, KeptClass

_PREVIEWS_KEPT: Final = 64
_MEDIA_TYPES: Final = {LOSSLESS: "image/png", LOSSY: "image/jpeg"}


class PictureError(RuntimeError):
    """A picture that should be there cannot be had; one sentence says which, where, and why."""


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """Where a kept picture lies."""

    path: Path
    kept_class: KeptClass
    lossless: bool

    @property
    def media_type(self) -> str:
        """image/png or image/jpeg."""
        return _MEDIA_TYPES[self.path.suffix]


def overlay_of(
    facts: Mapping[str, Any] | None, shape: tuple[int, int], origin: tuple[int, int] = (0, 0)
) -> bytes | None:
    """The activation map that is among a picture's facts, as PNG (RGBA); None where there is none.

    `shape` (height, width) is the picture's own, `origin` (y, x) where it lies in the camera's. ValueError where it is
    damaged.
    """
    if not facts or not facts.get("heat") or not facts.get("patch_px"):
        return None
    try:
        heat = Heat.unpacked(facts["heat"])
        places = [(int(patch[0]) - origin[0], int(patch[1]) - origin[1]) for patch in facts["patches"]]
        patch_px = int(facts["patch_px"][0]), int(facts["patch_px"][1])
    except (ValueError, TypeError, KeyError, IndexError):
        raise ValueError("the activation map in the picture's note is damaged") from None
    return overlay(heat, places, patch_px, shape)


class PictureStore:
    """Reads below `folder`, from any number of threads."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._hours = folder, FoundHours(folder)
        self._lock = threading.Lock()
        self._small: OrderedDict[tuple[Path, int], bytes] = OrderedDict()

    def find(self, part_uid: int, view: str) -> KeptPicture | None:
        """Where the picture lies; None where it was not kept, or not that long."""
        for kept, view_path in self._view_folders(part_uid, view):
            for suffix in (LOSSY, LOSSLESS):
                path = view_path / f"{part_uid}{suffix}"
                if _is_there(path):
                    return KeptPicture(path, kept, suffix == LOSSLESS)
        return None

    def views(self, part_uid: int) -> Collection[str]:
        """Names of the views whose picture was kept."""
        names = (f"{part_uid}{LOSSY}", f"{part_uid}{LOSSLESS}")
        return [
            view_name(folder.name)
            for _, folder in self._view_folders(part_uid, None)
            if any(_is_there(folder / name) for name in names)
        ]

    def read(self, kept: KeptPicture) -> bytes:
        """The file's bytes, whole. PictureError where it is damaged or gone."""
        content = self._content(kept.path)
        if content is None:
            raise PictureError(f"{kept.path}: the picture is not kept any more")
        return content

    def picture(self, part_uid: int, view: str) -> tuple[bytes, str] | None:
        """The file's bytes and media type."""
        kept = self.find(part_uid, view)
        content = None if kept is None else self._content(kept.path)
        return None if kept is None or content is None else (content, kept.media_type)

    def note(self, part_uid: int, view: str) -> dict[str, Any] | None:
        """What was noted with the picture (`order.note_of`)."""
        found = self._noted(part_uid, view)
        return None if found is None else found[2]

    def preview(self, part_uid: int, view: str) -> tuple[bytes, str] | None:
        """A small JPEG, and its media type."""
        kept = self.find(part_uid, view)
        if kept is None:
            return None
        try:
            key = (kept.path, kept.path.stat().st_mtime_ns)
        except OSError:
            return None  # retention took it just now
        with self._lock:
            small = self._small.get(key)
            if small is not None:
                self._small.move_to_end(key)
        if small is None:
            found = self._noted(part_uid, view)
            if found is None:
                return None
            small = preview_of(found[1], _shape(found))
            if small is None:
                raise PictureError(f"{kept.path}: the picture is damaged: its pixels cannot be decoded")
            with self._lock:
                self._small[key] = small
                while len(self._small) > _PREVIEWS_KEPT:
                    self._small.popitem(last=False)
        return small, _MEDIA_TYPES[LOSSY]

    def activation_map(self, part_uid: int, view: str) -> bytes | None:
        """PNG (RGBA) as large as the preview, to be laid over it; None also where the picture has no map."""
        found = self._noted(part_uid, view)
        try:
            return None if found is None else overlay_of(found[2].get("facts"), _shape(found), _origin(found))
        except ValueError as error:
            raise PictureError(f"{found[0] if found else view}: {error}") from None

    def _noted(self, part_uid: int, view: str) -> tuple[Path, bytes, dict[str, Any]] | None:
        kept = self.find(part_uid, view)
        content = None if kept is None else self._content(kept.path)
        if kept is None or content is None:
            return None
        try:
            return kept.path, content, note_of(content)
        except NoteError as error:
            raise PictureError(f"{kept.path}: the picture is damaged: {error}") from None

    def _content(self, path: Path) -> bytes | None:
        """The bytes of a whole picture; None where retention took it just now."""
        try:
            content = path.read_bytes()
            check_whole(content)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PictureError(f"{path}: the picture cannot be read: {error.strerror or error}") from None
        except NoteError as error:
            raise PictureError(f"{path}: the picture is damaged: {error}") from None
        return content

    def _view_folders(self, part_uid: int, view: str | None) -> list[tuple[KeptClass, Path]]:
        """Where a picture of the part, of this view or of any, can lie: rejects first."""
        try:
            hour = self._hours.of(part_uid)
            places: list[tuple[KeptClass, Path]] = []
            if hour is None:
                return places
            for kept_class in reversed(CLASSES):
                folder = hour / kept_class
                found = [folder / view_folder(view)] if view is not None else _folders_in(folder)
                places.extend((kept_class, place) for place in found)
        except OSError as error:
            raise PictureError(f"{self._folder}: the pictures cannot be read: {error.strerror or error}") from None
        return places


def _folders_in(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # no view has such a name
            return False
        raise PictureError(f"{path}: the picture cannot be read: {error.strerror or error}") from None


def _origin(found: tuple[Path, bytes, dict[str, Any]]) -> tuple[int, int]:
    """Where the picture lies in the camera's, (y, x)."""
    try:
        y_px, x_px = (int(edge) for edge in found[2].get("origin", (0, 0)))
    except (TypeError, ValueError):
        raise PictureError(f"{found[0]}: the picture is damaged: its note does not say where it lies") from None
    return y_px, x_px


def _shape(found: tuple[Path, bytes, dict[str, Any]]) -> tuple[int, int]:
    """The picture's (height, width), as noted."""
    try:
        height, width = (int(edge) for edge in found[2]["shape"])
    except (KeyError, TypeError, ValueError):
        raise PictureError(f"{found[0]}: the picture is damaged: its note does not say how large it is") from None
    if not 0 < height <= 65_536 or not 0 < width <= 65_536:
        raise PictureError(f"{found[0]}: the picture is damaged: its note says {height}x{width} pixels")
    return height, width
