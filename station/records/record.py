"""The record of one part, its form as a row and as JSON. Knows nothing of files or threads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from station.records.instant import with_z
from station.records.patches import unpacked

Verdict = Literal["pass", "reject", "forced"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

_COMPLETED, _ABORTED, _FAILED = 1, 3, 4
_PACKED = ("patches", "patch_labels", "patch_rows", "patch_columns", "patch_places")

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
    decided_at: str | None = None
    deadline_ms: float | None = None
    slack_ms: float | None = None
    slack_counts: int | None = None
    handed_off_ms: float | None = None
    gate_encoder: int | None = None
    is_partial: bool | None = None
    recipe_id: int | None = None
    recipe_digest: str | None = None
    configuration_id: str | None = None
    acquisition_ms: float | None = None
    processing_ms: float | None = None

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"the verdict is one of {', '.join(VERDICTS)}, got {self.verdict!r}")
        if not 0 < self.part_uid < 2**63:
            raise ValueError(f"part_uid fits 63 bits and is positive, got {self.part_uid}")

    def as_json(self) -> dict[str, Any]:
        """The whole record, with the names of OPC 40100-1 beside our own. Patches are told one by one."""
        ours = {name: getattr(self, name) for name in COLUMNS if name != "is_partial"}
        return {
            **ours,
            "triggered_at": with_z(self.triggered_at),
            "decided_at": None if self.decided_at is None else with_z(self.decided_at),
            "stage_us": dict(self.stage_us),
            "pictures": [picture_as_json(picture) for picture in self.pictures],
            "partId": str(self.part_uid),
            "isSimulated": self.simulated,
            "isPartial": self.is_partial,
            "recipeId": {"id": self.recipe_id, "hash": self.recipe_digest},
            "configurationId": self.configuration_id,
            "productId": self.recipe,
            "resultState": self._result_state,
            "processingTimes": {
                "startTime": with_z(self.triggered_at),
                "endTime": None if self.decided_at is None else with_z(self.decided_at),
                "acquisitionDuration": self.acquisition_ms,
                "processingDuration": self.processing_ms,
            },
        }

    @property
    def _result_state(self) -> int:
        """OPC 40100-1, table 153. A part that was not inspected whole was stopped before completion."""
        if self.verdict != "forced":
            return _COMPLETED
        return _FAILED if self.is_partial is False else _ABORTED


COLUMNS = tuple(column.name for column in fields(PartRecord))
SELECT_RECORD = f"SELECT {', '.join(COLUMNS)} FROM part_record"  # noqa: S608 - our own names
"""Whole records, wherever the file has their pictures."""


def picture_as_json(picture: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a picture, with `patches` as a list of {y_px, x_px, class_index, label, score}."""
    rest = {name: value for name, value in picture.items() if name not in _PACKED}
    return {**rest, "patches": [asdict(patch) for patch in unpacked(picture)]}


def to_row(record: PartRecord) -> tuple[Any, ...]:
    """The record in the order of COLUMNS, for the table `part`: without its pictures."""
    as_text = {"stage_us": _text(dict(record.stage_us)), "pictures": "[]"}
    return tuple(as_text[name] if name in as_text else getattr(record, name) for name in COLUMNS)


def to_pictures_row(record: PartRecord) -> tuple[int, str]:
    """The record's row in the table `part_pictures`."""
    return record.part_uid * 2 + record.late, _text(list(record.pictures))


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def from_row(row: Sequence[Any]) -> PartRecord:
    """A record from a row of SELECT_RECORD."""
    values = dict(zip(COLUMNS, row, strict=True))
    values["stage_us"], values["pictures"] = json.loads(values["stage_us"]), tuple(json.loads(values["pictures"]))
    values["simulated"], values["late"] = bool(values["simulated"]), bool(values["late"])
    values["is_partial"] = None if values["is_partial"] is None else bool(values["is_partial"])
    return PartRecord(**values)


def part_uid_after(last_uid: int | None, unix_s: int) -> int:
    """The first number for a run that starts at `unix_s`, larger than `last_uid` even where the clock went back."""
    return max(unix_s * UIDS_A_SECOND, (last_uid or 0) + 1)
