"""The users' file: read whole, written whole, never half, for its owner alone (mode 0600).

The station and `station users` may both change it: each change happens under a lock beside the file. All of this waits
for a disk: never call it in the event loop.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

from station.access.passwords import generated, hash_password
from station.access.roles import Role
from station.access.users import User, UsersError, text_of, users_of

FILE = "users.json"
FIRST_USER = "engineer"
_LOCK_LIMIT_S = 3.0
_LOCK_AGAIN_S = 0.02
_LARGEST_BYTES = 1 << 20

Stamp = tuple[int, int, int] | None
"""Inode, size and time of change (of content or rights) of a file; None where there is none."""


class UsersFile:
    """The file in the records folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def stamp(self) -> Stamp:
        """Differs as soon as somebody has written the file. UsersError where it cannot even be looked at."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._error(error) from None
        return found.st_ino, found.st_size, found.st_ctime_ns

    def read(self) -> dict[str, User]:
        """The users by name, none where there is no file. UsersError: one sentence that names the file."""
        try:
            with self.path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                data = file.read(_LARGEST_BYTES)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._error(error) from None
        if stat.S_IMODE(mode) & 0o077:
            raise UsersError(f"{self.path}: others may read or write the passwords; chmod 600 it, if nobody did.")
        try:
            return users_of(data.decode())
        except UnicodeDecodeError:
            raise UsersError(f"{self.path}: this is no UTF-8 text; {_WHAT_TO_DO}") from None
        except UsersError as error:
            raise UsersError(f"{self.path}: {error} {_WHAT_TO_DO}") from None

    def change(self, change: Callable[[dict[str, User]], Mapping[str, User]]) -> dict[str, User]:
        """Replaces the users by `change` of them; the new ones. UsersError, also the one that `change` raises."""
        with self._locked():
            users = dict(change(self.read()))
            self._write(text_of(users.values()))
        return users

    def make_first(self) -> str | None:
        """Where there is no file: one user "engineer", whose generated password is returned, to be shown once."""
        if self.stamp() is not None:
            return None
        password = generated()
        first = User(FIRST_USER, Role.ENGINEER, "en", hash_password(password))
        made = self.change(lambda users: users or {first.name: first})
        return password if made.get(FIRST_USER) == first else None

    def _write(self, text: str) -> None:
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        try:
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(descriptor)
            beside.replace(self.path)
            _sync(self.path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise self._error(error) from None

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(self.path.with_name(f"{self.path.name}.lock"), flags, 0o600)
        except OSError as error:
            raise self._error(error) from None
        try:
            until = time.monotonic() + _LOCK_LIMIT_S
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise UsersError(f"{self.path}: another program is changing it; try again.") from None
                    time.sleep(_LOCK_AGAIN_S)
            yield
        finally:
            os.close(descriptor)

    def _error(self, error: OSError) -> UsersError:
        return UsersError(f"{self.path}: {error.strerror or error}; check the folder, its owner and the disk.")


_WHAT_TO_DO = "Mend it, or remove it and set the users anew with 'station users'."


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
