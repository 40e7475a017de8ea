"""Passwords become argon2id hashes and are checked against them, one at a time, in a thread of its own.

A check is meant to be slow (about 100 ms and 32 MiB), so it never runs in the event loop, its thread gives way to the
inspection, and only a few may wait. Must not know users or requests.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

ResultT = TypeVar("ResultT")

SHORTEST = 8
LONGEST = 256
MAX_WAITING = 8
NICE = 10
"""More than the classifier's workers have by default: on a full machine a login waits, and no verdict does."""
_GENERATED_GROUPS, _GROUP_LENGTH = 4, 4
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that is read as something else: no l, 1, o, 0, i."""


_NOBODYS = "$argon2id$v=19$m=32768,t=3,p=1$HSjLzdMBiHNewaCjty2qfg$mSECu9oA0ptpD1tIJJhOWYEWype8JKMlCsen6IUQXgk"
"""A hash at the default cost, of a password that was thrown away."""


class BusyError(Exception):
    """Too many passwords wait to be checked."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one check costs: passes over so many KiB. The default took 91 ms on a 2-core server CPU."""

    passes: int = 3
    memory_kib: int = 32_768


def hash_password(password: str, cost: Cost | None = None) -> str:
    """The PHC string to keep. Takes about 100 ms."""
    return _hasher(cost or Cost()).hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Is it the password of this PHC string? Takes about 100 ms, whatever the answer.

    Also for a user who is not there (None): how long it took tells nobody which names exist.
    """
    try:
        return _hasher(Cost()).verify(kept or _NOBODYS, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_hash(text: str) -> bool:
    """Is this a PHC string of argon2id, as `hash_password` makes them?"""
    try:
        return text.startswith("$argon2id$") and _hasher(Cost()).check_needs_rehash(text) in (True, False)
    except InvalidHashError:
        return False


def generated() -> str:
    """A password to print once: four groups of four letters, 79 bits."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LENGTH)) for _ in range(_GENERATED_GROUPS))
    return "-".join(groups)


def objection_to(password: str, name: str) -> str | None:
    """Why this is no password for the user `name`; None where it is one."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"A password has {SHORTEST} to {LONGEST} characters, found {len(password)}; choose another one."
    if password.casefold() in {name.casefold(), name.casefold() * 2} or len(set(password)) < 4:
        return "This password is guessed at once; choose one with more different characters, not your name."
    return None


class PasswordThread:
    """Runs slow work with passwords, one at a time; further ones than `max_waiting` get BusyError."""

    def __init__(self, max_waiting: int = MAX_WAITING, nice: int = NICE) -> None:
        self._max_waiting, self._waiting = max_waiting, 0
        self._thread = ThreadPoolExecutor(1, "passwords", initializer=_give_way, initargs=(nice,))

    async def run(self, work: Callable[[], ResultT]) -> ResultT:
        """What `work` returns. BusyError where too many wait already."""
        if self._waiting >= self._max_waiting:
            raise BusyError
        self._waiting += 1
        try:
            return await asyncio.wrap_future(self._thread.submit(work))
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Ends the thread after the check that it is at (at most one, about 100 ms)."""
        self._thread.shutdown(cancel_futures=True)


def _hasher(cost: Cost) -> PasswordHasher:
    return PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=1)


def _give_way(nice: int) -> None:
    with contextlib.suppress(OSError):  # Linux: niceness is a thread's own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
