"""Parts as the API tells them: a row of the list, a judgement, a whole life. Values, and how records become them.

Must not know HTTP, nor how records are found.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from pydantic import ConfigDict, Field

from station.api.forms import Document
from station.records.instant import with_z
from station.records.judgement import Judgement
from station.records.queries import ListedPart, PartLife
from station.records.record import PartRecord

Verdict = Literal["pass", "reject", "forced"]


class ViewShown(Document):
    """A view of a part; `picture`: whether its picture was kept."""

    view: str
    picture: bool


class JudgementShown(Document):
    """What a person said of a part; `undone`: taken back since."""

    at: str
    user: str
    judgement: str
    comment: str
    undone: bool


class PartRow(Document):
    """A part in the list. `late`: a verdict came after the deadline and was not applied."""

    part_uid: int
    part_seq: int
    triggered_at: str
    verdict: Verdict
    reason: str
    label: str | None
    score: float | None
    latency_ms: float
    slack_ms: float | None
    slack_counts: int | None
    late: bool
    views: list[ViewShown]
    judgement: JudgementShown | None


class PartsShown(Document):
    """`next`: the `before` of the page that follows; null at the end."""

    parts: list[PartRow]
    next: int | None


class RecordShown(Document):
    """The whole record: the columns named here and all others, with the names of OPC 40100-1 beside our own."""

    model_config = ConfigDict(extra="allow", frozen=True)

    part_uid: int
    part_seq: int
    triggered_at: str
    verdict: Verdict
    reason: str
    label: str | None
    score: float | None
    pictures: list[dict[str, Any]] = Field(description="One entry a view: frame, times, what was seen, every patch.")
    partId: str  # noqa: N815 - OPC 40100-1
    isSimulated: bool  # noqa: N815
    isPartial: bool | None  # noqa: N815


class EventShown(Document):
    """What happened to a part besides its verdict."""

    at: str
    kind: str
    detail: str


class LifeShown(Document):
    """Everything that is known of a part. `late`: the verdict that came after the deadline; never applied."""

    part: RecordShown
    events: list[EventShown]
    judgements: list[JudgementShown]
    late: RecordShown | None
    views: list[ViewShown]
    labels: list[str] = Field(description="Defects that it can be judged to have.")


class HourShown(Document):
    """Parts triggered within the hour that begins at `hour`."""

    hour: str
    passed: int
    rejected: int
    forced: int


def judgement_shown(judgement: Judgement | None) -> JudgementShown | None:
    """None stays None."""
    return None if judgement is None else JudgementShown(**judgement.as_json())


def views_of(record: PartRecord, kept: Collection[str]) -> list[ViewShown]:
    """The record's views, and of which the picture was kept."""
    names = dict.fromkeys([*(str(picture.get("view", "")) for picture in record.pictures), *kept])
    return [ViewShown(view=name, picture=name in kept) for name in names if name]


def row_of(listed: ListedPart, kept: Collection[str]) -> PartRow:
    """A part of the list."""
    record = listed.record
    return PartRow(
        part_uid=record.part_uid,
        part_seq=record.part_seq,
        triggered_at=with_z(record.triggered_at),
        verdict=record.verdict,
        reason=record.reason,
        label=record.label,
        score=record.score,
        latency_ms=record.latency_ms,
        slack_ms=record.slack_ms,
        slack_counts=record.slack_counts,
        late=listed.late,
        views=views_of(record, kept),
        judgement=judgement_shown(listed.judgement),
    )


def life_of(life: PartLife, kept: Collection[str], labels: Collection[str]) -> LifeShown:
    """A part's life."""
    return LifeShown(
        part=RecordShown(**life.record.as_json()),
        events=[EventShown(**event.as_json()) for event in life.events],
        judgements=[JudgementShown(**judgement.as_json()) for judgement in life.judgements],
        late=None if life.late is None else RecordShown(**life.late.as_json()),
        views=views_of(life.record, kept),
        labels=list(labels),
    )
