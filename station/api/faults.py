"""GET /api/faults and their acknowledgement: what holds, what is over, and the whole catalogue.

What is over comes from the records, over all restarts; where these cannot be read, from this run's memory, because
that is when faults are looked at. Must not know what raises them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Protocol

from pydantic import Field

from station.access.audit import add_detail
from station.access.person import person_of
from station.access.roles import Role
from station.api.endpoint import Call, Endpoint
from station.api.forms import Document, Query
from station.api.refusal import Refusal
from station.api.threads import ReadingThreads, missing
from station.fault import Fault
from station.fault_codes import FaultCode
from station.fault_list import catalogue_rows
from station.faults import CATALOGUE
from station.page.snapshot import fault_row
from station.records.fault_span import FaultSpan
from station.records.instant import instant, with_z
from station.records.log_queries import faults_ended

Severity = Literal["fault", "warning"]


class Board(Protocol):
    """The faults of this run."""

    def active(self) -> tuple[Fault, ...]:
        """What holds now, the worst first."""
        ...

    def history(self) -> tuple[Fault, ...]:
        """What has ended, newest first."""
        ...

    def acknowledge(self, fault_id: str, user: str) -> Fault | None:
        """Somebody has seen it; None: no such fault is remembered."""
        ...


class WordsShown(Document):
    """A fault in another language."""

    sentence: str
    cause: str
    action: str


class ActiveFault(Document):
    """A fault that holds now. `look`: the view of the page that shows more."""

    id: str
    code: str
    about: str
    severity: Severity
    sentence: str
    cause: str
    action: str
    look: str
    began_at: str
    since_s: float
    count: int
    acknowledged_by: str | None
    acknowledged_at: str | None
    de: WordsShown


class EndedFault(Document):
    """A fault that is over."""

    id: str
    code: str
    about: str
    severity: Severity
    sentence: str
    action: str
    began_at: str
    ended_at: str
    length_s: float
    count: int
    acknowledged_by: str | None
    acknowledged_at: str | None


class CatalogueEntry(Document):
    """One fault that there can be; words in braces are filled in. `plc_code`: what the PLC reads in ErrorCode."""

    code: str
    name: str
    severity: Severity
    sentence: str
    cause: str
    action: str
    look: str
    plc_code: int
    ends: str
    de: WordsShown


class FaultsShown(Document):
    """Active ones the worst first, ended ones the newest first, the catalogue by code."""

    active: list[ActiveFault]
    ended: list[EndedFault]
    catalogue: list[CatalogueEntry]


class FaultPath(Query):
    """A fault that began."""

    fault_id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+$", description="Its id.")]


def fault_endpoints(board: Board, reads: ReadingThreads) -> list[Endpoint]:
    """Both endpoints."""
    catalogue = [CatalogueEntry(**row) for row in catalogue_rows()]

    async def show(call: Call) -> FaultsShown:
        del call
        now_ns = time.monotonic_ns()
        active = [active_fault(fault, now_ns) for fault in board.active()]
        return FaultsShown(active=active, ended=await _ended(board, reads), catalogue=catalogue)

    async def acknowledge(call: Call) -> ActiveFault:
        fault_id = call.params(FaultPath).fault_id
        person = person_of(call.request)
        fault = board.acknowledge(fault_id, person.user or person.shown)
        if fault is None:
            raise missing(f"fault {fault_id!r} that this run of the station remembers")
        add_detail(call.request, f"{fault.code.value} {fault.about}".strip())
        return active_fault(fault, time.monotonic_ns())

    return [
        Endpoint("GET", "/api/faults", Role.VIEWER, show, "Faults that hold, that are over, and that there can be",
                 answer=FaultsShown),
        Endpoint("POST", "/api/faults/{fault_id}/acknowledge", Role.TECHNICIAN, acknowledge,
                 "Say that somebody has seen it", params=FaultPath, answer=ActiveFault, refuses=(404,)),
    ]  # fmt: skip


def active_fault(fault: Fault, now_ns: int) -> ActiveFault:
    """A fault of the board."""
    row, german = dict(fault_row(fault, now_ns)), fault.words("de")
    del row["part_uid"]
    words = WordsShown(sentence=german.sentence, cause=german.cause, action=german.action)
    return ActiveFault.model_validate({**row, "de": words})


async def _ended(board: Board, reads: ReadingThreads) -> list[EndedFault]:
    try:
        return await reads.database(lambda connection: _from_records(faults_ended(connection)))
    except Refusal:
        return [_from_board(fault) for fault in board.history()]


def _from_records(spans: Sequence[FaultSpan]) -> list[EndedFault]:
    """What an older station wrote may not be in this one's catalogue: then there is nothing to do about it."""
    actions = {code.value: kind.words.action for code, kind in CATALOGUE.items()}
    return [
        EndedFault(
            id=span.fault_uid,
            code=span.code,
            about=span.about,
            severity="fault" if span.severity == "fault" else "warning",
            sentence=span.sentence,
            action=actions.get(span.code, ""),
            began_at=with_z(span.began_at),
            ended_at=with_z(span.ended_at),
            length_s=_seconds(span.began_at, span.ended_at),
            count=span.count,
            acknowledged_by=span.acknowledged_by,
            acknowledged_at=None if span.acknowledged_at is None else with_z(span.acknowledged_at),
        )
        for span in spans
        if span.ended_at is not None
    ]


def _from_board(fault: Fault) -> EndedFault:
    ended_at = fault.ended_at or fault.began_at
    return EndedFault(
        id=fault.id,
        code=FaultCode(fault.code).value,
        about=fault.about,
        severity=fault.severity,
        sentence=fault.sentence,
        action=fault.action,
        began_at=instant(fault.began_at),
        ended_at=instant(ended_at),
        length_s=round(fault.length_s or 0.0, 3),
        count=fault.count,
        acknowledged_by=fault.acknowledged_by,
        acknowledged_at=None if fault.acknowledged_at is None else instant(fault.acknowledged_at),
    )


def _seconds(began_at: str, ended_at: str) -> float:
    return round((datetime.fromisoformat(ended_at) - datetime.fromisoformat(began_at)).total_seconds(), 3)
