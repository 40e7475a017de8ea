"""One step of the fail-safe test: what is asked of a person, what the station breaks meanwhile, what must be seen.

Values only. Must not know how any of it is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class StepKind(StrEnum):
    """What a step tries."""

    GOOD = "good part"
    DEFECT = "defective part"
    NO_IMAGE = "no image"
    LATE = "late verdict"
    PLC_SILENT = "silent PLC"
    STATION_SILENT = "silent station"
    WITHHELD = "withheld gate"


class Where(StrEnum):
    """Where a part went."""

    GOOD = "good"
    CHUTE = "chute"


class StepVerdict(StrEnum):
    """What became of a step. Only PASSED counts as shown."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    """Nothing went wrong, and what was to be shown was not."""
    SKIPPED = "skipped"
    NOT_DONE = "not done"


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked (`instruction`), broken (`meanwhile`) and must be seen (`expects`), each for people.

    `key` names the step in records and requests. `label`: the class that the station must name. `feed`: requests to a
    simulated cell's infeed that do what the instruction asks; `run_out` follows when the part is decided.
    """

    key: str
    kind: StepKind
    title: str
    instruction: str
    meanwhile: str
    expects: str
    label: str | None = None
    feed: tuple[Mapping[str, object], ...] = ()

    @property
    def goes_to(self) -> Where | None:
        """Where the part must go; None where that proves nothing."""
        if self.kind is StepKind.WITHHELD:
            return None
        return Where.GOOD if self.kind is StepKind.GOOD else Where.CHUTE


@dataclass(frozen=True, slots=True)
class Omission:
    """A step that this line cannot do, and why; the report says so."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in their order. `confirms`: the chute's sensor says where a part went."""

    steps: tuple[Step, ...]
    omitted: tuple[Omission, ...]
    confirms: bool
    deadline_ms: float
