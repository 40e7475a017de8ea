"""The disk of the records: may it be written, is there room, how long until a write has really arrived?"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from station.doctor.box import Box
from station.doctor.finding import Finding, bad, note, ok

_GB = 1e9
RECORDS_GB = 1.0
"""About five million parts."""
SLOW_MS, TOO_SLOW_MS = 50.0, 1000.0
_WRITES = 20
_PAGE_BYTES = 4096
_IN_MEMORY = ("tmpfs", "ramfs", "overlay")
_OVER_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "afs", "ceph")
_WITHOUT_RIGHTS = ("vfat", "exfat", "msdos")


def writable(box: Box) -> Iterator[Finding]:
    """Can the records folder be written, or made?"""
    folder, there = box.records, _nearest(box.records)
    if not there.is_dir():
        yield bad(f"{there} is no folder", "correct records.folder")
    elif not os.access(there, os.W_OK | os.X_OK, effective_ids=True) or _read_only(there):
        doing = f"chown it to the station's user, or correct records.folder (user id {os.geteuid()} runs this)"
        yield bad(f"{there} may not be written", doing)
    else:
        yield ok(f"{folder} can be written" if there == folder else f"{folder} will be made in {there}")


def room(box: Box) -> Iterator[Finding]:
    """Free space against what pictures may take."""
    there = _nearest(box.records)
    free_gb = shutil.disk_usage(there).free / _GB
    pictures = box.config.pictures
    used_gb = sum(f.stat().st_size for f in (box.records / pictures.folder).rglob("*") if f.is_file()) / _GB
    wanted_gb = max(0.0, pictures.budget_gb - used_gb) + pictures.free_gb_min
    if free_gb < RECORDS_GB:
        yield bad(f"{free_gb:.1f} GB are free on the disk of {there}", "make room: records need at least 1 GB")
    elif free_gb < wanted_gb:
        doing = "lower pictures.budget_gb, or use a larger disk; records always come first"
        yield note(f"{free_gb:.0f} GB are free, and pictures may take {wanted_gb:.0f} GB more", doing)
    else:
        yield ok(f"{free_gb:.0f} GB are free, pictures may take {wanted_gb:.0f} GB of them")


def latency(box: Box) -> Iterator[Finding]:
    """How long write + fdatasync take, as each batch of records does."""
    there = _nearest(box.records)
    took_ms: list[float] = []
    try:
        with tempfile.TemporaryFile(dir=there, buffering=0) as file:
            for _ in range(_WRITES):
                started = time.perf_counter()
                file.write(b"\0" * _PAGE_BYTES)
                os.fdatasync(file.fileno())
                took_ms.append((time.perf_counter() - started) * 1e3)
    except OSError as error:
        yield bad(f"{there}: a test write failed: {error.strerror}", "look at the disk's health and rights")
        return
    median, worst = statistics.median(took_ms), max(took_ms)
    what = f"a write arrives after {median:.1f} ms, the slowest of {_WRITES} after {worst:.0f} ms"
    if worst > TOO_SLOW_MS:
        yield bad(what, "use another disk (an SSD with power-loss protection), or find who else writes to it")
    elif median > SLOW_MS:
        yield note(what, "records are written in batches behind the line; a faster disk keeps their queue short")
    else:
        yield ok(what)


def kind(box: Box) -> Iterator[Finding]:
    """What file system it is."""
    there = _nearest(box.records)
    found = file_system_of(there, box.text(box.proc / "self/mountinfo") or "")
    if found in _OVER_NETWORK:
        yield bad(f"{there} is on a network file system ({found})", "use a local disk: the database needs one")
    elif found in _WITHOUT_RIGHTS:
        yield bad(f"{there} is on {found}, which knows no owners", "use ext4 or xfs: passwords are kept there")
    elif found in _IN_MEMORY:
        yield note(f"{there} is on {found}", "records are gone with the next start or container; mount a disk there")
    else:
        yield ok(f"{there} is on {found or 'an unknown file system'}")


def file_system_of(place: Path, mountinfo: str) -> str:
    """The kind of the file system that holds `place`, by /proc/self/mountinfo; empty where it does not say."""
    best, found = -1, ""
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        mounted = fields.split()[4].replace("\\040", " ") if len(fields.split()) > 4 else ""
        if mounted and place.is_relative_to(mounted) and len(mounted) >= best:
            best, found = len(mounted), rest.split()[0] if rest else ""
    return found


def _nearest(folder: Path) -> Path:
    """The folder, or what there is of its path."""
    while not os.path.exists(folder) and folder != folder.parent:  # noqa: PTH110 - Path.exists raises where one may not look
        folder = folder.parent
    return folder


def _read_only(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
