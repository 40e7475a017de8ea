"""What page and terminal are shown of a fail-safe test: one document, the same for both."""

from __future__ import annotations

from typing import Literal, TypedDict

PhaseName = Literal[
    "idle", "instruct", "part", "verdict", "silence", "back", "way", "where", "clear", "writing", "over"
]  # fmt: skip


class StepState(TypedDict):
    """One step. `verdict` and `where` are None as long as they are not known."""

    key: str
    title: str
    verdict: str | None
    why: str
    part_seq: int | None
    said: str | None
    where: str | None


class FailsafeState(TypedDict):
    """The test now, or the last one of this run. `step` is the index of the step that is asked for or under way.

    `instruction` is for the person, `waiting` says what is waited for. `line_waits`: why no part can come now.
    `result` and `report` (a path) come with the end; `sentence` says what the test has shown.
    """

    running: bool
    phase: PhaseName
    operator: str
    simulated: list[str]
    step: int | None
    steps: list[StepState]
    omitted: list[dict[str, str]]
    instruction: str
    waiting: str
    line_waits: str | None
    result: str | None
    sentence: str
    report: str | None
