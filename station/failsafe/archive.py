"""The folder of reports: each is sealed, names the one before it, and is there whole or not at all.

Blocks on the disk: called from a thread. Must not know what a report says.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from station.failsafe.markdown import markdown_of
from station.failsafe.seal import SealError, digest_of, key_text, own_key, sealed_bytes, unsealed

HEAD = "newest.json"
"""The sealed name and digest of the newest report: without it nobody would miss the newest one."""


@dataclass(frozen=True, slots=True)
class Link:
    """A report in the chain, numbers from 1."""

    number: int
    file: str
    digest: str


class Archive:
    """Reports in `folder`, which is made on first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, content: dict[str, Any], ended: datetime) -> tuple[Path, str]:
        """Seal and write the report and its readable form; the file and its digest. OSError, SealError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        key = own_key(self._folder)
        public_key = key_text(key.public_key())
        before = newest_of(self._folder, public_key)
        number = 1 if before is None else before.number + 1
        previous = None if before is None else {"file": before.file, "digest": before.digest}
        report = {**content, "chain": {"number": number, "previous": previous}, "public_key": public_key}
        path = self._free_name(ended)
        digest = digest_of(report)
        _write(path.with_suffix(".md"), markdown_of(report, digest).encode())
        _write(path, sealed_bytes(report, key))
        head = {"kind": "newest report", "number": number, "file": path.name, "digest": digest}
        _write(self._folder / HEAD, sealed_bytes({**head, "public_key": public_key}, key))
        return path, digest

    def _free_name(self, ended: datetime) -> Path:
        name = ended.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        tries = (self._folder / f"{name}{more}.json" for more in ("", *(f"-{n}" for n in range(2, 1000))))
        return next(path for path in tries if not path.exists())


def report_files(folder: Path) -> list[Path]:
    """The reports in a folder, by name."""
    return sorted(path for path in folder.glob("*.json") if path.name != HEAD)


def newest_of(folder: Path, public_key: str) -> Link | None:
    """The newest report of this key that is known of: the one with the highest number, or what the head says of it.

    A file that cannot be unsealed does not stop the next report: the chain then shows what is missing.
    """
    links: list[Link] = []
    for path in (*report_files(folder), folder / HEAD):
        try:
            report, digest = unsealed(path)
            if report["public_key"] == public_key:
                of_head = path.name == HEAD
                number = report["number"] if of_head else report["chain"]["number"]
                links.append(Link(int(number), *(_named(report) if of_head else (path.name, digest))))
        except (SealError, KeyError, TypeError, ValueError):
            continue
    return max(links, key=lambda link: link.number, default=None)


def _named(head: dict[str, Any]) -> tuple[str, str]:
    return str(head["file"]), str(head["digest"])


def _write(path: Path, data: bytes) -> None:
    """Whole on the disk, or not there; also after a power cut."""
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
