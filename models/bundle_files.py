"""Reads the files of a bundle's folder so that nothing but plain files inside it, of a bounded size, is ever opened.

Knows the names of the two files that every bundle may have; what the others mean is `bundle.py`'s.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SPEC_FILE: Final = "model.yaml"
SIGNATURE_FILE: Final = "model.yaml.sig"
MAX_SPEC_BYTES: Final = 1 << 20
MAX_SIGNATURE_BYTES: Final = 1 << 12
MAX_FILE_BYTES: Final = 1 << 28


class BundleError(Exception):
    """One sentence: which file, what was expected, what was found."""


def read_plain(path: Path, limit_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The whole file; BundleError if it is not there, no plain file (a link leads out of the folder) or too large."""
    try:
        # O_NONBLOCK: a pipe of this name must not hold the station's start up
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BundleError(f"{path}: expected a file of the model bundle, found none") from error
    except OSError as error:
        if path.is_symlink():
            raise BundleError(
                f"{path}: expected a plain file, found a link, which may lead out of the bundle; copy the file itself"
            ) from error
        raise BundleError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise BundleError(f"{path}: expected a plain file, found something else")
            content = file.read(limit_bytes + 1) if found.st_size <= limit_bytes else b""
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error.strerror}") from error
    if max(found.st_size, len(content)) > limit_bytes:
        raise BundleError(f"{path}: too large: expected at most {limit_bytes} bytes, found more")
    return content


def read_named(folder: Path, digests: Mapping[str, str]) -> dict[str, bytes]:
    """The content of every file that model.yaml names (name: SHA-256); BundleError for one that is not as it says."""
    contents: dict[str, bytes] = {}
    for name, expected in digests.items():
        content = contents[name] = read_plain(folder / name)
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            raise BundleError(
                f"{folder / name}: altered: expected SHA-256 {expected[:12]}…, found {found[:12]}…; "
                "copy the bundle again"
            )
    return contents


def expect_no_other(folder: Path, named: Mapping[str, object]) -> None:
    """BundleError if anything lies in the folder that model.yaml does not name: nothing unsigned rides along."""
    known = {SPEC_FILE, SIGNATURE_FILE, *named}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name not in known:
                    raise BundleError(
                        f"{folder / entry.name}: expected only files that {SPEC_FILE} names, found one more; remove it"
                    )
    except OSError as error:
        raise BundleError(f"{folder}: cannot be read: {error.strerror}") from error
