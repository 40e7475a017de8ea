"""What the worker pool tells the inspection loop."""

from __future__ import annotations

from dataclasses import dataclass

from station.core.values import (
    PictureFacts,
)
from station.workers.messages import JobFailed


@dataclass(frozen=True, slots=True)
class WorkerDown:
    """A worker is gone; `final` when its restart budget is used up."""

    index: int
    sentence: str
    final: bool


@dataclass(frozen=True, slots=True)
class WorkerUp:
    """A worker is back."""

    index: int


@dataclass(frozen=True, slots=True)
class WorkerStuck:
    """A worker sat on one picture for too long and was killed."""

    index: int
    for_ms: int
    limit_ms: int


PoolEvent = PictureFacts | JobFailed | WorkerDown | WorkerUp
