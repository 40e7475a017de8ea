"""Reads and replaces `manifest.csv` as a table, keeping columns and sets that it does not know."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.make.manifest import MANIFEST, DataError

Line = dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns in the file's order and a mapping a line."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def read_table(folder: Path) -> Table:
    """The manifest of a folder; empty where there is none; DataError where it cannot be read."""
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Table((), ())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: expected a manifest in UTF-8, cannot be read: {error}") from error
    reader = csv.DictReader(io.StringIO(text))
    lines = tuple({key: value or "" for key, value in line.items() if key} for line in reader)
    return Table(tuple(reader.fieldnames or ()), lines)


def write_table(path: Path, columns: Sequence[str], lines: Sequence[Mapping[str, str]]) -> Path | None:
    """Replace the file whole; the older one is kept beside it under the path that is returned.

    DataError where it cannot be written: then the older file is as it was.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
            file.flush()
            os.fsync(file.fileno())
        backup = None
        if path.exists():
            backup = _free_name(path)
            shutil.copy2(path, backup)
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise DataError(f"{path}: cannot be written: {error.strerror}; nothing was changed") from error
    return backup


def _free_name(path: Path) -> Path:
    """manifest.1.csv, manifest.2.csv, …: the first that is not there."""
    number = 1
    while (name := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists():
        number += 1
    return name
