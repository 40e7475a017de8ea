"""Makes the manifest of a set that lies in a folder a class: digests, sizes, masks by name, and physical parts.

Parts come from the file names where a pattern tells them, otherwise from likeness: then they are an estimate, and said
to be one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from models.make.data.looking import Look, look_at_all
from models.make.data.manifest_file import Line, read_table, write_table
from models.make.data.near import clusters, compare
from models.make.manifest import MANIFEST, DataError, Row
from models.make.progress import shown

COLUMNS: Final = ("set", "path", "class", "label", "split", "sha256", "group", "width", "height", "mask", "flags")
PICTURES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".pgm")
MASK_FOLDERS: Final = ("masks", "mask", "ground_truth")
MASK_ENDINGS: Final = ("_mask", "-mask", ".mask", "_label", "_gt")
POLYGON_ENDINGS: Final = (".poly.txt", ".txt")
ESTIMATED: Final = "group_estimated"


@dataclass(frozen=True, slots=True)
class Made:
    """What was written: pictures, parts, whether the parts are an estimate, files left out, the older file's copy."""

    pictures: int
    parts: int
    masks: int
    estimated: bool
    left_out: tuple[str, ...]
    backup: Path | None


def make_manifest(
    folder: Path,
    set_name: str,
    group_by: str | None = None,
    sound: Sequence[str] = (),
    threads: int = 2,
    *,
    replace_set: bool = False,
) -> Made:
    """Write the set into `folder`/manifest.csv, all of it in train; other sets in the file stay as they are.

    The classes are the folders in `folder`/`set_name`, or in `folder` where there is no such one. `group_by` is
    searched in each path from the class folder on; its groups, or all that it matched, name the part. DataError: no
    pictures, a path without a match, a set that is there already (unless `replace_set`).
    """
    table = read_table(folder)
    if not replace_set and any(line.get("set") == set_name for line in table.lines):
        raise DataError(f"{folder / MANIFEST}: expected no set {set_name!r} yet, found one; ask to replace it by name")
    root = folder / set_name if (folder / set_name).is_dir() else folder
    rows = _rows(folder, root)
    unknown = sorted(set(sound) - {row.class_name for row in rows})
    if unknown:
        raise DataError(f"{root}: expected the sound class {unknown[0]!r} among its folders, found none of that name")
    pattern = _pattern(group_by)
    if pattern is not None:
        rows = [replace(row, group=_part(row, pattern, folder, root)) for row in rows]
    looks = look_at_all(folder, rows, threads)
    good = [look for look in looks if look.seen is not None]
    if not good:
        raise DataError(f"{root}: expected pictures that can be read, found none of {len(looks)}: {looks[0].problem}")
    parts = [look.row.group for look in good] if pattern is not None else _estimated_parts(good, threads)
    lines = [_line(set_name, look, part, pattern is None, sound) for look, part in zip(good, parts, strict=True)]
    kept = [line for line in table.lines if line.get("set") != set_name]
    columns = [*COLUMNS, *(column for column in table.columns if column not in COLUMNS)]
    backup = write_table(folder / MANIFEST, columns, [*kept, *lines])
    masks = sum(bool(look.row.mask) for look in good)
    left_out = tuple(look.problem for look in looks if look.seen is None)
    return Made(len(good), len(set(parts)), masks, pattern is None, left_out, backup)


def _pattern(group_by: str | None) -> re.Pattern[str] | None:
    try:
        return None if group_by is None else re.compile(group_by)
    except re.error as error:
        raise DataError(f"{group_by!r}: expected a regular expression, found one with a mistake: {error}") from error


def _part(row: Row, pattern: re.Pattern[str], folder: Path, root: Path) -> str:
    inside = (folder / row.path).relative_to(root / row.class_name).as_posix()
    found = pattern.search(inside)
    if found is None:
        raise DataError(f"{row.path}: expected a part's name that {pattern.pattern!r} finds in {inside!r}, found none")
    return "-".join(group for group in found.groups() if group) or found.group(0)


def _estimated_parts(looks: Sequence[Look], threads: int) -> list[str]:
    """A part's name for each picture: pictures that are copies of each other, directly or through others."""
    pictures = [look.seen.small for look in looks if look.seen is not None]
    every = ~np.eye(len(pictures), dtype=bool)

    def progress(pairs: Iterable[tuple[int, int]], total: int) -> Iterable[tuple[int, int]]:
        return shown(pairs, "comparing pictures", total)

    numbers = clusters(len(pictures), compare(pictures, every, threads, shown=progress).copies)
    return [f"part{number + 1:04d}" for number in numbers]


def _line(set_name: str, look: Look, part: str, estimated: bool, sound: Sequence[str]) -> Line:
    row, seen = look.row, look.seen
    size = (str(seen.width_px), str(seen.height_px)) if seen is not None else ("", "")
    label = "ok" if row.class_name in sound else "nok"
    flags = ";".join([*([ESTIMATED] if estimated else []), *(["empty_mask"] if look.mask == "empty" else [])])
    values = (set_name, row.path, row.class_name, label, "train", look.digest, part, *size, row.mask, flags)
    return dict(zip(COLUMNS, values, strict=True))


def _rows(folder: Path, root: Path) -> list[Row]:
    """A row a picture, without digest and part; masks are no pictures."""
    if not root.is_dir():
        raise DataError(f"{root}: expected a folder with a folder for each class, found none")
    classes = sorted(path for path in root.iterdir() if path.is_dir() and path.name not in MASK_FOLDERS)
    rows: list[Row] = []
    for class_folder in classes:
        files = sorted(path for path in class_folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        masks = {picture: mask for picture in files if (mask := _mask_of(picture, root)) is not None}
        of_masks = set(masks.values())
        for path in files:
            if path.suffix.lower() in PICTURES and path not in of_masks and not _lies_among_masks(path, root):
                mask = masks[path].relative_to(folder).as_posix() if path in masks else ""
                rows.append(Row(path.relative_to(folder).as_posix(), class_folder.name, "train", "", "", mask, ""))
    if not rows:
        raise DataError(f"{root}: expected pictures ({', '.join(PICTURES)}) in a folder for each class, found none")
    return rows


def _lies_among_masks(path: Path, root: Path) -> bool:
    return any(part in MASK_FOLDERS for part in path.relative_to(root).parts[:-1])


def _mask_of(picture: Path, root: Path) -> Path | None:
    """The picture's mask: beside it under its name, or in a masks/ folder beside it, above it or at the root."""
    if picture.suffix.lower() not in PICTURES or _lies_among_masks(picture, root):
        return None
    stem = picture.with_suffix("").name
    beside = [picture.with_name(stem + ending + suffix) for ending in MASK_ENDINGS for suffix in PICTURES]
    if picture.suffix.lower() in (".jpg", ".jpeg"):  # x.jpg with a lossless x.png: the second is the mask
        beside += [picture.with_name(stem + suffix) for suffix in (".png", ".bmp")]
    beside += [picture.with_name(stem + ending) for ending in POLYGON_ENDINGS]
    inside = picture.parent.relative_to(root)
    folders = [
        *(picture.parent / name for name in MASK_FOLDERS),
        *(picture.parent.parent / name for name in MASK_FOLDERS if picture.parent.parent.is_relative_to(root)),
        *(root / name / inside for name in MASK_FOLDERS),
    ]
    names = [stem + ending + suffix for ending in ("", *MASK_ENDINGS) for suffix in (*PICTURES, *POLYGON_ENDINGS)]
    elsewhere = [folder / name for folder in folders if folder.is_dir() for name in names]
    return next((path for path in [*beside, *elsewhere] if path.is_file()), None)
