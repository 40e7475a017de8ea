"""GET /api/audit: who commanded what, and how that ended."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, RootModel

from station.access.roles import Role
from station.api.endpoint import Call, Endpoint
from station.api.forms import Document, Query, Whole
from station.api.threads import ReadingThreads
from station.records.log_queries import audit_lines


class AuditQuery(Query):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=1000, description="So many lines, the newest first."), Whole] = 100


class AuditShown(Document):
    """One command; `peer` is told as "from"."""

    at: str
    user: str
    role: str
    peer: str = Field(alias="from", description="Address that it came from.")
    what: str
    outcome: str


class AuditLines(RootModel[list[AuditShown]]):
    """Newest first."""


def audit_endpoints(reads: ReadingThreads) -> list[Endpoint]:
    """The one endpoint."""

    async def show(call: Call) -> AuditLines:
        limit = call.query(AuditQuery).limit
        lines = await reads.database(lambda connection: audit_lines(connection, limit))
        return AuditLines([AuditShown.model_validate(line.as_json()) for line in lines])

    summary = "Who commanded what, newest first"
    return [Endpoint("GET", "/api/audit", Role.ENGINEER, show, summary, query=AuditQuery, answer=AuditLines,
                     refuses=(503,))]  # fmt: skip
