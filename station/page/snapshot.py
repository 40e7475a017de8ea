"""What the page shows: the one document behind `/api/status`, `/api/events` and the page itself.

The station fills a `Snapshot`; the page draws it. A figure that is not known is None, never the last value. Must not
know where the figures come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypedDict

from station.fault import Fault
from station.records.instant import instant

StateName = Literal["STARTING", "READY", "RUNNING", "FAULT", "STOPPED"]
HealthStatus = Literal["ok", "warning", "fault", "unavailable"]

PARTS_SHOWN = 40


class Station(TypedDict):
    """Which station this is and what it inspects."""

    name: str
    version: str
    recipe: str
    model: str
    run_id: str
    uptime_s: float


class State(TypedDict):
    """The headline: one word, what it means, and what to do (empty where nothing is to be done)."""

    name: StateName
    sentence: str
    action: str


class Ledger(TypedDict):
    """triggers == passed + rejected + forced + in_flight; the page shows the sum and whether it fits."""

    triggers: int
    passed: int
    rejected: int
    forced: int
    in_flight: int


class Histogram(TypedDict):
    """`counts[i]` parts lie between `edges_ms[i]` and `edges_ms[i + 1]`; the last bin takes all above."""

    edges_ms: list[float]
    counts: list[int]


class Latency(TypedDict):
    """Trigger to verdict of the last `count` parts, against the deadline."""

    count: int
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    deadline_ms: float
    histogram: Histogram


class Slack(TypedDict):
    """Deadline minus verdict of the last `count` parts; `late_verdicts` came after it: recorded, never applied.

    `withdrawn`: passes that the PLC had not fetched by then. `counts[i]` parts lie between `edges[i]` and
    `edges[i + 1]`, the outer bins take all beyond.
    """

    unit: Literal["ms", "counts"]
    count: int
    least: float | None
    late_verdicts: int
    withdrawn: int
    edges: list[float]
    counts: list[int]


class Part(TypedDict):
    """One of the last parts. `reason` for forced ones and `label` for inspected ones is what the tile says.

    `slack_ms`, `slack_counts`: time and encoder counts that were left to the deadline, below zero is late; None where
    there is no encoder. `views`: names of the recipe's pictures of it.
    `part_type` is the type that it looks most like, with its score; None where the recipe does not ask.
    """

    part_uid: int
    part_seq: int
    verdict: Literal["pass", "reject", "forced"]
    reason: str
    label: str | None
    score: float | None
    latency_ms: float | None
    slack_ms: float | None
    slack_counts: int | None
    views: list[str]
    part_type: str | None
    part_type_score: float | None


class Health(TypedDict):
    """One row of the health list. `age_s`: since the last sign of life; None where there is none."""

    name: str
    status: HealthStatus
    text: str
    age_s: float | None


class FaultRow(TypedDict):
    """One fault. `look` names the view of the page that shows more; `about` tells several of one code apart.

    `part_uid`: the part that it is about, None where it is about none.
    """

    id: str
    about: str
    code: str
    severity: Literal["fault", "warning"]
    sentence: str
    cause: str
    action: str
    look: str
    began_at: str
    since_s: float
    count: int
    part_uid: int | None
    acknowledged_by: str | None
    acknowledged_at: str | None


class Snapshot(TypedDict):
    """Everything the page shows, at one instant. `parts` has the oldest first, at most PARTS_SHOWN."""

    station: Station
    state: State
    simulated: list[str]
    ledger: Ledger
    parts_per_s: float | None
    latency: Latency
    slack: Slack
    parts: list[Part]
    health: list[Health]
    faults: list[FaultRow]


class StatusSource(Protocol):
    """What the page reads. Called in the event loop twice a second while somebody looks: it must be quick."""

    def snapshot(self) -> Snapshot:
        """The station as it is now."""
        ...


def fault_rows(faults: Sequence[Fault], now_ns: int) -> list[FaultRow]:
    """The board's faults as rows of the page, at `now_ns` (CLOCK_MONOTONIC)."""
    return [fault_row(fault, now_ns) for fault in faults]


def fault_row(fault: Fault, now_ns: int) -> FaultRow:
    """One fault as a row of the page."""
    return FaultRow(
        id=fault.id,
        about=fault.about,
        code=fault.code.value,
        severity=fault.severity,
        sentence=fault.sentence,
        cause=fault.cause,
        action=fault.action,
        look=fault.look,
        began_at=instant(fault.began_at),
        since_s=round((now_ns - fault.began_ns) / 1e9, 1),
        count=fault.count,
        part_uid=fault.part.get("part_uid"),
        acknowledged_by=fault.acknowledged_by,
        acknowledged_at=None if fault.acknowledged_at is None else instant(fault.acknowledged_at),
    )
