"""What is made for a product: data set, labels, geometry, and how its network is trained. One YAML file a product.

Values only, and reading them. The shipped products lie in `products/`; a quality engineer's own one is a file anywhere.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from models.make.manifest import DataError
from models.spec import SOUND_LABEL, CropRule, Geometry, Strict

SHIPPED: Final = Path(__file__).parent / "products"

Geometric = Literal["flip", "rotation", "shear", "translation", "zoom", "centre-crop"]
Photometric = Literal["gain", "offset", "noise", "contrast", "blur", "sharpness", "erasing", "mixing"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Balance(Strict):
    """What is done against rare classes; each can be switched off alone."""

    sampling: bool = Field(default=True, description="Draw defect classes in equal parts; off: as often as they occur.")
    weighting: bool = Field(default=False, description="Weigh the loss by the inverse frequency of the drawn classes.")
    oversampling: bool = Field(
        default=False,
        description="Windows of minority classes pass through the geometric list each time they are drawn.",
    )
    geometric: tuple[Geometric, ...] = Field(
        default=("flip", "rotation", "shear", "translation", "zoom", "centre-crop"),
        description="What oversampling does to a window.",
    )


class Photometry(Strict):
    """Light and sensor: what every drawn window passes through."""

    of: tuple[Photometric, ...] = Field(default=("gain", "offset", "noise"), description="Empty: switched off.")
    gain_range: tuple[float, float] = (0.8, 1.25)
    offset_levels: float = Field(default=12.0, ge=0)
    noise_levels: float = Field(default=3.0, ge=0)


class WarmUp(Strict):
    """The first epochs on smaller windows: a quarter of the work at half the edge."""

    patch_px: int = Field(ge=8)
    share: Share = 0.6


class Training(Strict):
    """How the network learns."""

    network: str
    epochs: int = Field(ge=1)
    windows_per_epoch: int = Field(ge=1)
    batch: int = Field(ge=2)
    learning_rate: float = Field(default=2e-3, gt=0)
    sound_share: Share = Field(default=0.5, description="Share of the drawn windows that are sound.")
    flip: bool = Field(default=True, description="Mirror windows in both axes.")
    enlarging: float = Field(
        default=1.0, ge=1.0, le=4.0, description="Half of the windows are enlarged by up to this: a coarser surface."
    )
    balance: Balance = Balance()
    photometry: Photometry = Photometry()
    warm_up: WarmUp | None = None


class Product(Strict):
    """One product.

    A patch is defective from `min_mask_px` mask pixels on (at the geometry's scale); with fewer, but some, it is
    ambiguous and used neither to train nor to measure. `recall_floor` is for validation parts, per class.
    Splits always go by physical part; `judged` says what one verdict is about.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    set_name: str = Field(description="The set in manifest.csv.")
    kind: Literal["patches", "identity"] = Field(default="patches", description="identity: which part it is.")
    labels: tuple[str, ...] = Field(min_length=2)
    label_of_class: dict[str, str] = Field(description="Label of each class of the manifest.")
    mask_values: Literal["index", "binary", "polygons", "picture"] = Field(
        description="index: a pixel is its label's index; binary: bright where the picture's class is; polygons: "
        "normalised corner lists in a text file; picture: no masks, every window has the picture's label."
    )
    geometry: Geometry
    crop: CropRule
    training: Training
    min_mask_px: int = Field(default=8, ge=1)
    recall_floor: Share = 1.0
    judged: Literal["parts", "pictures"] = Field(
        default="parts",
        description="parts: all pictures of a physical part are voted together; pictures: every picture has a verdict "
        "of its own, as where only one of several exposures is taken on the line.",
    )
    crop_pictures: bool = Field(
        default=False, description="The pictures have background around the part, which the crop rule takes away."
    )
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.kind == "patches" and self.labels[0] != SOUND_LABEL:
            raise ValueError(f"labels begin with {self.labels[0]!r}, expected {SOUND_LABEL!r}")
        strange = sorted(set(self.label_of_class.values()) - set(self.labels))
        if strange:
            raise ValueError(f"label_of_class names {strange[0]!r}, which is not among the labels")
        return self

    def verdict_of(self, group: str, path: str) -> str:
        """What a picture is judged with: its physical part, or itself alone."""
        return group if self.judged == "parts" else path

    @property
    def sound_is_a_class(self) -> bool:
        """Whether the data set has pictures of the first label (some public sets show defects only)."""
        return self.labels[0] in self.label_of_class.values()


def shipped_products() -> tuple[str, ...]:
    """Names of the products that come with the station."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def load_product(name_or_path: str) -> Product:
    """A shipped product by name, or the one in a YAML file; DataError says what is wrong with it."""
    shipped = SHIPPED / f"{name_or_path}.yaml"
    path = shipped if shipped.exists() else Path(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"product {name_or_path!r}: expected one of {', '.join(shipped_products())} or a YAML file, found neither"
        ) from error
    try:
        return Product.model_validate_json(json.dumps(yaml.safe_load(text), default=str))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise DataError(f"{path}{line}: expected YAML, found something else") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise DataError(f"{path}: {key}: {first['msg']}") from error
