"""Which pictures a folder offers: by its manifest, or a class per subfolder.

A manifest (`manifest.csv` in the folder or in its parent) has the columns set, path, class, label and split, and
may have sha256, width and height; paths are relative to it. Without one, every subfolder is a class; in it, files of
one name with different endings are one part (a mask or an annotation lies beside its picture), and folders called
"masks" are left out. It must not open a picture.
"""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from drivers.cell.source_labels import SOUND_LABEL, scene_label

MANIFEST_NAME = "manifest.csv"
MASK_FOLDERS = frozenset({"mask", "masks", "ground_truth"})
MAX_LISTED = 200_000

_COLUMNS = ("set", "path", "class", "label", "split")
_SOUND_WORDS = {"ok": True, "nok": False}
# Of files with one name and several endings, the first of these is the picture.
_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".pgm")


class SourceError(Exception):
    """There are no pictures to show; one sentence that says what was found and what to do."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One picture that a folder offers; `height_px` and `width_px` are 0 where the listing does not say."""

    path: Path
    name: str
    label: str
    defective: bool
    sha256: str | None = None
    height_px: int = 0
    width_px: int = 0


def list_pictures(folder: Path, set_name: str | None, split: str | None) -> list[Listed]:
    """The pictures of a set and split (None: the only set, every split), in the listing's order.

    SourceError where the folder is missing or empty, a set or split is not there, or the manifest is not one.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise SourceError(
            f"{folder}: expected a folder of pictures, found {'a file' if folder.exists() else 'nothing'}."
        )
    for manifest in (folder / MANIFEST_NAME, folder.parent / MANIFEST_NAME):
        if not manifest.is_file():
            continue
        rows = _read_manifest(manifest, folder)
        if rows or manifest.parent == folder:
            return _choose(rows, folder, manifest, set_name, split)
    if set_name is not None or split is not None:
        asked = f"set {set_name!r}" if set_name is not None else f"split {split!r}"
        raise SourceError(f"{folder}: {asked} was asked for, but there is no {MANIFEST_NAME} that says what is in it.")
    return _list_subfolders(folder)


@dataclass(frozen=True, slots=True)
class _Row:
    set_name: str
    split: str
    listed: Listed


def _read_manifest(manifest: Path, folder: Path) -> list[_Row]:
    """The rows of pictures that lie in the folder."""
    try:
        with manifest.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="")
            missing = [column for column in _COLUMNS if column not in (reader.fieldnames or [])]
            if missing and manifest.parent != folder:
                return []
            if missing:
                raise SourceError(f"{manifest}: the column {missing[0]!r} is missing; expected {', '.join(_COLUMNS)}.")
            rows = (_read_row(row, manifest, reader.line_num) for row in reader)
            return [row for row in rows if row.listed.path.is_relative_to(folder)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        if manifest.parent != folder:
            return []
        raise SourceError(f"{manifest}: the manifest cannot be read ({error}).") from error


def _read_row(row: dict[str, str], manifest: Path, line: int) -> _Row:
    path, word = row["path"].strip(), row["label"].strip().lower()
    if not path or "\0" in path or Path(path).is_absolute() or ".." in Path(path).parts:
        raise SourceError(f"{manifest}:{line}: expected a path below the manifest's folder, found {path!r}.")
    if word not in _SOUND_WORDS:
        raise SourceError(f"{manifest}:{line}: expected the label ok or nok, found {word!r}.")
    sound = _SOUND_WORDS[word]
    listed = Listed(
        path=manifest.parent / path,
        name=path,
        label=scene_label(row["class"], sound),
        defective=not sound,
        sha256=(row.get("sha256") or "").strip() or None,
        height_px=_size(row.get("height")),
        width_px=_size(row.get("width")),
    )
    return _Row(row["set"].strip(), row["split"].strip(), listed)


def _size(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


def _choose(rows: list[_Row], folder: Path, manifest: Path, set_name: str | None, split: str | None) -> list[Listed]:
    sets = sorted({row.set_name for row in rows})
    if not sets:
        raise SourceError(f"{folder}: {manifest.name} lists no picture.")
    if set_name is None:
        if len(sets) > 1:
            raise SourceError(f"{folder}: there are several sets, choose one of {', '.join(sets)}.")
        set_name = sets[0]
    if set_name not in sets:
        raise SourceError(f"{folder}: there is no set {set_name!r}; there is {', '.join(sets)}.")
    of_set = [row for row in rows if row.set_name == set_name]
    splits = sorted({row.split for row in of_set})
    if split is not None and split not in splits:
        raise SourceError(f"{folder}: set {set_name!r} has no split {split!r}; it has {', '.join(splits)}.")
    return [row.listed for row in of_set if split is None or row.split == split]


def _list_subfolders(folder: Path) -> list[Listed]:
    """Pictures by class folder; where one name has several endings, the picture only."""
    try:
        classes = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    except OSError as error:
        raise SourceError(f"{folder}: the folder cannot be read ({error}).") from error
    if not classes:
        raise SourceError(f"{folder}: expected a {MANIFEST_NAME} or a subfolder for each class, found neither.")
    listed: list[Listed] = []
    for class_folder in classes:
        label = scene_label(class_folder.name)
        for path in _one_each(islice(_files(class_folder), MAX_LISTED + 1)):
            listed.append(Listed(path, path.relative_to(folder).as_posix(), label, label != SOUND_LABEL))
            if len(listed) > MAX_LISTED:
                raise SourceError(f"{folder}: there are more than {MAX_LISTED} files; choose a smaller folder.")
    if not listed:
        raise SourceError(f"{folder}: none of its {len(classes)} subfolders holds a file.")
    return listed


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f.lower() not in MASK_FOLDERS and not f.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(root, name)


def _one_each(paths: Iterator[Path]) -> list[Path]:
    by_name: dict[Path, Path] = {}
    for path in paths:
        stem = path.with_suffix("")
        if stem not in by_name or _rank(path) < _rank(by_name[stem]):
            by_name[stem] = path
    return list(by_name.values())


def _rank(path: Path) -> int:
    ending = path.suffix.lower()
    return _ENDINGS.index(ending) if ending in _ENDINGS else len(_ENDINGS)
