"""The users as the running station knows them: checks passwords, hears of changes to the file, says when it is broken.

A file that cannot be used means that nobody can log in and that nobody stays logged in; whoever needs no password goes
on. Must not know requests or sessions.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable

from station.access.passwords import PasswordThread, fits, hash_password
from station.access.users import User, UsersError
from station.access.users_file import Stamp, UsersFile

LOOK_EVERY_S = 1.0
_LOOK_LIMIT_S = 2.0

OnBroken = Callable[[str | None], None]


class Accounts:
    """All calls in the event loop. `on_broken` hears the sentence when the file breaks, and None when it is mended.

    `clock_s` is a monotonic clock. UsersError from any method: the file cannot be used, one sentence.
    """

    def __init__(
        self,
        file: UsersFile,
        *,
        on_broken: OnBroken = lambda sentence: None,
        thread: PasswordThread | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file, self._on_broken, self._clock_s = file, on_broken, clock_s
        self._thread = thread or PasswordThread()
        self._users: dict[str, User] = {}
        self._stamp: Stamp = None
        self._broken: str | None = None
        self._told: str | None = None
        self._looked_s = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._hangs = False

    @property
    def broken(self) -> str | None:
        """Why nobody can log in now; None where all is well."""
        return self._broken

    def user(self, name: str) -> User | None:
        """The user as last read; None where there is none, or the file is broken."""
        return None if self._broken else self._users.get(name)

    async def look(self) -> None:
        """Reads the file again where it has changed, at most once a second. A disk that hangs holds this up for 2 s."""
        if self._looking is None or self._looking.done():
            if self._clock_s() - self._looked_s < LOOK_EVERY_S:
                return
            self._looking, self._hangs = asyncio.create_task(self._look(), name="users: look"), False
        if not self._hangs:  # else one has waited for this disk already
            _, late = await asyncio.wait((self._looking,), timeout=_LOOK_LIMIT_S)
            self._hangs = bool(late)

    async def check(self, name: str, password: str) -> User | None:
        """The user whose password it is, None where name or password are wrong. BusyError, UsersError."""
        await self.look()
        if self._broken is not None:
            raise UsersError(self._broken)
        user = self._users.get(name)
        right = await self._thread.run(lambda: fits(password, user.password_hash if user else None))
        return user if right else None

    async def set_password(self, user: User, password: str) -> User:
        """The user with the new password. BusyError, UsersError."""

        def work() -> dict[str, User]:
            changed = hash_password(password)

            def change(users: dict[str, User]) -> dict[str, User]:
                if user.name not in users:
                    raise UsersError(f"user {user.name} has been removed meanwhile.")
                return {**users, user.name: dataclasses.replace(users[user.name], password_hash=changed)}

            return self._file.change(change)

        self._users = await self._thread.run(work)
        self._looked_s = float("-inf")  # the stamp is not ours yet
        return self._users[user.name]

    async def close(self) -> None:
        """Ends the thread and a look that is under way."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            await asyncio.wait((looking,))
        await asyncio.to_thread(self._thread.close)

    async def _look(self) -> None:
        try:
            stamp, users = await asyncio.to_thread(self._changed)
        except UsersError as error:
            self._users, self._stamp, self._broken = {}, None, str(error)
        else:
            if users is not None:
                self._users, self._stamp = users, stamp
            self._broken = None
        self._looked_s = self._clock_s()
        if self._broken != self._told:
            self._told = self._broken
            self._on_broken(self._broken)

    def _changed(self) -> tuple[Stamp, dict[str, User] | None]:
        """The file's stamp and its users; None for users that have not changed."""
        stamp = self._file.stamp()
        if stamp == self._stamp and self._broken is None:
            return stamp, None
        return stamp, self._file.read()
