"""What the configuration says about a camera. It must not know how the features are set."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

FeatureValue = bool | int | float | str

SIMULATED, REPLAY, ARAVIS = "simulated", "replay", "aravis"
"""What `producer` may say instead of a path."""
InputLine = Literal["Line0", "Line1", "Line2", "Line3", "Line4", "Line5", "Line6", "Line7", "Line8"]
PixelFormatName = Literal["Mono8", "Mono10", "Mono12", "Mono10p", "Mono12p", "BayerRG8", "RGB8"]
ChunkName = Literal["EncoderValue", "Timestamp", "LineStatusAll", "FrameID"]
EventName = Literal["LineTriggerMissed", "FrameTriggerMissed"]
ModelName = Literal["auto", "sfnc", "basler-racer2", "dalsa-linea", "dalsa-linea2", "dalsa-genie-nano"]

_PIXELS_A_GROUP: dict[PixelFormatName, int] = {"Mono10p": 4, "Mono12p": 2, "BayerRG8": 2}
"""A line of these must hold whole groups, else its last bytes would belong to two lines (PFNC) or to no colour."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LineTriggerSettings(_Strict):
    """What starts a line of a line-scan camera."""

    source: Literal["Encoder0", InputLine, "Off"] = Field(
        default="Encoder0",
        description="SFNC TriggerSource of LineStart; Off: the camera's own line rate.",
    )
    encoder_divider: int = Field(
        default=4, ge=1, le=65_536, description="SFNC EncoderDivider: encoder counts for each line."
    )
    encoder_source_a: InputLine | None = Field(
        default=None, description="SFNC EncoderSourceA: the input with the encoder's track A; null leaves it as it is."
    )
    encoder_source_b: InputLine | None = Field(
        default=None, description="SFNC EncoderSourceB: the input with the encoder's track B; null leaves it as it is."
    )
    encoder_mode: Literal["FourPhase", "HighResolution"] | None = Field(
        default=None,
        description="SFNC EncoderMode: FourPhase filters jitter, HighResolution counts every edge; null leaves it.",
    )
    encoder_output_mode: (
        Literal["Off", "PositionUp", "PositionDown", "DirectionUp", "DirectionDown", "Motion"] | None
    ) = Field(
        default=None,
        description="SFNC EncoderOutputMode: which movements give lines; PositionUp scans no place twice.",
    )


class CameraSettings(_Strict):
    """One GenICam camera, or a recording played as one."""

    producer: str = Field(
        default=SIMULATED,
        min_length=1,
        description=(
            "Path of the GenTL producer (.cti); 'aravis': GigE Vision through the system's libaravis; 'simulated': "
            "the station's own camera; 'replay': a recording."
        ),
    )
    serial: str = Field(default="LINE01", min_length=1, description="DeviceSerialNumber of the camera.")
    model: ModelName = Field(
        default="auto",
        description="Whose names its features have; auto: by its DeviceVendorName and DeviceModelName.",
    )
    scene: str | None = Field(
        default=None,
        description="Simulated: path of the scene file that the cell writes. Replay: folder of the recording.",
    )
    width_px: int = Field(default=5472, ge=16, le=32_768, description="SFNC Width: pixels of a line.")
    lines_per_frame: int = Field(
        default=3648, ge=1, le=65_536, description="SFNC Height: lines of a frame, rows of an area camera."
    )
    offset_x_px: int = Field(default=0, ge=0, le=32_768, description="SFNC OffsetX: where the picture begins.")
    offset_y_px: int = Field(default=0, ge=0, le=32_768, description="SFNC OffsetY: area scan only.")
    pixel_format: PixelFormatName = Field(
        default="Mono8", description="SFNC PixelFormat. The picture is inspected as 8 bits of grey in any of them."
    )
    exposure_us: float | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        description="SFNC ExposureTime in µs; null leaves it as it is.",
    )
    gain_db: float | None = Field(
        default=None, ge=-20, le=60, description="SFNC Gain, in dB on most cameras; null leaves it as it is."
    )
    line_rate_hz: float | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        description="SFNC AcquisitionLineRate: line scan without line trigger; null leaves it as it is.",
    )
    frame_rate_hz: float | None = Field(
        default=None,
        gt=0,
        le=10_000,
        description="SFNC AcquisitionFrameRate: area scan running free; null leaves it as it is.",
    )
    line_trigger: LineTriggerSettings | None = Field(
        default_factory=LineTriggerSettings,
        description="What starts a line; null for a camera without line trigger (area scan).",
    )
    frame_trigger: Literal[InputLine, "Encoder0", "Software", "Off"] | None = Field(
        default="Line1",
        description="SFNC TriggerSource of FrameStart; Off: free running, null: leave the trigger alone.",
    )
    chunks: tuple[ChunkName, ...] = Field(
        default=("EncoderValue",),
        strict=False,  # a list in the file
        description="What the camera sends along with a picture; EncoderValue tells whose picture it is.",
    )
    events: tuple[EventName, ...] = Field(
        default=(), strict=False, description="Events that the camera is to report and the station to count."
    )
    buffers: int = Field(default=8, ge=8, le=64, description="Buffers announced to the producer.")
    ring_slots: int = Field(
        default=4,
        ge=2,
        le=64,
        description="Frames that consumers may hold at once; a full ring loses frames.",
    )
    hold_limit_ms: int = Field(
        default=2_000,
        ge=10,
        le=600_000,
        description="How long a consumer may hold a frame before that is reported as a fault.",
    )
    features: dict[str, FeatureValue] = Field(
        default_factory=dict,
        description="Further features by name, set in this order after the others.",
    )

    @model_validator(mode="after")
    def _scene_belongs_to_cameras_that_are_none(self) -> Self:
        if self.scene is not None and self.producer not in (SIMULATED, REPLAY):
            raise ValueError(
                f"scene is for the simulated camera only, and for a replay; producer is {self.producer!r}: remove "
                "scene, or set producer to 'simulated' or 'replay'"
            )
        if self.producer == REPLAY and self.scene is None:
            raise ValueError("a replay needs its recording: set scene to the folder of the recording")
        return self

    @model_validator(mode="after")
    def _lines_hold_whole_groups_of_pixels(self) -> Self:
        group = _PIXELS_A_GROUP.get(self.pixel_format, 1)
        if self.width_px % group:
            raise ValueError(
                f"width_px {self.width_px} does not fit pixel_format {self.pixel_format}: write a multiple of {group}"
            )
        return self

    @property
    def scene_path(self) -> Path | None:
        """Where the simulated camera looks for its light, or the folder of the recording."""
        return None if self.scene is None else Path(self.scene)

    @property
    def is_area(self) -> bool:
        """An area camera: all of its lines are exposed at once."""
        return self.line_trigger is None

    @property
    def carries_counts(self) -> bool:
        """Its frames say what the encoder stood at."""
        return "EncoderValue" in self.chunks

    @property
    def counts_per_line(self) -> int | None:
        """Encoder counts from one line to the next; None where the encoder does not pace the lines."""
        line = self.line_trigger
        return line.encoder_divider if line is not None and line.source == "Encoder0" else None
