"""One fault from its beginning to its end, as the records keep it. Knows nothing of files or threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from station.records.instant import with_z


@dataclass(frozen=True, slots=True)
class FaultSpan:
    """A fault `fault_uid` (unique over restarts) of the catalogue's `code`; `ended_at` None while it lasts.

    Written when it begins, when somebody acknowledges it, and when it ends: the newest write is what is kept.
    """

    fault_uid: str
    code: str
    about: str
    severity: str
    sentence: str
    began_at: str
    ended_at: str | None = None
    count: int = 1
    acknowledged_by: str | None = None
    acknowledged_at: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the API tells it."""
        return {
            "id": self.fault_uid,
            "code": self.code,
            "about": self.about,
            "severity": self.severity,
            "sentence": self.sentence,
            "began_at": with_z(self.began_at),
            "ended_at": None if self.ended_at is None else with_z(self.ended_at),
            "count": self.count,
            "acknowledged_by": self.acknowledged_by,
            "acknowledged_at": None if self.acknowledged_at is None else with_z(self.acknowledged_at),
        }


FAULT_COLUMNS = tuple(column.name for column in fields(FaultSpan))
_CHANGES = ("sentence", "ended_at", "count", "acknowledged_by", "acknowledged_at")
PUT_FAULT = (
    f"INSERT INTO fault_span ({', '.join(FAULT_COLUMNS)}) VALUES ({', '.join('?' * len(FAULT_COLUMNS))}) "  # noqa: S608 - our own names
    f"ON CONFLICT (fault_uid) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _CHANGES)}"
)


def fault_to_row(span: FaultSpan) -> tuple[Any, ...]:
    """The span in the order of FAULT_COLUMNS."""
    return tuple(getattr(span, name) for name in FAULT_COLUMNS)


def fault_from_row(row: Sequence[Any]) -> FaultSpan:
    """The inverse of `fault_to_row`."""
    return FaultSpan(*row)
