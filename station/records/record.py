"""The record of one part, and its form as a row. Knows nothing of files or threads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

Verdict = Literal["pass", "reject", "forced"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

UIDS_A_SECOND = 1_000_000  # room for the parts of one second; the product stays below 2**53 for JavaScript


@dataclass(frozen=True, slots=True)
class PartRecord:
    """What happened to one part.

    `part_uid` grows over restarts, `part_seq` is the PLC's number (1..65535, wraps). `triggered_at` is UTC, ISO 8601.
    `defect_class` is the recipe's label index and `label` its name; both None where nothing was inspected.
    `late` marks a verdict that came after the deadline: recorded beside the forced one, never applied.
    `view` names the picture that gave the reason, `pictures` has one entry a view: camera, frame, encoder, lines, what
    was seen in it, and (simulated cameras only) the number burnt into it. `part_type` is the type that the part looks
    most like, with its score 0..1; both None where the recipe does not ask, or nothing could be seen.
    """

    part_uid: int
    part_seq: int
    run_id: str
    triggered_at: str
    trigger_encoder: int | None
    verdict: Verdict
    reason: str
    defect_class: int | None
    label: str | None
    score: float | None
    patch_index: int | None
    latency_ms: float
    exposure_to_verdict_ms: float | None
    frame_id: int | None
    recipe: str
    model_digest: str
    simulated: bool
    late: bool = False
    stage_us: Mapping[str, int] = field(default_factory=dict[str, int])
    view: str | None = None
    pictures: Sequence[Mapping[str, Any]] = ()
    part_type: str | None = None
    part_type_score: float | None = None

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"the verdict is one of {', '.join(VERDICTS)}, got {self.verdict!r}")
        if not 0 < self.part_uid < 2**63:
            raise ValueError(f"part_uid fits 63 bits and is positive, got {self.part_uid}")


COLUMNS = tuple(column.name for column in fields(PartRecord))


def to_row(record: PartRecord) -> tuple[Any, ...]:
    """The record in the order of COLUMNS."""
    as_json = {"stage_us": json.dumps(dict(record.stage_us)), "pictures": json.dumps(list(record.pictures))}
    return tuple(as_json[name] if name in as_json else getattr(record, name) for name in COLUMNS)


def from_row(row: Sequence[Any]) -> PartRecord:
    """The inverse of `to_row`."""
    values = dict(zip(COLUMNS, row, strict=True))
    values["stage_us"], values["pictures"] = json.loads(values["stage_us"]), tuple(json.loads(values["pictures"]))
    values["simulated"], values["late"] = bool(values["simulated"]), bool(values["late"])
    return PartRecord(**values)


def part_uid_after(last_uid: int | None, unix_s: int) -> int:
    """The first number for a run that starts at `unix_s`, larger than `last_uid` even where the clock went back."""
    return max(unix_s * UIDS_A_SECOND, (last_uid or 0) + 1)
