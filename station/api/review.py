"""The review: what people should look at, what they say of it, and the labelled data set that comes of it.

Must not know why a part is in a queue, nor how an export is laid out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from sqlite3 import Connection
from typing import Annotated, Final, Literal, Protocol

from pydantic import Field

from station.access.audit import add_detail
from station.access.person import person_of
from station.access.roles import Role
from station.api.endpoint import Call, Endpoint
from station.api.forms import Body, Document, PartPath, PartUid, Query, Whole
from station.api.kept_views import KeptViews, views_kept
from station.api.part_documents import JudgementShown, Verdict, ViewShown, judgement_shown, views_of
from station.api.refusal import Refusal, busy
from station.api.threads import ReadingThreads, missing
from station.records.instant import now, with_z
from station.records.judgement import GOOD, UNSURE, Judgement
from station.records.queue_entry import Queue
from station.records.review_queries import (
    ReviewFilter,
    ReviewItem,
    applied_record,
    judgements_of,
    review_page,
    standing_judgements,
)

ITEMS_MAX: Final = 200
WRITTEN_LIMIT_S: Final = 5.0


class JudgementSink(Protocol):
    """The records' writer."""

    def judge(self, judgement: Judgement) -> Future[bool]:
        """True once it is on the disk."""
        ...


class ReviewQuery(Query):
    """Which parts, newest first."""

    queue: Queue | None = Field(default=None, description="Only this queue.")
    state: Annotated[Literal["open", "done"], Field(description="Not judged yet, or judged.")] = "open"
    before: PartUid | None = Field(default=None, description="Only parts with a smaller part_uid.")
    limit: Annotated[int, Field(ge=1, le=ITEMS_MAX, description="Parts of a page."), Whole] = 50


class ItemShown(Document):
    """A part to look at; `why` is one sentence."""

    part_uid: int
    part_seq: int
    triggered_at: str
    queue: Queue
    why: str
    verdict: Verdict
    label: str | None
    score: float | None
    views: list[ViewShown]
    judgement: JudgementShown | None


class OpenCounts(Document):
    """How many parts wait in each queue."""

    forced: int
    rejects: int
    borderline: int
    unusual: int


class ReviewShown(Document):
    """`labels`: the defects that a part can be judged to have."""

    items: list[ItemShown]
    open: OpenCounts
    next: int | None
    labels: list[str]


class JudgementBody(Body):
    """What is to be said of a part."""

    judgement: str = Field(min_length=1, max_length=100, description="good, unsure, or the label of a defect.")
    comment: str = Field(default="", max_length=500, description="In the user's own words.")


class Judged(Document):
    """What counts of the part now; null: nobody has said anything that still stands."""

    judgement: JudgementShown | None


def review_endpoints(
    reads: ReadingThreads,
    kept: KeptViews,
    sink: JudgementSink,
    labels: Callable[[], Sequence[str]],
    on_judged: Callable[[str, str], object] = lambda verdict, judgement: None,
) -> list[Endpoint]:
    """The three endpoints of looking and judging; `on_judged` hears of each judgement, and of the verdict it is on."""

    async def page(call: Call) -> ReviewShown:
        wanted, defects = ReviewFilter(**dict(call.query(ReviewQuery))), list(labels())

        def find(connection: Connection) -> ReviewShown:
            found = review_page(connection, wanted)
            items = [_item(item, views_kept(kept, item.record.part_uid)) for item in found.items]
            return ReviewShown(items=items, open=OpenCounts(**found.open), next=found.next, labels=defects)

        return await reads.database(find)

    async def judge(call: Call) -> Judged:
        part_uid, said = call.params(PartPath).part_uid, call.body(JudgementBody)
        expected = (GOOD, UNSURE, *labels())
        if said.judgement not in expected:
            found = ascii(said.judgement)
            raise Refusal(409, f"body 'judgement': expected one of {', '.join(expected)}, found {found}.")
        add_detail(call.request, said.judgement)
        record = await reads.database(lambda connection: applied_record(connection, part_uid))
        if record is None:
            raise missing(f"part {part_uid} in the records")
        await _written(sink.judge(Judgement(part_uid, now(), _user(call), said.judgement, said.comment)))
        on_judged(record.verdict, said.judgement)
        return await _counts_now(part_uid)

    async def undo(call: Call) -> Judged:
        part_uid, user = call.params(PartPath).part_uid, _user(call)
        said = await reads.database(lambda connection: judgements_of(connection, part_uid))
        own = next((one for one in reversed(said) if one.user == user and not one.undone), None)
        if own is None:
            raise Refusal(409, f"part {part_uid}: {user} has said nothing of it that could be taken back.")
        add_detail(call.request, own.judgement)
        await _written(sink.judge(Judgement(part_uid, now(), user, own.judgement, undone=True)))
        return await _counts_now(part_uid)

    async def _counts_now(part_uid: int) -> Judged:
        said = await reads.database(lambda connection: standing_judgements(connection, [part_uid]))
        return Judged(judgement=judgement_shown(said.get(part_uid)))

    path = "/api/review/{part_uid}"
    return [
        Endpoint("GET", "/api/review", Role.VIEWER, page, "Parts that a person should look at, newest first",
                 query=ReviewQuery, answer=ReviewShown, refuses=(503,)),
        Endpoint("POST", path, Role.TECHNICIAN, judge, "Say what a part really is", params=PartPath,
                 body=JudgementBody, answer=Judged, refuses=(404, 409, 503)),
        Endpoint("DELETE", path, Role.TECHNICIAN, undo, "Take back one's own last word on a part", params=PartPath,
                 answer=Judged, refuses=(409, 503)),
    ]  # fmt: skip


def _item(item: ReviewItem, kept: Collection[str]) -> ItemShown:
    record = item.record
    return ItemShown(
        part_uid=record.part_uid,
        part_seq=record.part_seq,
        triggered_at=with_z(record.triggered_at),
        queue=item.queue,
        why=item.why,
        verdict=record.verdict,
        label=record.label,
        score=record.score,
        views=views_of(record, kept),
        judgement=judgement_shown(item.judgement),
    )


def _user(call: Call) -> str:
    person = person_of(call.request)
    return person.user or person.shown


async def _written(promise: Future[bool]) -> None:
    try:
        async with asyncio.timeout(WRITTEN_LIMIT_S):
            stored = await asyncio.wrap_future(promise)
    except TimeoutError:
        raise busy(f"It was not on the disk within {WRITTEN_LIMIT_S:g} s; see the faults and look again.") from None
    if not stored:
        raise busy("It could not be written and is lost; see the faults, then say it again.")
