"""Plays the fault script on the simulated cameras, through the fault blocks of their scenes.

A fault is set while the jig rests and hits the very next frame of one sensor, so exactly one part is affected. Must not
know what the station makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from drivers.camera.producer.scene import SceneFaults
from drivers.cell.faults import FaultKind, FaultPlan, PlannedFault, planned_fault
from drivers.cell.sensor import Sensor

UNPLUGGED_NS: Final = 700_000_000
# More than a station's tolerance, and forward: with a jig that seems to have gone back a frame would not end.
ENCODER_JUMP_COUNTS: Final = 64
# After the turn and the delay a slow frame needs some time to arrive.
_SLOW_MARGIN_NS = 200_000_000
_MS = 1_000_000


class FaultScript:
    """The plan, and what of it is set or has hit."""

    def __init__(self, plan: FaultPlan, targets: Sequence[tuple[Sensor, SceneFaults]], *, turn_ns: int) -> None:
        self._plan = plan
        self._sensors = [sensor for sensor, _ in targets]
        self._blocks = {sensor.name: (sensor, block) for sensor, block in targets}
        self._turn_ns = turn_ns
        self._plugged_again_ns: int | None = None
        self._infeed_free_ns = 0
        self._armed: PlannedFault | None = None
        self._not_taken = 0

    @property
    def not_taken(self) -> int:
        """Faults that no frame took, because the camera began none: they were taken back before the next part."""
        return self._not_taken

    def infeed_free(self, now_ns: int) -> bool:
        """Whether the next part may come: a camera delivers in order, so a slow frame would hold up the next part's."""
        return now_ns >= self._infeed_free_ns

    def before_turn(self, n: int, now_ns: int) -> PlannedFault | None:
        """Set the fault that the plan has for part `n`; the jig rests, and the turn follows at once."""
        return self._before_turn(planned_fault(self._plan, n, self._sensors), now_ns)

    def on_demand(self, n: int, kind: FaultKind | None, now_ns: int) -> PlannedFault | None:
        """The same for a part that is to be hit by `kind`, or by nothing; None where no sensor can have it."""
        wanted = () if kind is None else (kind,)
        plan = FaultPlan(every=len(wanted), kinds=wanted, slow_ms=self._plan.slow_ms)
        fault = planned_fault(plan, 1, self._sensors)
        return self._before_turn(None if fault is None else replace(fault, n=n), now_ns)

    def _before_turn(self, fault: PlannedFault | None, now_ns: int) -> PlannedFault | None:
        self._take_back()
        if fault is None:
            return None
        self._armed = fault
        sensor, block = self._blocks[fault.sensor]
        if fault.kind == "unplug":
            self._plugged_again_ns = now_ns + UNPLUGGED_NS
        elif fault.kind == "slow":
            self._infeed_free_ns = now_ns + self._turn_ns + self._plan.slow_ms * _MS + _SLOW_MARGIN_NS
        _set(block, fault.kind, sensor, self._plan.slow_ms)
        return fault

    def advance(self, now_ns: int) -> None:
        """Let time pass: a cable that was pulled is plugged in again."""
        if self._plugged_again_ns is not None and now_ns >= self._plugged_again_ns:
            self._plug_in()

    def finish(self) -> None:
        """The run has ended: no fault stays."""
        if self._plugged_again_ns is not None:
            self._plug_in()
        self._take_back()

    def _plug_in(self) -> None:
        self._plugged_again_ns = None
        for _, block in self._blocks.values():
            block.unplugged = 0

    def _take_back(self) -> None:
        """A fault that no frame took must not hit a part that it was not meant for."""
        armed, self._armed = self._armed, None
        if armed is not None:
            self._not_taken += _clear(self._blocks[armed.sensor][1])


def _set(block: SceneFaults, kind: FaultKind, sensor: Sensor, slow_ms: int) -> None:
    match kind:
        case "incomplete":
            block.incomplete_after_lines, block.incomplete_frames = sensor.height_px // 2, 1
        case "drop":
            block.drop_frames = 1
        case "stale":
            block.stale_frames = 1
        case "duplicate-id":
            block.duplicate_id_frames = 1
        case "slow":
            block.slow_ms, block.slow_frames = slow_ms, 1
        case "wrong-size":
            block.wrong_size_lines, block.wrong_size_frames = sensor.height_px // 2, 1
        case "encoder-jump":
            block.encoder_jump_counts, block.encoder_jump_frames = ENCODER_JUMP_COUNTS, 1
        case "encoder-reverse":
            block.encoder_reverse_frames = 1
        case "black":
            block.black_frames = 1
        case "white":
            block.white_frames = 1
        case "blur":
            block.blur_frames = 1
        case "freeze":
            block.freeze_frames = 1
        case "unplug":
            block.unplugged = 1


def _clear(block: SceneFaults) -> bool:
    """Take back what no frame took; whether there was anything. A pulled cable is plugged in by its own clock."""
    left = (
        block.incomplete_frames
        + block.drop_frames
        + block.stale_frames
        + block.duplicate_id_frames
        + block.slow_frames
        + block.wrong_size_frames
        + block.encoder_jump_frames
        + block.encoder_reverse_frames
        + block.black_frames
        + block.white_frames
        + block.blur_frames
        + block.freeze_frames
    )
    block.incomplete_frames = block.drop_frames = block.stale_frames = block.duplicate_id_frames = 0
    block.slow_frames = block.wrong_size_frames = block.encoder_jump_frames = block.encoder_reverse_frames = 0
    block.black_frames = block.white_frames = block.blur_frames = block.freeze_frames = 0
    return left > 0
