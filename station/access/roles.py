"""What people may do: each role may do all that the one before it may. Must not know users.

Light, since the command line reads it: aiohttp only where types are checked.
"""

from __future__ import annotations

from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.typedefs import Handler

ROLE_ATTRIBUTE = "role"
"""Name of the attribute by which a handler says which role it needs."""


class Role(StrEnum):
    """none < viewer < technician < engineer, by `may`; never by `<`, which compares the words."""

    NONE = "none"
    VIEWER = "viewer"
    TECHNICIAN = "technician"
    ENGINEER = "engineer"

    def may(self, needed: Role) -> bool:
        """Is this role enough for what needs `needed`?"""
        return _RANK[self] >= _RANK[needed]


_RANK = {role: rank for rank, role in enumerate(Role)}

USER_ROLES = (Role.VIEWER, Role.TECHNICIAN, Role.ENGINEER)
"""What a user can be; only nobody is nothing."""


def needs(role: Role, handler: Handler) -> Handler:
    """A handler's twin that says which role it needs, for `router.add_get`."""

    @wraps(handler)
    async def marked(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    setattr(marked, ROLE_ATTRIBUTE, role)
    return marked


def needed_by(handler: object) -> Role | None:
    """The role that a handler needs; None where nobody said so."""
    role = getattr(handler, ROLE_ATTRIBUTE, None)
    return Role(role) if isinstance(role, str) and role in tuple(Role) else None
