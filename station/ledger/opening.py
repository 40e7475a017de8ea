"""Opens the ledger file: locked for one station, of the right form, or else a new one in its place.

A file that cannot be read is renamed and never deleted: a station must start, and somebody may want to look. Must not
know what the entries mean.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from station.ledger.entry import ENTRY_BYTES, HEADER_BYTES, VERSION, decoded_header, encoded_header
from station.ledger.replay import Replay, replayed

_LOST = (
    "the counts begin at 0, and parts that were in flight are not known: "
    "see that what lies between camera and gate is rejected"
)
_MOST_READ = 1 << 24


class LedgerFileError(Exception):
    """The ledger file cannot be used at all; the text is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Opened:
    """`descriptor` holds the lock until it is closed. `sentence`: what was wrong, None if nothing was."""

    descriptor: int
    entries: int
    replay: Replay
    sentence: str | None


def open_ledger(path: Path, entries: int) -> Opened:
    """The file at `path`, made with room for `entries` where there is none. Raises LedgerFileError."""
    sentence: str | None = None
    aside: int | None = None  # kept open, and so locked, until its successor is locked
    try:
        while True:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o640)
            try:
                if not _locked(descriptor, path):
                    os.close(descriptor)
                    continue  # another station put the file aside in this moment
                header, ring = _read(descriptor)
                if os.fstat(descriptor).st_size < _MOST_READ and not any(header) and not any(ring):
                    _lay_out(descriptor, path, entries)
                    return Opened(descriptor, entries, replayed(b"", entries), sentence)
                wrong = _what_is_wrong(header, ring)
                known = decoded_header(header)
                if wrong is None and known is not None:
                    replay = replayed(ring, known.entries)
                    if replay.newest is not None or replay.damaged == 0:
                        return Opened(descriptor, known.entries, replay, sentence or _damage(path, replay))
                    wrong = "has no readable entry"
                new_name = _put_aside(path)
                sentence = f"The ledger file {path} {wrong}; it was renamed {new_name} and a new one begun: {_LOST}."
                aside = descriptor
            except BaseException:
                with suppress(OSError):
                    os.close(descriptor)
                raise
    except OSError as error:
        raise LedgerFileError(f"The ledger file {path} cannot be used: {error.strerror or error}.") from error
    finally:
        if aside is not None:
            os.close(aside)


def _locked(descriptor: int, path: Path) -> bool:
    """Locks the file; False where `path` names another one by now."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise LedgerFileError(f"The ledger file {path} is no ordinary file; give a path for a new one.")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LedgerFileError(
            f"The ledger file {path} is in use by another station on this machine; "
            "stop that one, or give this one a folder of its own."
        ) from None
    return is_at(descriptor, path)


def is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one that `path` names."""
    ours = os.fstat(descriptor)
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)


def _read(descriptor: int) -> tuple[bytes, bytes]:
    """Header and ring; of a foreign file only the beginning."""
    header = os.pread(descriptor, HEADER_BYTES, 0)
    known = decoded_header(header)
    if known is None or known.version != VERSION:
        return header, os.pread(descriptor, _MOST_READ, HEADER_BYTES)
    return header, os.pread(descriptor, known.entries * ENTRY_BYTES, HEADER_BYTES)


def _what_is_wrong(header: bytes, ring: bytes) -> str | None:
    known = decoded_header(header)
    if known is None:
        return "is no ledger file, or its first bytes are damaged"
    if known.version != VERSION:
        return f"has layout {known.version}, this station knows layout {VERSION}"
    if len(ring) != known.entries * ENTRY_BYTES:
        return f"is cut short: {len(ring) + HEADER_BYTES} bytes, expected {HEADER_BYTES + known.entries * ENTRY_BYTES}"
    return None


def _damage(path: Path, replay: Replay) -> str | None:
    if not replay.damaged:
        return None
    return (
        f"The ledger file {path} has {replay.damaged} damaged entries; the counts are those of the newest intact one, "
        "and parts in flight whose numbers were lost are counted as forced rejects: check the disk."
    )


def _lay_out(descriptor: int, path: Path, entries: int) -> None:
    """Takes the room on the disk for good: later writes change bytes that are there, on a full disk, too.

    Zeros are written besides: an extent that is only reserved needs room for its bookkeeping at the first write. The
    header comes last, so that a file cut off before is still blank.
    """
    size = HEADER_BYTES + entries * ENTRY_BYTES
    os.ftruncate(descriptor, 0)
    os.posix_fallocate(descriptor, 0, size)
    os.pwrite(descriptor, bytes(size), 0)
    os.fsync(descriptor)
    os.pwrite(descriptor, encoded_header(entries), 0)
    os.fsync(descriptor)
    sync_folder(path.parent)


def _put_aside(path: Path) -> str:
    """Renames the file; its new name."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    for number in range(1, 1000):
        target = path.with_name(f"{path.name}.unreadable-{now}" + ("" if number == 1 else f"-{number}"))
        if not target.exists():
            path.rename(target)
            sync_folder(path.parent)
            return target.name
    raise LedgerFileError(f"The ledger file {path} cannot be read, nor put aside: its folder is full of such files.")


def sync_folder(folder: Path) -> None:
    """Makes names in the folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
