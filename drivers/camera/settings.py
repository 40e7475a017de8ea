"""What the configuration says about a camera. It must not know how the features are set."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

FeatureValue = bool | int | float | str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LineTriggerSettings(_Strict):
    """What starts a line of a line-scan camera."""

    source: Literal["Encoder0", "Off"] = Field(
        default="Encoder0",
        description="SFNC TriggerSource of LineStart; Off: the camera's own line rate.",
    )
    encoder_divider: int = Field(
        default=4, ge=1, le=65_536, description="SFNC EncoderDivider: encoder counts for each line."
    )


class CameraSettings(_Strict):
    """One GenICam camera."""

    producer: str = Field(
        default="simulated",
        min_length=1,
        description="Path of the GenTL producer (.cti), or 'simulated' for the station's own.",
    )
    serial: str = Field(default="LINE01", min_length=1, description="DeviceSerialNumber of the camera.")
    scene: str | None = Field(
        default=None, description="Simulated camera only: path of the scene file that the cell writes."
    )
    width_px: int = Field(default=5472, ge=16, le=32_768, description="SFNC Width: pixels of a line.")
    lines_per_frame: int = Field(default=3648, ge=1, le=65_536, description="SFNC Height: lines of a frame.")
    pixel_format: Literal["Mono8"] = Field(default="Mono8", description="SFNC PixelFormat.")
    exposure_us: float | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        description="SFNC ExposureTime in µs; null leaves it as it is.",
    )
    line_trigger: LineTriggerSettings | None = Field(
        default_factory=LineTriggerSettings,
        description="What starts a line; null for a camera without line trigger (area scan).",
    )
    frame_trigger: Literal["Line1", "Software", "Off"] | None = Field(
        default="Line1",
        description="SFNC TriggerSource of FrameStart; Off: free running, null: leave the trigger alone.",
    )
    buffers: int = Field(default=8, ge=8, le=64, description="Buffers announced to the producer.")
    ring_slots: int = Field(
        default=4,
        ge=2,
        le=32,
        description="Frames that consumers may hold at once; a full ring loses frames.",
    )
    features: dict[str, FeatureValue] = Field(
        default_factory=dict,
        description="Further features by SFNC name, set in this order after the others.",
    )

    @model_validator(mode="after")
    def _scene_belongs_to_the_simulated_camera(self) -> Self:
        if self.scene is not None and self.producer != "simulated":
            raise ValueError(
                f"scene is for the simulated camera only, and producer is {self.producer!r}: remove scene, "
                "or set producer to 'simulated'"
            )
        return self

    @property
    def scene_path(self) -> Path | None:
        """Where the simulated camera looks for its light."""
        return None if self.scene is None else Path(self.scene)
