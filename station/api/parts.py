"""GET /api/parts, /api/parts/{part_uid}, /api/hours: what was written down, page by page and part by part.

Everything is read in the reading threads. Must not know how records are written, nor where pictures lie.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection
from typing import Annotated, Final

from pydantic import Field, RootModel

from station.access.roles import Role
from station.api.endpoint import Call, Endpoint
from station.api.forms import Label, Moment, PartPath, PartUid, Query, Whole
from station.api.kept_views import KeptViews, views_kept
from station.api.part_documents import HourShown, LifeShown, PartsShown, Verdict, life_of, row_of
from station.api.threads import ReadingThreads, missing
from station.records.instant import instant
from station.records.queries import PartFilter, hours, part_life, parts_page

PARTS_MAX: Final = 200
HOURS_MAX: Final = 24 * 92


Labels = Callable[[], Sequence[str]]
"""The defects of the recipe in use, by name."""


class PartsQuery(Query):
    """Which parts, newest first."""

    before: PartUid | None = Field(default=None, description="Only parts with a smaller part_uid: the page before.")
    limit: Annotated[int, Field(ge=1, le=PARTS_MAX, description="Parts of a page."), Whole] = 50
    verdict: Verdict | None = Field(default=None, description="Only parts with this verdict.")
    reason: Label | None = Field(default=None, description="Only parts with this reason.")
    label: Label | None = Field(default=None, description="Only parts of this class.")
    since: Moment | None = Field(default=None, description="Triggered at this time or later.")
    until: Moment | None = Field(default=None, description="Triggered before this time.")
    part_seq: Annotated[int, Field(ge=1, le=65535), Whole] | None = Field(
        default=None, description="Only parts with this number of the PLC."
    )


class HoursQuery(Query):
    """How far back."""

    hours: Annotated[int, Field(ge=1, le=HOURS_MAX, description="So many hours, the present one included."), Whole] = 24


class HoursShown(RootModel[list[HourShown]]):
    """Oldest first, empty hours included."""


def parts_endpoints(reads: ReadingThreads, kept: KeptViews, labels: Labels) -> list[Endpoint]:
    """The three endpoints."""

    async def page(call: Call) -> PartsShown:
        wanted = PartFilter(**dict(call.query(PartsQuery)))

        def find(connection: Connection) -> PartsShown:
            found = parts_page(connection, wanted)
            rows = [row_of(listed, views_kept(kept, listed.record.part_uid)) for listed in found.parts]
            return PartsShown(parts=rows, next=found.next)

        return await reads.database(find)

    async def life(call: Call) -> LifeShown:
        part_uid, defects = call.params(PartPath).part_uid, labels()

        def find(connection: Connection) -> LifeShown:
            found = part_life(connection, part_uid)
            if found is None:
                raise missing(f"part {part_uid} in the records")
            return life_of(found, views_kept(kept, part_uid), defects)

        return await reads.database(find)

    async def by_hour(call: Call) -> HoursShown:
        until = datetime.now(UTC)
        since = until - timedelta(hours=call.query(HoursQuery).hours - 1)
        counts = await reads.database(lambda connection: hours(connection, since, until))
        return HoursShown(
            [
                HourShown(hour=instant(one.hour), passed=one.passed, rejected=one.rejected, forced=one.forced)
                for one in counts
            ]
        )

    return [
        Endpoint("GET", "/api/parts", Role.VIEWER, page, "Parts, newest first", query=PartsQuery, answer=PartsShown,
                 refuses=(503,)),
        Endpoint("GET", "/api/parts/{part_uid}", Role.VIEWER, life, "Everything that is known of a part",
                 params=PartPath, answer=LifeShown, refuses=(404, 503)),
        Endpoint("GET", "/api/hours", Role.VIEWER, by_hour, "Parts by hour and verdict", query=HoursQuery,
                 answer=HoursShown, refuses=(503,)),
    ]  # fmt: skip
