"""A decision as others keep it: the record for the disk, the tile for the page, the times by stage.

Pure but for the wall clock of the record.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from station.core.line_limits import View
from station.core.reasons import Outcome, Reason
from station.core.values import (
    Decision,
    PictureFacts,
    TypeSeen,
)
from station.page.snapshot import Part
from station.records.record import PartRecord


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What all parts of a run share. `class_numbers[view][class index]` is a class's place in `labels`."""

    run_id: str
    recipe: str
    model_digest: str
    labels: tuple[str, ...]
    views: tuple[View, ...]
    class_numbers: tuple[tuple[int, ...], ...]

    def class_of(self, facts: PictureFacts) -> int:
        """The class of a picture as the PLC numbers it."""
        return self.class_numbers[facts.view][facts.class_index]


@dataclass(frozen=True, slots=True)
class PartTimes:
    """Trigger to verdict; last line of the picture to registers (None when it was not looked at); by stage."""

    latency_ms: float
    after_frame_ms: float | None
    stages_us: dict[str, int]


def times_of(decision: Decision, handed_off_ns: int) -> PartTimes:
    """The times of a part that was handed off at `handed_off_ns`.

    With several pictures: waiting and copying of the one that was done last, the work in the workers summed.
    """
    latency_ms = (decision.decided_ns - decision.part.trigger.at_ns) / 1e6
    part = decision.part
    if decision.facts is None or not part.facts or not part.frames:
        return PartTimes(latency_ms, None, {})
    last = max(part.facts.values(), key=lambda facts: facts.finished_ns)
    frame = part.frames[last.view]
    stages_us = {"wait": (last.started_ns - frame.ready_ns) // 1000, "copy": frame.copy_us}
    for facts in part.facts.values():
        for stage, spent_us in facts.stage_us.items():
            stages_us[stage] = stages_us.get(stage, 0) + spent_us
    stages_us["hand_off"] = (handed_off_ns - last.finished_ns) // 1000
    newest_ns = max(frame.ready_ns for frame in part.frames.values())
    return PartTimes(latency_ms, (handed_off_ns - newest_ns) / 1e6, stages_us)


def record_of(
    run: RunIdentity, decision: Decision, times: PartTimes, *, simulated: bool, late: bool = False
) -> PartRecord:
    """The row for the database."""
    part, facts = decision.part, decision.facts
    voted = facts if facts is not None and facts.problem is None else None
    seen = type_seen(decision)
    since_trigger = timedelta(microseconds=(time.monotonic_ns() - part.trigger.at_ns) / 1e3)
    return PartRecord(
        part_uid=part.uid,
        part_seq=part.trigger.part_seq,
        run_id=run.run_id,
        triggered_at=(datetime.now(UTC) - since_trigger).isoformat(timespec="milliseconds"),
        trigger_encoder=part.trigger.encoder_count,
        verdict=decision.outcome.value,
        reason=decision.reason.text,
        defect_class=run.class_of(voted) if voted else None,
        label=run.labels[run.class_of(voted)] if voted else None,
        score=voted.score if voted else None,
        patch_index=voted.patch_index if voted else None,
        latency_ms=round(times.latency_ms, 3),
        exposure_to_verdict_ms=None if times.after_frame_ms is None else round(times.after_frame_ms, 3),
        frame_id=part.frames[0].frame_id if 0 in part.frames else None,
        recipe=run.recipe,
        model_digest=run.model_digest,
        simulated=simulated,
        late=late,
        stage_us=times.stages_us,
        view=None if decision.view is None else run.views[decision.view].name,
        pictures=pictures_of(run, decision),
        part_type=None if seen is None else seen.part_type,
        part_type_score=None if seen is None else seen.score,
    )


def record_of_restarted(run: RunIdentity, part_uid: int, part_seq: int, *, simulated: bool) -> PartRecord:
    """The row of a part of which only the number is left: in flight when an earlier run ended, and rejected."""
    return PartRecord(
        part_uid=part_uid,
        part_seq=part_seq,
        run_id=run.run_id,
        triggered_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        trigger_encoder=None,
        verdict=Reason.RESTARTED.outcome.value,
        reason=Reason.RESTARTED.text,
        defect_class=None,
        label=None,
        score=None,
        patch_index=None,
        latency_ms=0.0,
        exposure_to_verdict_ms=None,
        frame_id=None,
        recipe=run.recipe,
        model_digest=run.model_digest,
        simulated=simulated,
    )


def type_seen(decision: Decision) -> TypeSeen | None:
    """Which part type was seen in the part's pictures; None where nobody asked or nothing could be seen."""
    return next((facts.type_seen for facts in decision.part.facts.values() if facts.type_seen is not None), None)


def pictures_of(run: RunIdentity, decision: Decision) -> tuple[dict[str, Any], ...]:
    """What is known of each picture of a part, one entry a view, in the recipe's order."""
    return tuple(_picture(run, decision, index, view) for index, view in enumerate(run.views))


def _picture(run: RunIdentity, decision: Decision, index: int, view: View) -> dict[str, Any]:
    frame, facts = decision.part.frames.get(index), decision.part.facts.get(index)
    entry: dict[str, Any] = {"view": view.name, "camera": view.camera}
    if frame is not None:
        entry |= {
            "frame_id": frame.frame_id,
            "encoder": frame.encoder_count,
            "lines_valid": frame.lines_valid,
            "lines": frame.height_px,
            "lost_before": frame.lost_before,
            "stale_rows": frame.stale_rows,
            "ready_ms": round((frame.ready_ns - decision.part.trigger.at_ns) / 1e6, 3),
        }
    if facts is not None:
        entry |= {
            "problem": facts.problem,
            "label": run.labels[run.class_of(facts)] if facts.problem is None else None,
            "score": round(facts.score, 4),
            "patch_index": facts.patch_index,
            "sharpness": facts.sharpness,
        }
        if facts.type_seen is not None:
            seen = facts.type_seen
            entry["identity"] = {
                "part_type": seen.part_type,
                "score": seen.score,
                "recognised": seen.recognised,
                "wanted": view.part_type,
            }
        if facts.stamp is not None:
            entry["stamp"] = facts.stamp
    return entry


def tile_of(run: RunIdentity, decision: Decision, times: PartTimes) -> Part:
    """The tile for the page; a forced reject has a reason and no class."""
    voted = decision.facts if decision.outcome is not Outcome.FORCED else None
    seen = type_seen(decision)
    return Part(
        part_uid=decision.part.uid,
        part_seq=decision.part.trigger.part_seq,
        verdict=decision.outcome.value,
        reason=decision.reason.text,
        label=run.labels[run.class_of(voted)] if voted else None,
        score=round(voted.score, 3) if voted else None,
        latency_ms=round(times.latency_ms, 1),
        part_type=seen.part_type if seen else None,
        part_type_score=round(seen.score, 3) if seen else None,
    )
