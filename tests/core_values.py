"""Small builders for tests of the line machine: frames, facts, limits."""

from __future__ import annotations

from dataclasses import replace

from drivers.camera.interface import EncoderTrack, Frame, FrameLost, LossReason
from station.core.line_limits import LineLimits, View
from station.core.values import (
    Action,
    Decision,
    PictureFacts,
)

MS = 1_000_000
COUNTS_APART = 20_000
"""From part to part."""
SCAN = View("mantle", "scan")
LIMITS = LineLimits(
    deadline_ns=300 * MS, picture_deadline_ns=None, max_in_flight=4, frame_hold_ns=50 * MS, views=(SCAN,)
)
HEADS = tuple(View(f"head-{at * 90 // 2048}", "head", offset_counts=at) for at in (0, 2048, 4096, 6144))
FASTENER = replace(
    LIMITS, picture_deadline_ns=250 * MS, views=(View("shank", "shank", counts_per_line=4.0, sharpness_min=1.0), *HEADS)
)
"""A line scan picture of the shank and four area pictures of the head."""


def a_track(start: int, *counts: int, lines_apart: int = 25) -> EncoderTrack:
    """The encoder at lines 0, 25, 50...: `start`, and what it stands at after that."""
    lines = tuple(index * lines_apart for index in range(len(counts) + 1))
    return EncoderTrack(lines, (start, *counts))


def a_frame(
    frame_id: int = 1,
    encoder: int | EncoderTrack | None = 1000,
    *,
    slot: int = 0,
    lines: int = 100,
    lost_before: int = 0,
    camera_ns: int = 0,
    stale_rows: int = 0,
    digest: int | None = None,
) -> Frame:
    """A frame of 100 lines, complete unless told otherwise; its picture is like no other unless a digest is given."""
    track = EncoderTrack((0,), (encoder,)) if isinstance(encoder, int) else encoder
    return Frame(
        slot, frame_id, camera_ns, 0, 900, track, 40, 100, lines, "Mono8", lost_before, stale_rows, None, digest
    )


def a_loss(
    reason: LossReason = "ring full", encoder: int | None = 1000, frame_id: int = 1, camera_ns: int = 0
) -> FrameLost:
    """The news of a lost frame."""
    return FrameLost(frame_id, reason, camera_ns, encoder)


def facts_of(
    part_uid: int,
    view: int = 0,
    *,
    defective: bool = False,
    problem: str | None = None,
    score: float = 0.9,
    sharpness: float = 50.0,
    class_index: int | None = None,
) -> PictureFacts:
    """What a worker says."""
    return PictureFacts(
        part_uid,
        problem,
        defective,
        int(defective) if class_index is None else class_index,
        score,
        3,
        0,
        1,
        view=view,
        sharpness=sharpness,
    )


def decisions(actions: list[Action]) -> list[Decision]:
    """The decisions among them."""
    return [action for action in actions if isinstance(action, Decision)]


def the_decision(actions: list[Action]) -> Decision:
    """The only decision among them."""
    (decision,) = decisions(actions)
    return decision


def kinds(actions: list[Action]) -> list[type]:
    """Their types, in order."""
    return [type(action) for action in actions]
