"""Why a person should look at a part: a queue and a sentence. Knows nothing of files or threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Queue = Literal["forced", "rejects", "borderline", "unusual"]
QUEUES: tuple[Queue, ...] = get_args(Queue)
"""In the order in which they are worth a person's time."""


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """`why` is one sentence with the figure that put the part into `queue`."""

    queue: Queue
    why: str

    def __post_init__(self) -> None:
        if self.queue not in QUEUES:
            raise ValueError(f"the queue is one of {', '.join(QUEUES)}, got {self.queue!r}")
