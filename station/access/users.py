"""Who the users are: values, and the document that they are kept in. Must not open files (`users_file` does)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from station.access.passwords import is_hash
from station.access.roles import USER_ROLES, Role

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

VERSION = 1
MOST_USERS = 200
_NAME = re.compile(r"[a-z][a-z0-9._-]{0,30}")
_KEYS = {"name", "role", "language", "password"}


class UsersError(Exception):
    """The users cannot be had, or not be changed so; one sentence."""


@dataclass(frozen=True, slots=True)
class User:
    """One person. `password_hash` is a PHC string of argon2id."""

    name: str
    role: Role
    language: Language
    password_hash: str

    def __post_init__(self) -> None:
        """UsersError for what no user can be."""
        check_name(self.name)
        if self.role not in USER_ROLES:
            raise UsersError(f"{self.name}: expected a role of {', '.join(USER_ROLES)}, found {self.role!r}.")
        if self.language not in LANGUAGES:
            raise UsersError(f"{self.name}: expected a language of {', '.join(LANGUAGES)}, found {self.language!r}.")
        if not is_hash(self.password_hash):
            raise UsersError(f"{self.name}: the password is no argon2id hash; set it with 'station users password'.")


def check_name(name: str) -> None:
    """UsersError where this can be nobody's name."""
    if not _NAME.fullmatch(name):
        raise UsersError(
            f"{name[:40]!r} is no user name; write 1 to 31 of a-z, 0-9, dot, - and _, beginning with a letter."
        )


def text_of(users: Iterable[User]) -> str:
    """The document, one user a line, by name."""
    rows = [
        json.dumps({"name": u.name, "role": u.role, "language": u.language, "password": u.password_hash})
        for u in sorted(users, key=lambda user: user.name)
    ]
    return f'{{"version": {VERSION}, "users": [\n ' + ",\n ".join(rows) + "\n]}\n"


def users_of(text: str) -> dict[str, User]:
    """The users by name; UsersError, one sentence, where the document is none."""
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsersError(f"this is no JSON ({error}).") from None
    if not isinstance(document, dict):
        raise UsersError("expected an object with 'version' and 'users'.")
    found = cast("dict[str, Any]", document)
    if found.get("version") != VERSION or not isinstance(found.get("users"), list):
        raise UsersError(f"expected 'version' {VERSION} and a list 'users'; a newer program may have written it.")
    rows = cast("list[Any]", found["users"])
    if len(rows) > MOST_USERS:
        raise UsersError(f"expected at most {MOST_USERS} users, found {len(rows)}.")
    users: dict[str, User] = {}
    for number, row in enumerate(rows, 1):
        user = _user(row, number)
        if user.name in users:
            raise UsersError(f"user {user.name} is there twice.")
        users[user.name] = user
    return users


def _user(row: Any, number: int) -> User:
    if not isinstance(row, dict) or set(cast("dict[str, Any]", row)) != _KEYS:
        raise UsersError(f"user {number}: expected an object of {', '.join(sorted(_KEYS))}.")
    fields = cast("dict[str, Any]", row)
    if not all(isinstance(value, str) for value in fields.values()):
        raise UsersError(f"user {number}: expected text for every key.")
    role = Role(fields["role"]) if fields["role"] in tuple(Role) else cast("Role", fields["role"])
    return User(fields["name"], role, fields["language"], fields["password"])
