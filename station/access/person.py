"""Who sent a request, as far as the gatekeeper found out. Must not know how."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from station.access.roles import Role
from station.access.sessions import Session
from station.access.users import Language


@dataclass(frozen=True, slots=True)
class Person:
    """`user` None: nobody logged in. `program`: a program of this machine that bears the header for it."""

    user: str | None
    role: Role
    peer: str
    language: Language = "en"
    session: Session | None = None
    program: bool = False

    @property
    def shown(self) -> str:
        """The user in an audit line; the words in brackets cannot be a user's name."""
        return self.user or ("(program of this machine)" if self.program else "(nobody logged in)")


PERSON = web.RequestKey("person", Person)


def person_of(request: web.Request) -> Person:
    """Who sent it; KeyError where no gatekeeper has looked at the request."""
    return request[PERSON]
