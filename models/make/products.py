"""What is made for each product: data set, labels, geometry, network, and how a patch gets its label.

Values only. A new product is a new entry here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from models.spec import SOUND_LABEL, CropRule, FixedGeometry, NativeGeometry


@dataclass(frozen=True, slots=True)
class Product:
    """One product's recipe for making its bundle.

    `label_of_class` maps the manifest's class column to a label. `mask_values`: "index" masks hold the
    label's index, "binary" masks are bright where the picture's own class is. A patch is defective from
    `min_mask_px` mask pixels on (at the geometry's scale); with fewer, but some, it is ambiguous and used
    neither to train nor to measure. `sound_share` of the training windows are sound. `recall_floor` is for
    validation parts, per class. `crop_pictures`: the set's pictures have background around the part, which the
    crop rule takes away before the resize, as it does in the station.
    """

    name: str
    set_name: str
    labels: tuple[str, ...]
    label_of_class: Mapping[str, str]
    mask_values: Literal["index", "binary"]
    geometry: FixedGeometry | NativeGeometry
    crop: CropRule
    network: str
    min_mask_px: int
    epochs: int
    windows_per_epoch: int
    batch: int
    learning_rate: float
    sound_share: float
    recall_floor: float
    flip: bool = True
    gain_range: tuple[float, float] = (0.8, 1.25)
    offset_levels: float = 12.0
    noise_levels: float = 3.0
    crop_pictures: bool = False
    notes: tuple[str, ...] = field(default=())


MANTLE_LABELS: Final = (SOUND_LABEL, "imprinted", "pits", "roll-marks", "scratches")
FASTENER_LABELS: Final = (SOUND_LABEL, "crack", "dent", "lap", "scratch")

# Under ultraviolet light a body has some 15 to 40 levels and the background 6 at most.
DARK_CROP: Final = CropRule(background_max=9, min_fraction=0.05, min_height_px=768, min_width_px=768)
DARK_OFFSET_LEVELS: Final = 3.0
DARK_NOISE_LEVELS: Final = 1.0

PRODUCTS: Final[dict[str, Product]] = {
    "mantle": Product(
        name="mantle",
        set_name="drawn_mantle",
        labels=MANTLE_LABELS,
        label_of_class={label: label for label in MANTLE_LABELS},
        mask_values="index",
        geometry=FixedGeometry(kind="fixed", height_px=2048, width_px=512, patch_px=256),
        crop=CropRule(background_max=20, min_height_px=512, min_width_px=256),
        network="rn18-050-s2d4",
        min_mask_px=8,
        epochs=12,
        windows_per_epoch=4096,
        batch=64,
        learning_rate=2e-3,
        sound_share=0.5,
        recall_floor=1.0,
    ),
    "fastener-shank": Product(
        name="fastener-shank",
        set_name="drawn_fastener_shank",
        labels=FASTENER_LABELS,
        label_of_class={label: label for label in FASTENER_LABELS},
        mask_values="index",
        geometry=FixedGeometry(kind="fixed", height_px=1024, width_px=512, patch_px=256),
        crop=DARK_CROP,
        network="rn18-025-s2d4",
        min_mask_px=8,
        epochs=12,
        windows_per_epoch=4096,
        batch=64,
        learning_rate=2e-3,
        sound_share=0.5,
        recall_floor=1.0,
        offset_levels=DARK_OFFSET_LEVELS,
        noise_levels=DARK_NOISE_LEVELS,
        crop_pictures=True,
        notes=("A shank without a defect of its own is sound even where the fastener's head has one.",),
    ),
    "fastener-head": Product(
        name="fastener-head",
        set_name="drawn_fastener_head",
        labels=FASTENER_LABELS,
        label_of_class={label: label for label in FASTENER_LABELS},
        mask_values="index",
        geometry=FixedGeometry(kind="fixed", height_px=512, width_px=512, patch_px=256),
        crop=DARK_CROP,
        network="rn18-037-s2d4",
        min_mask_px=8,
        epochs=20,
        windows_per_epoch=4096,
        batch=64,
        learning_rate=2e-3,
        sound_share=0.5,
        recall_floor=1.0,
        offset_levels=DARK_OFFSET_LEVELS,
        noise_levels=DARK_NOISE_LEVELS,
        crop_pictures=True,
        notes=("A view in which the defect is not in sight is sound: the part is judged by all its views.",),
    ),
    "tile": Product(
        name="tile",
        set_name="magnetic_tile",
        labels=(SOUND_LABEL, "blowhole", "break", "crack", "fray", "uneven"),
        label_of_class={
            "Free": SOUND_LABEL,
            "Blowhole": "blowhole",
            "Break": "break",
            "Crack": "crack",
            "Fray": "fray",
            "Uneven": "uneven",
        },
        mask_values="binary",
        geometry=NativeGeometry(kind="native", patch_px=64, max_patches=128),
        crop=CropRule(
            background_max=9,
            min_fraction=0.1,
            min_height_px=64,
            min_width_px=64,
            may_touch_border=True,
        ),
        network="rn18-025-s2d2-fine",
        min_mask_px=20,
        epochs=24,
        windows_per_epoch=6144,
        batch=128,
        learning_rate=2e-3,
        sound_share=0.7,
        recall_floor=0.9,
        gain_range=(0.75, 1.35),
        notes=("Data for experiments and acceptance only: the bundle is not shipped.",),
    ),
    "rail": Product(
        name="rail",
        set_name="rsdds",
        labels=(SOUND_LABEL, "defect"),
        label_of_class={"Type_I": "defect", "Type_II": "defect"},
        mask_values="binary",
        geometry=NativeGeometry(kind="native", patch_px=48, max_patches=160),
        crop=CropRule(
            background_max=9,
            min_fraction=0.05,
            min_height_px=64,
            min_width_px=48,
            may_touch_border=True,
            max_saturated_fraction=0.7,
        ),
        network="rn18-025-s2d2-fine",
        min_mask_px=20,
        epochs=20,
        windows_per_epoch=6144,
        batch=128,
        learning_rate=2e-3,
        sound_share=0.6,
        recall_floor=0.95,
        notes=(
            "Every strip of the set is defective: overkill is measured on patches, not on parts.",
            "Data for experiments and acceptance only: the bundle is not shipped.",
        ),
    ),
}
