"""What happened to a part besides its verdict, and its form as a row. Knows nothing of files or threads.

Pure but for the wall clock of `PartEvent.now`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import uuid4

from station.records.instant import now, with_z

LARGEST_PART_SEQ = 65535


@dataclass(frozen=True, slots=True)
class PartEvent:
    """One event, such as "verdict withdrawn", "reject not confirmed" or "station restarted".

    `part_seq` is the PLC's number (1..65535), None for an event of the whole station. `part_uid` is None where the
    part that bore the number is not known. `at` is UTC, ISO 8601. `kind` is one of few words to look for, `detail` a
    sentence or empty. `event_uid` makes a repeated write of the same event one row.
    """

    part_uid: int | None
    part_seq: int | None
    at: str
    kind: str
    detail: str = ""
    event_uid: str = field(default_factory=lambda: uuid4().hex)

    @classmethod
    def now(cls, part_seq: int | None, kind: str, detail: str = "", part_uid: int | None = None) -> PartEvent:
        """An event of this moment, to the millisecond."""
        return cls(part_uid, part_seq, now(), kind, detail)

    def __post_init__(self) -> None:
        if not self.kind:
            raise ValueError(f"an event has a kind, got {self.kind!r}")
        if self.part_seq is not None and not 0 < self.part_seq <= LARGEST_PART_SEQ:
            raise ValueError(f"part_seq is 1..{LARGEST_PART_SEQ}, or None for no part, got {self.part_seq}")

    def as_json(self) -> dict[str, str]:
        """As the page shows it in a part's life."""
        return {"at": with_z(self.at), "kind": self.kind, "detail": self.detail}


EVENT_COLUMNS = tuple(column.name for column in fields(PartEvent))


def event_to_row(event: PartEvent) -> tuple[Any, ...]:
    """The event in the order of EVENT_COLUMNS."""
    return tuple(getattr(event, name) for name in EVENT_COLUMNS)


def event_from_row(row: Sequence[Any]) -> PartEvent:
    """The inverse of `event_to_row`."""
    return PartEvent(**dict(zip(EVENT_COLUMNS, row, strict=True)))
