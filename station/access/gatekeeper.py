"""Who may do what: each request is looked at before its handler sees it, and each command leaves an audit line.

Closed where nobody said otherwise: a route under /api whose handler names no role is refused, and so is every command
outside it. Must not know what the routes do.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from station.access.accounts import Accounts
from station.access.audit import AuditSink, AuditTrail, outcome_of
from station.access.hosts import is_for, is_loopback, is_own_origin, is_program_here
from station.access.person import PERSON, Person
from station.access.roles import Role, needed_by
from station.access.sessions import Session, Sessions
from station.access.users import Language
from station.api.refusal import Refusal, refused

CSRF_HEADER: Final = "X-CSRF-Token"
PROGRAM_HEADER: Final = ("X-Requested-With", "station")
SESSION_PATH: Final = "/api/session"
_PROGRAM_PATH: Final = "/api/failsafe"
_NOT_AUDITED: Final = frozenset({"/api/classify"})
_LOOKS: Final = frozenset({"GET", "HEAD"})
_AGAIN_S: Final = 5.0
"""How long a session that has ended may go on watching."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the page is: `host` as configured, its `port`, and whether it is https."""

    host: str
    port: int
    tls: bool

    @property
    def cookie(self) -> str:
        """Name of the session's cookie: browsers share cookies between the ports of a host, stations must not."""
        return f"station-session-{self.port}"


class Gatekeeper:
    """`anonymous` is the role of whoever is not logged in; `audit` takes the lines.

    `again_s`: how often it is looked whether somebody who watches for long still may.
    """

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        door: Door,
        audit: AuditSink,
        *,
        anonymous: Role = Role.VIEWER,
        again_s: float = _AGAIN_S,
    ) -> None:
        self.accounts, self.sessions, self.door = accounts, sessions, door
        self._trail = AuditTrail(audit)
        self._anonymous, self._again_s = anonymous, again_s
        self._on_loopback = is_loopback(door.host)

    async def identify(self, request: web.Request) -> Person:
        """Who sent it, by cookie or header."""
        peer = request.remote or "?"
        session = self.sessions.of(request.cookies.get(self.door.cookie, ""))
        if session is not None:
            person = await self._of_session(session, peer)
            if person is not None:
                return person
        header, value = PROGRAM_HEADER
        program = f"{request.path}/".startswith(f"{_PROGRAM_PATH}/") and request.headers.get(header) == value
        if program and is_program_here(request.remote, _own_address(request), request.headers):
            return Person(None, Role.TECHNICIAN, peer, program=True)
        return self.nobody(request)

    def nobody(self, request: web.Request) -> Person:
        """Whoever sent it, without a login."""
        language = _preferred(request.headers.get("Accept-Language", ""))
        return Person(None, self._anonymous, request.remote or "?", language)

    def middleware(self) -> Middleware:
        """What the page's server must let every request through, inside of what makes errors JSON."""

        @web.middleware
        async def keep(request: web.Request, handler: Handler) -> web.StreamResponse:
            if self._on_loopback and not is_for(self.door.host, request.headers.get("Host")):
                return refused(421, f"This station answers at its own address; open it as {self._address()}.")
            person = await self.identify(request)
            request[PERSON] = person
            if request.match_info.http_exception is not None:
                return await handler(request)  # no such path or method: it says so
            command = request.method not in _LOOKS
            no = self._objection(request, person, command=command)
            if not command:
                return no or await self._watched(request, person, handler)
            if no is None:
                return await self._command(request, person, handler)
            if request.path not in _NOT_AUDITED:
                self._trail.tell(request, person, outcome_of(no), refused=True)
            return no

        return keep

    async def _of_session(self, session: Session, peer: str) -> Person | None:
        """None where its user has gone, or has another password: then the session is over."""
        await self.accounts.look()
        user = self.accounts.user(session.user)
        if user is None or user.password_hash != session.password_hash:
            self.sessions.end(session)
            return None
        return Person(user.name, user.role, peer, user.language, session)

    def _objection(self, request: web.Request, person: Person, *, command: bool) -> web.Response | None:
        """The answer that refuses the request; None where it may go on."""
        needed = needed_by(request.match_info.handler)
        if needed is None and (command or request.path.startswith("/api/")):
            return refused(403, "This address is closed: the program does not say who may use it; please report it.")
        if needed is not None and not person.role.may(needed):
            if person.user is None:
                return refused(401, f"Log in to do this: it needs the role {needed}.")
            return refused(403, f"This needs the role {needed}; {person.user} is {person.role}.")
        if (command or "Upgrade" in request.headers) and not is_own_origin(
            request.headers.get("Origin"), request.headers.get("Host")
        ):
            return refused(403, "This was sent by the page of another address; use the station's own page.")
        if command and not self._bears_token(request, person):
            sentence = f"The header {CSRF_HEADER} is missing or has expired; get it anew from GET {SESSION_PATH}."
            return refused(403, sentence)
        return None

    def _bears_token(self, request: web.Request, person: Person) -> bool:
        if person.program or (request.method, request.path) == ("POST", SESSION_PATH):
            return True  # logging in: Origin and a JSON body are asked for; nobody has a token before
        return self.sessions.csrf_fits(person.session, request.headers.get(CSRF_HEADER, ""))

    async def _command(self, request: web.Request, person: Person, handler: Handler) -> web.StreamResponse:
        outcome, bad = "500: the program failed", True
        try:
            response = await handler(request)
            outcome, bad = outcome_of(response), response.status >= 400
        except Refusal as refusal:
            outcome = f"{refusal.status}: {refusal}"
            raise
        except web.HTTPException as error:
            outcome = f"{error.status}: {error.reason}"
            raise
        except asyncio.CancelledError:
            outcome = "the caller left before the answer"
            raise
        finally:
            if request.path not in _NOT_AUDITED:
                nobody = person.user is None and not person.program
                self._trail.tell(request, person, outcome, refused=bad and nobody)
        return response

    async def _watched(self, request: web.Request, person: Person, handler: Handler) -> web.StreamResponse:
        """Lets somebody look; who looks for long (live feed, stream) by a session only while the session lasts."""
        needed = needed_by(request.match_info.handler)
        if person.session is None or needed is None or self._anonymous.may(needed):
            return await handler(request)
        looking = asyncio.ensure_future(handler(request))
        try:
            while not (await asyncio.wait((looking,), timeout=self._again_s))[0]:
                again = await self.identify(request)
                if not again.role.may(needed):
                    if request.transport is not None:
                        request.transport.abort()
                    raise asyncio.CancelledError
            return looking.result()
        finally:
            if not looking.done():
                looking.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await looking

    def _address(self) -> str:
        host = f"[{self.door.host}]" if ":" in self.door.host else self.door.host
        return f"{'https' if self.door.tls else 'http'}://{host}:{self.door.port}/"


def _own_address(request: web.Request) -> str | None:
    """The address of this machine at which the request came in."""
    name: Any = request.transport.get_extra_info("sockname") if request.transport is not None else None
    return str(name[0]) if name and not isinstance(name, str) else None


def _preferred(accepted: str) -> Language:
    """The first of our languages that an Accept-Language header names."""
    for part in accepted[:200].split(","):
        word = part.strip()[:2].lower()
        if word == "de":
            return "de"
        if word == "en":
            return "en"
    return "en"
