"""Puts generated lines between two marks of a text file, so that the rest of it stays as a person wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from models.make.manifest import DataError

BEGIN: Final = "<!-- figures: made by `station model figures`, do not edit -->"
END: Final = "<!-- end of figures -->"


def put_between_marks(path: Path, lines: Sequence[str]) -> None:
    """Replace what stands between BEGIN and END. DataError where the marks are missing."""
    text = path.read_text(encoding="utf-8")
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise DataError(f"{path}: expected the marks {BEGIN!r} and {END!r}, found not both")
    partial = path.with_suffix(".partial")
    partial.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")
    partial.replace(path)
