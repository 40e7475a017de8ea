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
    min_pitch_counts: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_COUNTS,
        description="Parts closer than this cannot be sorted apart: both are rejected. Empty: as much as the pulse and "
        "the sensors need.",
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
        if self.min_pitch_counts is not None and self.min_pitch_counts < self._needed_pitch_counts:
            raise ValueError(
                f"min_pitch_counts {self.min_pitch_counts} is less than the {self._needed_pitch_counts} needed: more "
                f"than the pulse (else it would let the next part pass) and, with sensors, more than twice "
                f"sensor_tolerance_counts (else one part could be taken for its neighbour)"
            )
        return self

    @property
    def pitch_counts(self) -> int:
        """Parts closer than this are both rejected."""
        return self.min_pitch_counts or self._needed_pitch_counts

    @property
    def _needed_pitch_counts(self) -> int:
        sensors = self.part_sensor_offset_counts is not None or self.confirm_offset_counts is not None
        return max(self.pulse_counts, 2 * self.sensor_tolerance_counts + 1 if sensors else 0)
