"""A decision as others keep it: the record for the disk, the tile for the page, the times by stage.

Pure but for the wall clock of the record.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from station.core.reasons import Outcome, Reason
from station.core.values import (
    Decision,
    PartLeft,
    PictureFacts,
    TypeSeen,
)
from station.page.snapshot import Part
from station.part_pictures import pictures_of
from station.records.instant import instant, now
from station.records.record import PartRecord
from station.run_identity import RunIdentity, run_identity

__all__ = [
    "PartTimes", "RunIdentity", "record_of", "record_of_restarted", "run_identity", "tile_of", "times_of", "type_seen",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PartTimes:
    """Trigger to verdict; last line of the picture to registers (None when it was not looked at); by stage.

    `handed_off_ms`: trigger to registers. `acquisition_ms`: trigger to the last picture that came, None for no picture.
    """

    latency_ms: float
    after_frame_ms: float | None
    stages_us: dict[str, int]
    handed_off_ms: float | None = None
    acquisition_ms: float | None = None


def times_of(decision: Decision, handed_off_ns: int) -> PartTimes:
    """The times of a part that was handed off at `handed_off_ns`.

    With several pictures: waiting and copying of the one that was done last, the work in the workers summed.
    """
    part = decision.part
    triggered_ns = part.trigger.at_ns
    latency_ms, handed_off_ms = (decision.decided_ns - triggered_ns) / 1e6, (handed_off_ns - triggered_ns) / 1e6
    newest_ns = max((frame.ready_ns for frame in part.frames.values()), default=None)
    acquisition_ms = None if newest_ns is None else (newest_ns - triggered_ns) / 1e6
    if decision.facts is None or not part.facts or newest_ns is None:
        return PartTimes(latency_ms, None, {}, handed_off_ms, acquisition_ms)
    last = max(part.facts.values(), key=lambda facts: facts.finished_ns)
    frame = part.frames[last.view]
    stages_us = {"wait": (last.started_ns - frame.ready_ns) // 1000, "copy": frame.copy_us}
    for facts in part.facts.values():
        for stage, spent_us in facts.stage_us.items():
            stages_us[stage] = stages_us.get(stage, 0) + spent_us
    stages_us["hand_off"] = (handed_off_ns - last.finished_ns) // 1000
    return PartTimes(latency_ms, (handed_off_ns - newest_ns) / 1e6, stages_us, handed_off_ms, acquisition_ms)


def record_of(
    run: RunIdentity, decision: Decision, times: PartTimes, *, simulated: bool, late: bool = False
) -> PartRecord:
    """The row for the database."""
    part, facts = decision.part, decision.facts
    triggered = datetime.now(UTC) - timedelta(microseconds=(time.monotonic_ns() - part.trigger.at_ns) / 1e3)
    voted = facts if facts is not None and facts.problem is None else None
    seen = type_seen(decision)
    return PartRecord(
        part_uid=part.uid,
        part_seq=part.trigger.part_seq,
        run_id=run.run_id,
        triggered_at=instant(triggered),
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
        decided_at=instant(triggered + timedelta(milliseconds=times.latency_ms)),
        deadline_ms=run.deadline_ms,
        slack_ms=round(decision.slack_ns / 1e6, 3),
        slack_counts=decision.slack_counts,
        handed_off_ms=None if late or times.handed_off_ms is None else round(times.handed_off_ms, 3),
        gate_encoder=run.gate_encoder(part.trigger.encoder_count),
        is_partial=any(not _inspected(part.facts.get(view)) for view in range(len(run.views))),
        recipe_id=run.recipe_id,
        recipe_digest=run.recipe_digest,
        configuration_id=run.configuration_id,
        acquisition_ms=None if times.acquisition_ms is None else round(times.acquisition_ms, 3),
        processing_ms=None if times.acquisition_ms is None else round(times.latency_ms - times.acquisition_ms, 3),
    )


def _inspected(facts: PictureFacts | None) -> bool:
    return facts is not None and facts.problem is None


def record_of_restarted(run: RunIdentity, part_uid: int, part_seq: int, *, simulated: bool) -> PartRecord:
    """The row of a part of which only the number is left: in flight when an earlier run ended, and rejected."""
    return PartRecord(
        part_uid=part_uid,
        part_seq=part_seq,
        run_id=run.run_id,
        triggered_at=now(),
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
        is_partial=True,
        recipe_id=run.recipe_id,
        recipe_digest=run.recipe_digest,
        configuration_id=run.configuration_id,
    )


def type_seen(decision: Decision) -> TypeSeen | None:
    """Which part type was seen in the part's pictures; None where nobody asked or nothing could be seen."""
    return next((facts.type_seen for facts in decision.part.facts.values() if facts.type_seen is not None), None)


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
        slack_ms=round(decision.slack_ns / 1e6, 1),
        slack_counts=decision.slack_counts,
        views=[view.name for view in run.views],
        part_type=seen.part_type if seen else None,
        part_type_score=round(seen.score, 3) if seen else None,
    )


def end_of_way(part: PartLeft) -> tuple[str, str]:
    """Kind and sentence of the event that ends a part's life."""
    if part.fell is None:
        return "gate", "at the end of its way; no sensor looks into the chute"
    if part.passed:
        return "gate", "through the gate" + (", and something fell into the chute" if part.fell else "")
    return ("confirmed", "seen in the reject chute") if part.fell else ("gate", "not seen in the reject chute")
