"""Judged parts as a labelled data set: a zip with `manifest.csv` and pictures, as `station model data audit` takes it.

Written in chunks, so that a data set of any size passes through little memory. All pictures of a part are one group,
and all lie in train: `station model data split` shares the parts out. Must not know who asks or where pictures lie.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from models.spec import SOUND_LABEL
from station.records.judgement import GOOD, UNSURE, Judgement
from station.records.record import PartRecord

MANIFEST = "manifest.csv"
LEFT_OUT = "left-out.csv"
COLUMNS = ("set", "path", "class", "label", "split", "sha256", "group", "mask", "flags")
WHOLE_PART = "whole_part"
_CHUNK_BYTES = 1 << 18


class Kept(Protocol):
    """A picture that was kept."""

    @property
    def path(self) -> Path:
        """Its file."""
        ...


class KeptPictures(Protocol):
    """Where pictures are kept."""

    def find(self, part_uid: int, view: str) -> Kept | None:
        """The picture of a part's view; None where it was not kept, or not that long."""
        ...


@dataclass(slots=True)
class Exported:
    """What an export took. `left_out` counts pictures by why they were not taken."""

    parts: int = 0
    pictures: int = 0
    left_out: Counter[str] = field(default_factory=Counter[str])


@dataclass(frozen=True, slots=True)
class _Labelled:
    """One picture to take: the view, its class and its flags."""

    view: str
    class_name: str
    flags: str = ""


class _Pipe(io.RawIOBase):
    """What the zip writes and the reader of the export has not taken yet."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        chunk = bytes(data)
        self._parts.append(chunk)
        self.size += len(chunk)
        return len(chunk)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        self.size = 0
        return taken


def export_chunks(
    judged: Iterable[tuple[PartRecord, Judgement]],
    pictures: KeptPictures,
    sets: Mapping[str, str] | None = None,
    exported: Exported | None = None,
) -> Iterator[bytes]:
    """The zip of the judged parts, chunk by chunk; waits for the disk.

    `sets` names the set of each view's pictures, such as its bundle's product; one that it does not name goes into the
    set of the part's recipe. `exported` is filled on the way. "unsure" is no label: such parts are not taken. A defect
    is the whole part's, so that of a part with several views only the one with the defect is taken, where it is known;
    else all are, with the flag WHOLE_PART: the defect is in one of them.
    """
    done = Exported() if exported is None else exported
    pipe = _Pipe()
    rows: list[list[str]] = []
    left_out: list[tuple[str, str, str]] = []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:  # pictures are packed already
        for record, judgement in judged:
            taken = 0
            for labelled in _labelled(record, judgement):
                content, suffix, problem = _content(pictures, record.part_uid, labelled.view)
                if content is None:
                    left_out.append((str(record.part_uid), labelled.view, problem))
                    continue
                row = _row(record, labelled, (sets or {}).get(labelled.view, record.recipe), content, suffix)
                archive.writestr(row[COLUMNS.index("path")], content)
                rows.append(row)
                taken += 1
                if pipe.size >= _CHUNK_BYTES:
                    yield pipe.take()
            done.parts += taken > 0
            done.pictures += taken
        done.left_out.update(why for _, _, why in left_out)
        archive.writestr(MANIFEST, _table(COLUMNS, rows))
        archive.writestr(LEFT_OUT, _table(("part", "view", "why"), left_out))
    yield pipe.take()


def _labelled(record: PartRecord, judgement: Judgement) -> list[_Labelled]:
    """The pictures that the judgement labels."""
    views = [str(picture["view"]) for picture in record.pictures]
    if judgement.judgement == UNSURE:
        return []
    if judgement.judgement == GOOD:
        return [_Labelled(view, SOUND_LABEL) for view in views]
    if record.view in views and record.label == judgement.judgement:
        views = [view for view in views if view == record.view]
    return [_Labelled(view, judgement.judgement, WHOLE_PART if len(views) > 1 else "") for view in views]


def _content(pictures: KeptPictures, part_uid: int, view: str) -> tuple[bytes | None, str, str]:
    """The picture's file and its suffix, or why there is none. Retention may take it at any moment."""
    kept = pictures.find(part_uid, view)
    if kept is None:
        return None, "", "not kept"
    try:
        return kept.path.read_bytes(), kept.path.suffix, ""
    except OSError as error:
        return None, "", error.strerror or "cannot be read"


def _row(record: PartRecord, labelled: _Labelled, set_name: str, content: bytes, suffix: str) -> list[str]:
    """The picture's line of the manifest, in the order of COLUMNS."""
    path = f"{_slug(set_name)}/{_slug(labelled.class_name)}/{record.part_uid}-{_slug(labelled.view)}{suffix}"
    sound = "ok" if labelled.class_name == SOUND_LABEL else "nok"
    digest = hashlib.sha256(content).hexdigest()
    return [set_name, path, labelled.class_name, sound, "train", digest, str(record.part_uid), "", labelled.flags]


def _slug(name: str) -> str:
    """A name as a part of a path, on any system."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "unnamed"


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
