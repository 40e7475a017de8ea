"""One command that somebody gave, or tried to give. Knows nothing of files, threads or sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import uuid4

from station.records.instant import with_z


@dataclass(frozen=True, slots=True)
class AuditLine:
    """At `at`, `user` in the role `role` asked from the address `peer` for `what`; `outcome` is how that ended.

    `line_uid` makes a repeated write of the same line one row.
    """

    at: str
    user: str
    role: str
    peer: str
    what: str
    outcome: str
    line_uid: str = field(default_factory=lambda: uuid4().hex)

    def as_json(self) -> dict[str, str]:
        """As the API tells it."""
        return {
            "at": with_z(self.at),
            "user": self.user,
            "role": self.role,
            "from": self.peer,
            "what": self.what,
            "outcome": self.outcome,
        }


AUDIT_COLUMNS = tuple(column.name for column in fields(AuditLine))


def audit_to_row(line: AuditLine) -> tuple[Any, ...]:
    """The line in the order of AUDIT_COLUMNS."""
    return tuple(getattr(line, name) for name in AUDIT_COLUMNS)


def audit_from_row(row: Sequence[Any]) -> AuditLine:
    """The inverse of `audit_to_row`."""
    return AuditLine(*row)
