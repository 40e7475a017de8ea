"""Settings of gate and robot pick-up, as they stand in the configuration file under `recipe.gate`.

Offsets are encoder counts after the part's trigger. Must not know who moves the gate.
"""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_MOST_COUNTS = 2**30


class GateSettings(BaseModel):
    """Where the gate is and what it needs. Times in milliseconds, ways in encoder counts."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    offset_counts: int = Field(
        ge=1, le=_MOST_COUNTS, description="From the part's trigger to the gate: there the verdict takes effect."
    )
    pulse_counts: int = Field(
        default=400, ge=1, le=_MOST_COUNTS, description="Length of the pass pulse: the gate is open for so long."
    )
    lead_counts: int = Field(
        default=200, ge=0, le=_MOST_COUNTS, description="The pass pulse begins so far before the gate position."
    )
    min_pitch_counts: int = Field(
        default=0,
        ge=0,
        le=_MOST_COUNTS,
        description="Parts closer than this cannot be sorted apart: both are rejected. 0: not checked.",
    )
    bus_margin_ms: float = Field(
        default=20, ge=0, le=5_000, description="From the verdict in the registers to the gate's output: bus and scan."
    )
    actuator_ms: float = Field(
        default=10, ge=0, le=5_000, description="From the output to the moved gate: valve and cylinder."
    )
    part_sensor_offset_counts: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_COUNTS,
        description="From the trigger to the part sensor before the gate (PartsSeen); empty: there is none.",
    )
    confirm_offset_counts: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_COUNTS,
        description="From the trigger to the sensor in the reject chute (RejectsSeen); empty: there is none.",
    )
    sensor_tolerance_counts: int = Field(
        default=500, ge=1, le=_MOST_COUNTS, description="How far a part may be from where a sensor should see it."
    )
    pick_up_offset_counts: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_COUNTS,
        description="From the trigger to the robot's pick-up; empty: no robot, or it takes parts at the gate.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lead_counts >= self.offset_counts:
            raise ValueError(f"lead_counts {self.lead_counts} is not before the gate at {self.offset_counts} counts")
        if self.part_sensor_offset_counts is not None and self.part_sensor_offset_counts > self.offset_counts:
            raise ValueError("part_sensor_offset_counts lies behind the gate: the sensor must be before it")
        for name in ("confirm_offset_counts", "pick_up_offset_counts"):
            place: int | None = getattr(self, name)
            if place is not None and place < self.offset_counts:
                raise ValueError(f"{name} {place} lies before the gate at {self.offset_counts} counts")
        if self.min_pitch_counts and self.min_pitch_counts < self.pulse_counts:
            raise ValueError(
                f"min_pitch_counts {self.min_pitch_counts} is shorter than the pass pulse of {self.pulse_counts} "
                f"counts: the pulse of one part would let the next one pass"
            )
        return self
