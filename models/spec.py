"""What a bundle's `model.yaml` holds: input, preprocessing, labels, thresholds, golden set, provenance.

Values only: nothing here reads a file or knows an engine.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

SOUND_LABEL = "defect-free"
PATCHES: Literal["patches"] = "patches"
IDENTITY: Literal["identity"] = "identity"
FORMAT = 1

VotePolicy = Literal["any-patch-over-its-threshold", "best-type-over-its-threshold"]
POLICY_OF_KIND: dict[str, VotePolicy] = {
    PATCHES: "any-patch-over-its-threshold",
    IDENTITY: "best-type-over-its-threshold",
}
"""One patch at or over the threshold of its class makes a part defective, and the highest such score names the class;
the best-scoring part type is recognised if it reaches its own."""

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
    min_mean_level: float = Field(
        default=0.0, ge=0, le=255, description="A part darker than this on average is refused: it may hide defects."
    )
    max_dark_fraction: Fraction = Field(default=0.5, description="A part with more background inside is refused.")


class Region(Strict):
    """A rectangle of the part that was found, in shares of its height and width; y from the top, x from the left."""

    y: float = Field(ge=0.0, lt=1.0, description="Top edge.")
    x: float = Field(ge=0.0, lt=1.0, description="Left edge.")
    height: float = Field(gt=0.0, le=1.0, description="Height.")
    width: float = Field(gt=0.0, le=1.0, description="Width.")

    @model_validator(mode="after")
    def _lies_inside(self) -> Self:
        if self.y + self.height > 1.0 + 1e-9 or self.x + self.width > 1.0 + 1e-9:
            raise ValueError(f"the region ends outside the part: {self!r}")
        return self


class Preprocessing(Strict):
    """Crop rule and patch geometry; `region`: only this part of the part is looked at."""

    geometry: Geometry
    crop: CropRule = CropRule()
    region: Region | None = Field(default=None, description="What of the part is looked at; empty: all of it.")


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


class FeatureMap(Strict):
    """The network's second output, the last feature map (1, height, width, channels), and the linear layer behind."""

    height: int = Field(ge=1, le=1024, description="Rows of the map.")
    width: int = Field(ge=1, le=1024, description="Columns of the map.")
    channels: int = Field(ge=1, le=8192, description="Channels of the map.")
    head_file: str = Field(description="NumPy file: weights of the linear layer, (labels, channels) f32.")
    head_sha256: Sha256

    @field_validator("head_file")
    @classmethod
    def _inside(cls, value: str) -> str:
        return plain_file_name(value)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of the second output, (1, height, width, channels)."""
        return (1, self.height, self.width, self.channels)


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
    kind: Literal["patches", "identity"] = Field(
        default=PATCHES, description="patches: finds defects, patch by patch; identity: tells which part type it is."
    )
    product: str = Field(min_length=1, pattern=r"^[a-z0-9][a-z0-9_-]*$")
    version: str = Field(min_length=1)
    labels: tuple[str, ...] = Field(
        min_length=2, description=f"patches: class names, the first is {SOUND_LABEL}; identity: the part types."
    )
    thresholds: dict[str, Fraction] = Field(
        description="patches: for each defect class, a patch with this score or more of it is defective; "
        "identity: for each part type, the least score from which it counts as recognised."
    )
    input: InputSpec = InputSpec()
    preprocessing: Preprocessing
    network: NetworkFile
    feature_map: FeatureMap | None = Field(
        default=None, description="Second output, for activation maps; empty: the network gives none."
    )
    golden: GoldenSet
    vote_policy: VotePolicy | None = Field(
        default=None, description="How scores become a verdict on the part; empty: as the kind implies."
    )
    metrics: dict[str, JsonValue] = Field(description="Measured when the bundle was made, as they are.")
    parity: dict[str, JsonValue] = Field(
        default={}, description="What quantising changed, by missed parts; empty: made without a comparison."
    )
    provenance: dict[str, JsonValue] = Field(description="Data, seed, command, versions.")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.kind == IDENTITY:
            self._names_part_types()
        elif self.labels[0] != SOUND_LABEL:
            raise ValueError(f"labels begin with {self.labels[0]!r}, expected {SOUND_LABEL!r}")
        elif self.preprocessing.region is not None:
            raise ValueError("a region is looked at by identity bundles alone: a defect outside it would pass")
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("a label is there twice")
        if set(self.thresholds) != set(self.judged_labels):
            raise ValueError(f"thresholds are for {sorted(self.thresholds)}, expected {sorted(self.judged_labels)}")
        if any(len(row) != len(self.labels) for row in self.golden.scores):
            raise ValueError(f"golden scores do not have {len(self.labels)} classes in each row")
        if self.preprocessing.geometry.patch_px % self.input.space_to_depth:
            raise ValueError("space_to_depth does not divide patch_px")
        names = [self.network.file, self.golden.file, *([self.feature_map.head_file] if self.feature_map else [])]
        if len(set(names)) != len(names) or any(name.startswith("model.yaml") for name in names):
            raise ValueError(f"every file needs a name of its own, found {', '.join(names)}")
        if self.vote_policy not in (None, POLICY_OF_KIND[self.kind]):
            raise ValueError(f"vote_policy is {self.vote_policy!r}, expected {POLICY_OF_KIND[self.kind]!r}")
        return self

    def _names_part_types(self) -> None:
        geometry = self.preprocessing.geometry
        if SOUND_LABEL in self.labels:
            raise ValueError(f"labels of an identity bundle are part types, found {SOUND_LABEL!r}")
        if geometry.kind != "fixed" or geometry.max_patches != 1:
            raise ValueError("an identity bundle looks at one patch: expected a fixed geometry of patch_px x patch_px")

    @property
    def file_digests(self) -> dict[str, str]:
        """SHA-256 of every file of the bundle but model.yaml itself and its signature, by name."""
        found = {self.network.file: self.network.sha256, self.golden.file: self.golden.sha256}
        if self.feature_map is not None:
            found[self.feature_map.head_file] = self.feature_map.head_sha256
        return found

    @property
    def judged_labels(self) -> tuple[str, ...]:
        """The labels that have a threshold: the defects, or all part types."""
        return self.labels if self.kind == IDENTITY else self.labels[1:]

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """Shape of the network's input, (1, height, width, channels)."""
        block = self.input.space_to_depth
        edge_px = self.preprocessing.geometry.patch_px // block
        return (1, edge_px, edge_px, block * block)

    @property
    def threshold_row(self) -> tuple[float, ...]:
        """Thresholds of `judged_labels`, in their order."""
        return tuple(self.thresholds[label] for label in self.judged_labels)


def plain_file_name(value: str) -> str:
    """The value itself if it names a file directly inside the bundle; ValueError otherwise."""
    if not value or PurePosixPath(value).name != value or value in {".", ".."}:
        raise ValueError(f"{value!r} is not a plain file name inside the bundle")
    return value
