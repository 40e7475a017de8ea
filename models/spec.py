"""What a bundle's `model.yaml` holds: input, preprocessing, labels, thresholds, golden set, provenance.

Values only: nothing here reads a file or knows an engine.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

SOUND_LABEL = "defect-free"
FORMAT = 1

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Strict(BaseModel):
    """Frozen, no unknown keys, no silent conversion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class InputSpec(Strict):
    """How a patch enters the network: int8 = u8 XOR 0x80, which is (u8 - 128) / 64 in real numbers."""

    scale: float = Field(default=0.015625, gt=0, description="Quantisation scale of the input tensor.")
    zero_point: int = Field(default=0, ge=-128, le=127, description="Quantisation zero point of the input.")
    space_to_depth: Literal[1, 2, 4] = Field(
        default=1, description="Block edge that is folded into channels before the network sees the patch."
    )


class FixedGeometry(Strict):
    """The part is resized to one picture and cut into a grid of square patches."""

    kind: Literal["fixed"]
    height_px: int = Field(ge=8, le=8192, description="Height of the resized part.")
    width_px: int = Field(ge=8, le=8192, description="Width of the resized part.")
    patch_px: int = Field(ge=8, le=1024, description="Edge of a patch; divides height and width.")

    @model_validator(mode="after")
    def _grid_is_exact(self) -> Self:
        if self.height_px % self.patch_px or self.width_px % self.patch_px:
            raise ValueError(f"patches of {self.patch_px} px do not tile {self.height_px} x {self.width_px} px")
        return self

    @property
    def max_patches(self) -> int:
        """Patches of every part."""
        return (self.height_px // self.patch_px) * (self.width_px // self.patch_px)


class NativeGeometry(Strict):
    """Patches are cut at the camera's own scale, evenly overlapping, so that they cover the part exactly."""

    kind: Literal["native"]
    patch_px: int = Field(ge=8, le=1024, description="Edge of a patch.")
    max_patches: int = Field(default=256, ge=1, le=4096, description="A part that needs more is refused.")


Geometry = Annotated[FixedGeometry | NativeGeometry, Field(discriminator="kind")]


class CropRule(Strict):
    """How the part is told from the background, and which pictures are refused before the network."""

    background_max: int = Field(default=16, ge=0, le=254, description="Pixels above this level are part.")
    min_fraction: Fraction = Field(
        default=0.15, description="Share of samples above the background that makes a row or column part."
    )
    max_gap_px: int = Field(default=64, ge=0, description="Dark rows or columns inside a part bridged.")
    min_height_px: int = Field(default=32, ge=16, description="Smaller than this is no part.")
    min_width_px: int = Field(default=32, ge=16, description="Smaller than this is no part.")
    may_touch_border: bool = Field(
        default=False, description="True for products that may fill the picture; otherwise they are refused."
    )
    saturated_level: int = Field(default=250, ge=1, le=255, description="A pixel from here on is saturated.")
    max_saturated_fraction: Fraction = Field(default=0.3, description="More saturated than this is refused.")
    max_dark_fraction: Fraction = Field(default=0.5, description="A part with more background inside is refused.")


class Preprocessing(Strict):
    """Crop rule and patch geometry."""

    geometry: Geometry
    crop: CropRule = CropRule()


class NetworkFile(Strict):
    """The network and what identifies it."""

    file: str = Field(description="File name inside the bundle.")
    sha256: Sha256
    size_bytes: int = Field(gt=0)
    architecture: str = Field(min_length=1, description="Network family and width, for people.")

    @field_validator("file")
    @classmethod
    def _inside(cls, value: str) -> str:
        return plain_file_name(value)


class GoldenSet(Strict):
    """Patches with the scores that the network gave when the bundle was made."""

    file: str = Field(description="Grey PNG: the patches below one another, (n * patch_px, patch_px).")
    sha256: Sha256
    tolerance: float = Field(gt=0, le=0.5, description="Largest difference of a score that is accepted.")
    scores: tuple[tuple[Fraction, ...], ...] = Field(min_length=1, description="(patches, classes).")

    @field_validator("file")
    @classmethod
    def _inside(cls, value: str) -> str:
        return plain_file_name(value)


class ModelSpec(Strict):
    """The whole of `model.yaml`."""

    format: Literal[1]
    product: str = Field(min_length=1, pattern=r"^[a-z0-9][a-z0-9_-]*$")
    version: str = Field(min_length=1)
    labels: tuple[str, ...] = Field(min_length=2, description=f"Class names; the first is {SOUND_LABEL}.")
    thresholds: dict[str, Fraction] = Field(
        description="For each defect class: a patch with this score or more of it is defective."
    )
    input: InputSpec = InputSpec()
    preprocessing: Preprocessing
    network: NetworkFile
    golden: GoldenSet
    metrics: dict[str, JsonValue] = Field(description="Measured when the bundle was made, as they are.")
    provenance: dict[str, JsonValue] = Field(description="Data, seed, command, versions.")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.labels[0] != SOUND_LABEL:
            raise ValueError(f"labels begin with {self.labels[0]!r}, expected {SOUND_LABEL!r}")
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("a label is there twice")
        if set(self.thresholds) != set(self.labels[1:]):
            raise ValueError(f"thresholds are for {sorted(self.thresholds)}, expected {sorted(self.labels[1:])}")
        if any(len(row) != len(self.labels) for row in self.golden.scores):
            raise ValueError(f"golden scores do not have {len(self.labels)} classes in each row")
        if self.preprocessing.geometry.patch_px % self.input.space_to_depth:
            raise ValueError("space_to_depth does not divide patch_px")
        return self

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """Shape of the network's input, (1, height, width, channels)."""
        block = self.input.space_to_depth
        edge_px = self.preprocessing.geometry.patch_px // block
        return (1, edge_px, edge_px, block * block)

    @property
    def threshold_row(self) -> tuple[float, ...]:
        """Thresholds of `labels[1:]`, in their order."""
        return tuple(self.thresholds[label] for label in self.labels[1:])


def plain_file_name(value: str) -> str:
    """The value itself if it names a file directly inside the bundle; ValueError otherwise."""
    if not value or PurePosixPath(value).name != value or value in {".", ".."}:
        raise ValueError(f"{value!r} is not a plain file name inside the bundle")
    return value
