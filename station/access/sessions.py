"""Who is logged in: random tokens of 256 bits, of which only the SHA-256 is kept, and only in memory.

A restart ends every session. The CSRF token of a session is an HMAC of it, so none has to be kept. Must not know
requests, cookies or passwords.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

TOKEN_BYTES = 32
MOST_SESSIONS = 256
_ANONYMOUS = b"nobody"


@dataclass(frozen=True, slots=True)
class Session:
    """One login. `digest` is the token's SHA-256, `password_hash` the one that was right at login."""

    user: str
    digest: bytes
    ends_s: float
    password_hash: str


class Sessions:
    """At most `most` at once: the oldest gives way. `clock_s` is a monotonic clock."""

    def __init__(
        self, length_s: float, *, most: int = MOST_SESSIONS, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._length_s, self._most, self._clock_s = length_s, most, clock_s
        self._key = secrets.token_bytes(TOKEN_BYTES)
        self._open: dict[bytes, Session] = {}  # oldest first

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, user: str, password_hash: str) -> tuple[str, Session]:
        """A new session and its token, which is not kept."""
        self._expire()
        while len(self._open) >= self._most:
            del self._open[next(iter(self._open))]
        token = secrets.token_urlsafe(TOKEN_BYTES)
        session = Session(user, _digest(token), self._clock_s() + self._length_s, password_hash)
        self._open[session.digest] = session
        return token, session

    def of(self, token: str) -> Session | None:
        """The session of this token; None where it has ended or never was.

        The look-up goes by SHA-256: how long it takes says nothing about a token that is nearly right.
        """
        session = self._open.get(_digest(token))
        if session is not None and session.ends_s <= self._clock_s():
            self.end(session)
            return None
        return session

    def end(self, session: Session) -> None:
        """It is over; safe to repeat."""
        self._open.pop(session.digest, None)

    def end_all_of(self, user: str) -> None:
        """Every session of this user is over."""
        for session in [each for each in self._open.values() if each.user == user]:
            self.end(session)

    def csrf(self, session: Session | None) -> str:
        """What a command of this session must bear; of None: what one without a session must bear."""
        bound = _ANONYMOUS if session is None else session.digest
        return hmac.new(self._key, bound, hashlib.sha256).hexdigest()

    def csrf_fits(self, session: Session | None, found: str) -> bool:
        """Is it? In constant time."""
        return hmac.compare_digest(self.csrf(session).encode(), found.encode("utf-8", "surrogateescape"))

    def _expire(self) -> None:
        now_s = self._clock_s()
        for session in [each for each in self._open.values() if each.ends_s <= now_s]:
            self.end(session)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
