"""A decision as others keep it: the record for the disk, the tile for the page, the times by stage.

Pure but for the wall clock of the record.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from station.core.reasons import Outcome
from station.core.values import Decision
from station.page.snapshot import Part
from station.records.record import PartRecord


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What all parts of a run share."""

    run_id: str
    recipe: str
    model_digest: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartTimes:
    """Trigger to verdict; last line of the picture to registers (None when it was not looked at); by stage."""

    latency_ms: float
    after_frame_ms: float | None
    stages_us: dict[str, int]


def times_of(decision: Decision, handed_off_ns: int) -> PartTimes:
    """The times of a part that was handed off at `handed_off_ns`."""
    latency_ms = (decision.decided_ns - decision.part.trigger.at_ns) / 1e6
    frame, facts = decision.part.frame, decision.facts
    if frame is None or facts is None:
        return PartTimes(latency_ms, None, {})
    stages_us = {
        "wait": (facts.started_ns - frame.ready_ns) // 1000,
        "copy": frame.copy_us,
        **facts.stage_us,
        "hand_off": (handed_off_ns - facts.finished_ns) // 1000,
    }
    return PartTimes(latency_ms, (handed_off_ns - frame.ready_ns) / 1e6, stages_us)


def record_of(
    run: RunIdentity, decision: Decision, times: PartTimes, *, simulated: bool, late: bool = False
) -> PartRecord:
    """The row for the database."""
    part, facts = decision.part, decision.facts
    voted = facts if facts is not None and facts.problem is None else None
    since_trigger = timedelta(microseconds=(time.monotonic_ns() - part.trigger.at_ns) / 1e3)
    return PartRecord(
        part_uid=part.uid,
        part_seq=part.trigger.part_seq,
        run_id=run.run_id,
        triggered_at=(datetime.now(UTC) - since_trigger).isoformat(timespec="milliseconds"),
        trigger_encoder=part.trigger.encoder_count,
        verdict=decision.outcome.value,
        reason=decision.reason.text,
        defect_class=voted.class_index if voted else None,
        label=run.labels[voted.class_index] if voted else None,
        score=voted.score if voted else None,
        patch_index=voted.patch_index if voted else None,
        latency_ms=round(times.latency_ms, 3),
        exposure_to_verdict_ms=None if times.after_frame_ms is None else round(times.after_frame_ms, 3),
        frame_id=part.frame.frame_id if part.frame else None,
        recipe=run.recipe,
        model_digest=run.model_digest,
        simulated=simulated,
        late=late,
        stage_us=times.stages_us,
    )


def tile_of(run: RunIdentity, decision: Decision, times: PartTimes) -> Part:
    """The tile for the page; a forced reject has a reason and no class."""
    voted = decision.facts if decision.outcome is not Outcome.FORCED else None
    return Part(
        part_uid=decision.part.uid,
        part_seq=decision.part.trigger.part_seq,
        verdict=decision.outcome.value,
        reason=decision.reason.text,
        label=run.labels[voted.class_index] if voted else None,
        score=round(voted.score, 3) if voted else None,
        latency_ms=round(times.latency_ms, 1),
    )
