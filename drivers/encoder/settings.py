"""Settings of the line's encoder, as they stand in the configuration file under `encoder`.

What the counts mean in millimetres is nobody's business here; how fast they can go is, because faster is a jump.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class EncoderSettings(BaseModel):
    """The counter that the PLC or a counter module shows live. 32 bits, wraps, counts up as the line runs."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    max_counts_per_s: float = Field(
        gt=0, le=1e9, description="The line's highest speed, with a little room: more is a jump of the encoder."
    )
    jump_tolerance_counts: int = Field(
        default=64,
        ge=0,
        le=2**30,
        description="What two readings may differ beyond the highest speed: age of a reading.",
    )
    reversal_tolerance_counts: int = Field(
        default=64, ge=0, le=2**30, description="How far the line may run back (settling, jog) before that is a fault."
    )
    reading_age_ms: float = Field(
        default=50,
        ge=0,
        le=5_000,
        description="How old a reading can be when it arrives, where it comes without the time at which it was taken.",
    )
    silence_ms: float = Field(
        default=500, gt=0, le=60_000, description="No reading for so long while parts are under way is a fault."
    )
