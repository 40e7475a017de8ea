"""What a record says of each picture of a part: frame, times, what was seen, patch by patch. Pure."""

from __future__ import annotations

from typing import Any

from drivers.camera.interface import Frame
from station.core.line_limits import View
from station.core.values import Decision, PictureFacts
from station.pictures.cropping import crop_of
from station.records.patches import PatchSeen, packed
from station.run_identity import RunIdentity


def pictures_of(run: RunIdentity, decision: Decision) -> tuple[dict[str, Any], ...]:
    """What is known of each picture of a part, one entry a view, in the recipe's order."""
    return tuple(_picture(run, decision, index, view) for index, view in enumerate(run.views))


def _picture(run: RunIdentity, decision: Decision, index: int, view: View) -> dict[str, Any]:
    frame, facts = decision.part.frames.get(index), decision.part.facts.get(index)
    triggered_ns = decision.part.trigger.at_ns
    entry: dict[str, Any] = {"view": view.name, "camera": view.camera}
    if frame is not None:
        entry |= {
            "frame_id": frame.frame_id,
            "encoder": frame.encoder_count,
            "lines_valid": frame.lines_valid,
            "lines": frame.height_px,
            "lost_before": frame.lost_before,
            "stale_rows": frame.stale_rows,
            "ready_ms": _ms(frame.ready_ns - triggered_ns),
        }
    if facts is not None:
        entry |= {
            "started_ms": _ms(facts.started_ns - triggered_ns),
            "finished_ms": _ms(facts.finished_ns - triggered_ns),
            "problem": facts.problem,
            "defective": facts.defective,
            "label": run.labels[run.class_of(facts)] if facts.problem is None else None,
            "score": round(facts.score, 4),
            "patch_index": facts.patch_index,
            "sharpness": facts.sharpness,
            **_looks(facts),
            **_crop(facts, frame),
            **_nearest(run, facts),
            **packed(_patches(run, facts)),
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


def _looks(facts: PictureFacts) -> dict[str, Any]:
    """What was measured of the picture; nothing where nobody looked for defects."""
    measured = {
        "mean": facts.mean,
        "dark_fraction": facts.dark_fraction,
        "saturated_fraction": facts.saturated_fraction,
        "sureness": facts.sureness,
        "box": None if facts.box is None else list(facts.box),
        "patch_px": None if facts.patch_px is None else list(facts.patch_px),
    }
    return {"map": facts.heat is not None, **{name: value for name, value in measured.items() if value is not None}}


def _crop(facts: PictureFacts, frame: Frame | None) -> dict[str, Any]:
    """(y, x, height, width) of what is kept of the picture, where it is kept."""
    if frame is None:
        return {}
    return {"crop": list(crop_of(facts.box, (frame.height_px, frame.width_px)))}


def _nearest(run: RunIdentity, facts: PictureFacts) -> dict[str, Any]:
    """The defect nearest to its threshold, as {"label", "score"}."""
    if facts.nearest_defect is None:
        return {}
    index, score = facts.nearest_defect
    return {"nearest_defect": {"label": run.labels[run.class_numbers[facts.view][index]], "score": score}}


def _patches(run: RunIdentity, facts: PictureFacts) -> list[PatchSeen]:
    numbers = run.class_numbers[facts.view]
    return [
        PatchSeen(y_px, x_px, numbers[index], run.labels[numbers[index]], score)
        for y_px, x_px, index, score in facts.patches
    ]


def _ms(length_ns: int) -> float:
    return round(length_ns / 1e6, 3)
