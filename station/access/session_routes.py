"""Logging in and out, and one's own password: GET, POST, DELETE /api/session and POST /api/session/password."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from station.access.accounts import Accounts
from station.access.audit import add_detail
from station.access.gatekeeper import SESSION_PATH, Gatekeeper
from station.access.limits import LoginLimit
from station.access.passwords import LONGEST, BusyError, objection_to
from station.access.person import Person, person_of
from station.access.roles import Role
from station.access.users import Language, User, UsersError
from station.api.endpoint import Call, Endpoint, json_of
from station.api.refusal import Refusal, busy

_BODY_BYTES_MAX = 4096


class SessionAnswer(BaseModel):
    """Who the caller is, and the token that commands must bear."""

    user: str | None = Field(description="Name of who is logged in; null: nobody.")
    role: Literal["none", "viewer", "technician", "engineer"] = Field(description="What the caller may do.")
    csrf: str = Field(description="Value of the header X-CSRF-Token, which every command must bear.")
    language: Language = Field(description="Language of the page for this caller.")


class LoginBody(BaseModel):
    """Who wants to come in."""

    model_config = ConfigDict(extra="forbid")

    user: str = Field(min_length=1, max_length=31, description="Name of the user.")
    password: str = Field(min_length=1, max_length=LONGEST, description="The user's password.")


class PasswordBody(BaseModel):
    """The old and the new password of who is logged in."""

    model_config = ConfigDict(extra="forbid")

    old: str = Field(min_length=1, max_length=LONGEST, description="The password as it is.")
    new: str = Field(min_length=1, max_length=LONGEST, description="The password as it shall be.")


class SessionRoutes:
    """The handlers. `clock_s` is a monotonic clock, for the limit of tries."""

    def __init__(
        self, gatekeeper: Gatekeeper, *, session_h: float, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._gatekeeper, self._clock_s = gatekeeper, clock_s
        self._length_s = int(session_h * 3600)
        self._limit = LoginLimit()

    def endpoints(self) -> list[Endpoint]:
        """The lines of the API's table."""
        return [
            Endpoint("GET", SESSION_PATH, Role.NONE, self.show, "Who the caller is", answer=SessionAnswer),
            Endpoint(
                "POST", SESSION_PATH, Role.NONE, self.log_in, "Log in", body=LoginBody, answer=SessionAnswer,
                refuses=(401, 429, 503), bytes_max=_BODY_BYTES_MAX,
            ),
            Endpoint("DELETE", SESSION_PATH, Role.NONE, self.log_out, "Log out", answer=SessionAnswer),
            Endpoint(
                "POST", f"{SESSION_PATH}/password", Role.VIEWER, self.change_password, "Change one's own password",
                body=PasswordBody, answer=SessionAnswer, refuses=(400, 401, 429, 503), bytes_max=_BODY_BYTES_MAX,
            ),
        ]  # fmt: skip

    async def show(self, call: Call) -> BaseModel:
        """Who the caller is."""
        return self._answer(person_of(call.request))

    async def log_in(self, call: Call) -> web.StreamResponse:
        """A session for whoever knows a user's password; one that the caller had before is over."""
        body, person = call.body(LoginBody), person_of(call.request)
        add_detail(call.request, f"as {body.user}")
        user = await self._checked(person, body.user, body.password, "User name or password is wrong.")
        if person.session is not None:
            self._gatekeeper.sessions.end(person.session)
        return self._begun(person, user)

    async def log_out(self, call: Call) -> web.StreamResponse:
        """Ends the caller's session, where there is one."""
        person = person_of(call.request)
        if person.session is not None:
            self._gatekeeper.sessions.end(person.session)
        door = self._gatekeeper.door
        response = json_of(self._answer(self._gatekeeper.nobody(call.request)))
        response.del_cookie(door.cookie, path="/", secure=door.tls, httponly=True, samesite="Strict")
        return response

    async def change_password(self, call: Call) -> web.StreamResponse:
        """The new password holds at once; every session of this user ends, but the caller gets a new one."""
        body, person = call.body(PasswordBody), person_of(call.request)
        if person.user is None:
            raise Refusal(401, "Log in to change your password.")
        objection = objection_to(body.new, person.user)
        if objection is not None:
            raise Refusal(400, objection)
        user = await self._checked(person, person.user, body.old, "The old password is wrong.")
        try:
            changed = await self._gatekeeper.accounts.set_password(user, body.new)
        except BusyError:
            raise busy(_BUSY) from None
        except UsersError as error:
            raise busy(str(error)) from None
        self._gatekeeper.sessions.end_all_of(user.name)
        return self._begun(person, changed)

    async def _checked(self, person: Person, name: str, password: str, wrong: str) -> User:
        wait_s = self._limit.begin(person.peer, name, self._clock_s())
        if wait_s > 0:
            seconds = int(wait_s) + 1
            sentence = f"Too many wrong passwords; wait {seconds} s, then try again."
            raise Refusal(429, sentence, {"Retry-After": str(seconds)})
        accounts: Accounts = self._gatekeeper.accounts
        try:
            user = await accounts.check(name, password)
        except BusyError:
            raise busy(_BUSY) from None
        except UsersError:
            raise busy("Nobody can log in: the users' file is broken; the fault list says what to do.") from None
        if user is None:
            raise Refusal(401, wrong)
        self._limit.succeeded(person.peer, name)
        return user

    def _begun(self, person: Person, user: User) -> web.Response:
        token, session = self._gatekeeper.sessions.begin(user.name, user.password_hash)
        door = self._gatekeeper.door
        response = json_of(self._answer(Person(user.name, user.role, person.peer, user.language, session)))
        response.set_cookie(
            door.cookie, token, max_age=self._length_s, path="/", secure=door.tls, httponly=True, samesite="Strict"
        )
        return response

    def _answer(self, person: Person) -> SessionAnswer:
        csrf = self._gatekeeper.sessions.csrf(person.session)
        role: Role = person.role
        return SessionAnswer(user=person.user, role=role.value, csrf=csrf, language=person.language)


_BUSY = "Too many people log in at once; try again in a moment."
