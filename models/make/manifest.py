"""Reads a data set's `manifest.csv` (set, path, class, label, split, sha256, group, size, mask, flags) and audits it.

Splits are the manifest's own, by physical part; a part in two splits is refused.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MANIFEST: Final = "manifest.csv"
SPLITS: Final = ("train", "val", "test")
COLUMNS: Final = frozenset({"set", "path", "class", "label", "split", "sha256", "group", "mask"})


class DataError(Exception):
    """One sentence: what is wrong with the data set."""


@dataclass(frozen=True, slots=True)
class Row:
    """One picture: paths inside the data folder, `class_name` as in the set, `group` the physical part.

    `label` is "ok" or "nok" where the manifest says so, "" where it does not.
    """

    path: str
    class_name: str
    split: str
    sha256: str
    group: str
    mask: str
    flags: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
    """What was checked before training; goes into the bundle's provenance."""

    pictures: dict[str, int]
    parts: dict[str, int]
    groups_in_two_splits: int
    files_in_two_splits: int
    digest: str


def read_manifest(folder: Path, set_name: str) -> list[Row]:
    """Rows of one set, in the file's order; DataError if the file or the set is not there."""
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: expected a manifest, cannot be read: {error.strerror}") from error
    reader = csv.DictReader(text.splitlines())
    missing = COLUMNS - set(reader.fieldnames or ())
    if missing:
        raise DataError(f"{path}: expected the columns {sorted(COLUMNS)}, missing {sorted(missing)}")
    rows = [
        Row(
            line["path"],
            line["class"],
            line["split"],
            line["sha256"],
            line["group"],
            line["mask"],
            line.get("flags") or "",
            line.get("label") or "",
        )
        for line in reader
        if line["set"] == set_name
    ]
    if not rows:
        raise DataError(f"{path}: expected pictures of the set {set_name!r}, found none")
    strange = sorted({row.split for row in rows} - set(SPLITS))
    if strange:
        raise DataError(f"{path}: expected the splits {', '.join(SPLITS)}, found {strange[0]!r}")
    return rows


def audit(rows: Sequence[Row]) -> Audit:
    """Count pictures and parts; DataError if a part or a file lies in two splits."""
    by_group: dict[str, set[str]] = {}
    by_file: dict[str, set[str]] = {}
    for row in rows:
        by_group.setdefault(row.group, set()).add(row.split)
        by_file.setdefault(row.sha256, set()).add(row.split)
    groups = [group for group, splits in by_group.items() if len(splits) > 1]
    files = [digest for digest, splits in by_file.items() if len(splits) > 1]
    if groups or files:
        what = f"part {groups[0]}" if groups else f"file with SHA-256 {files[0][:12]}…"
        raise DataError(f"{what} lies in two splits: the figures would measure memory")
    return Audit(
        {split: sum(row.split == split for row in rows) for split in SPLITS},
        {split: len({row.group for row in rows if row.split == split}) for split in SPLITS},
        len(groups),
        len(files),
        data_digest(rows),
    )


def data_digest(rows: Sequence[Row]) -> str:
    """SHA-256 over the files' digests and splits: the same pictures split alike, whatever their names and order."""
    content = "".join(sorted(f"{row.sha256}{row.split}\n" for row in rows))
    return hashlib.sha256(content.encode()).hexdigest()
