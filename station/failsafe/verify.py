"""Checks sealed reports: content, key, readable form, the report before, and whether the newest one is still there.

Reads files, changes none. What it can and cannot find stands in `seal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from station.failsafe.archive import HEAD, report_files
from station.failsafe.markdown import markdown_of
from station.failsafe.seal import PUBLIC_KEY, SealError, read_public_key, unsealed


@dataclass(frozen=True, slots=True)
class Checked:
    """A report that is what the station wrote."""

    path: Path
    result: str
    begin: str
    simulated: tuple[str, ...]


def verify(paths: Sequence[Path], public_key: Path | None = None) -> tuple[list[Checked], list[str]]:
    """The good ones among `paths` (a folder: all reports in it), and a sentence for each thing that is wrong.

    `public_key`: the station's, from elsewhere; None: the one beside the reports, which whoever can write there could
    have exchanged.
    """
    good: list[Checked] = []
    wrong: list[str] = []
    files = [file for path in paths for file in (report_files(path) if path.is_dir() else [path])]
    if not files:
        wrong.append(f"{', '.join(map(str, paths))}: there is no report.")
    for file in dict.fromkeys(files):
        try:
            good.append(_check(file, public_key, wrong))
        except SealError as error:
            wrong.append(str(error))
    # A single report may be a copy of which the others, and the seal of the newest, stayed where they were written.
    copies = {path.parent for path in paths if not path.is_dir() and not (path.parent / HEAD).exists()}
    for folder in dict.fromkeys(path if path.is_dir() else path.parent for path in paths):
        if folder in copies:
            continue
        try:
            _check_newest(folder, public_key)
        except SealError as error:
            wrong.append(str(error))
    return good, wrong


def _check(path: Path, public_key: Path | None, wrong: list[str]) -> Checked:
    """SealError for the first thing that is wrong with it; `wrong` hears of what is missing around it."""
    report, digest = unsealed(path)
    _check_key(path, report, public_key)
    try:
        readable = markdown_of(report, digest)
        previous = report["chain"]["previous"]
        checked = Checked(path, str(report["result"]), str(report["begin"]), tuple(report["simulated"]))
    except (KeyError, TypeError, AttributeError):
        raise SealError(f"{path}: is sealed, but no fail-safe report.") from None
    beside = path.with_suffix(".md")
    if beside.exists() and beside.read_bytes() != readable.encode():
        wrong.append(f"{beside}: the readable form was changed: it does not say what {path.name} says.")
    if previous is not None:
        _check_previous(path, path.parent / previous["file"], previous["digest"])
    return checked


def _check_key(path: Path, report: dict[str, Any], public_key: Path | None) -> None:
    key = public_key or path.parent / PUBLIC_KEY
    if read_public_key(key) != report["public_key"]:
        raise SealError(f"{path}: a foreign key: it was sealed by another station than the one of {key}.")


def _check_previous(path: Path, previous: Path, digest: str) -> None:
    if not previous.exists():
        raise SealError(f"{path}: the report before it, {previous.name}, is missing: it was removed.")
    try:
        _, found = unsealed(previous)
    except SealError as error:
        raise SealError(f"{path}: the link to the report before it is broken: {error}") from None
    if found != digest:
        raise SealError(f"{path}: the link to the report before it is broken: {previous.name} was exchanged.")


def _check_newest(folder: Path, public_key: Path | None) -> None:
    head = folder / HEAD
    if not head.exists():
        raise SealError(f"{head}: is missing: nobody can tell whether the newest report was removed.")
    report, _ = unsealed(head)
    _check_key(head, report, public_key)
    newest = folder / str(report.get("file"))
    if not newest.exists():
        raise SealError(f"{newest}: the newest report is missing: it was removed.")
    _, digest = unsealed(newest)
    if digest != report.get("digest"):
        raise SealError(f"{newest}: was exchanged: it is not the report that {HEAD} names.")
