"""One drawn fastener: its unrolled shank and thread, its head from four sides, and which pixels of each are defective.

Pictures as in fluorescent magnetic-particle inspection: a dark body under ultraviolet light on which cracks and laps
glow. Parts of one seed and category share their surfaces: the sound one is the defective one without its defect. It
must not know cameras, files, or who looks at the pictures.
"""

from dataclasses import dataclass

import numpy as np

from drivers.cell.drawing.dice import F32, U8, Dice
from drivers.cell.drawing.fastener_places import defects_of_head, defects_of_shank, in_sight
from drivers.cell.drawing.harmless import lay_harmless
from drivers.cell.drawing.head import Head, draw_grade_marks, draw_head, draw_head_shape, draw_raking_light
from drivers.cell.drawing.indications import Indication
from drivers.cell.drawing.shank import draw_bar_light, draw_shank, draw_thread
from drivers.cell.drawing.ultraviolet import expose_dark

FASTENER_LABELS = ("defect-free", "crack", "dent", "lap", "scratch")
FASTENER_VIEWS = 4

# By category: columns of the unrolled shank, and edge of the square picture of the head.
SHANK_WIDTHS_PX = (1000, 1300, 1600, 1900)
HEAD_EDGES_PX = (1500, 1640, 1760, 1900)
SHANK_HEIGHT_PX = 2016

# What every shank and every head fits into, (height, width).
FASTENER_SHANK_MAX = (2016, 2016)
FASTENER_HEAD_MAX = (1900, 1900)

# Counts up when the same seed no longer gives the same bytes.
FASTENER_DRAWING = 1

_SHANK, _SHANK_MARKS, _SHANK_LIGHT, _SHANK_NOISE, _HEAD, _HEAD_MARKS, _HEAD_LIGHT, _HEAD_NOISE, _DEFECT = range(16, 25)


@dataclass(frozen=True, slots=True, eq=False)
class DrawnFastener:
    """`shank` uint8 (2016, width); `heads` four uint8 (edge, edge), the part turned by 0, 90, 180, 270 degrees.

    `shank_mask` and `head_masks` have the same shapes: 0 sound, k = FASTENER_LABELS[k]. Of a defective fastener at
    least one mask is not empty; a picture whose mask is empty shows no defect.
    """

    shank: U8
    shank_mask: U8
    heads: tuple[U8, ...]
    head_masks: tuple[U8, ...]
    label: str
    category: int

    def __post_init__(self) -> None:
        for picture, mask in zip((self.shank, *self.heads), (self.shank_mask, *self.head_masks), strict=True):
            if picture.shape != mask.shape:
                raise ValueError(f"picture {picture.shape} and mask {mask.shape} differ in shape")


def draw_fastener(seed: int, label: str, category: int) -> DrawnFastener:
    """Draw a fastener; the same arguments give the same bytes on every machine.

    `label` is one of FASTENER_LABELS, `category` an index into SHANK_WIDTHS_PX. A defective fastener shows one or two
    instances of its kind on the shank, on the head (in those views where the light reaches them), or on both.
    ValueError for anything else.
    """
    if label not in FASTENER_LABELS:
        raise ValueError(f"label {label!r} is unknown; the drawn fasteners are {', '.join(FASTENER_LABELS)}")
    if not 0 <= category < len(SHANK_WIDTHS_PX):
        raise ValueError(f"category {category} is unknown; there are 0..{len(SHANK_WIDTHS_PX) - 1}")
    if seed < 0:
        raise ValueError(f"seed {seed} is negative; seeds are 0 or more")
    kind = FASTENER_LABELS.index(label)
    # 0: on the shank, 1: on the head, 2: on both.
    where = Dice(seed, _DEFECT, kind).whole(0, 2)
    shank, shank_mask = _picture_shank(seed, label if where != 1 else FASTENER_LABELS[0], SHANK_WIDTHS_PX[category])
    views = _picture_heads(seed, label if where != 0 else FASTENER_LABELS[0], HEAD_EDGES_PX[category])
    heads, head_masks = tuple(view[0] for view in views), tuple(view[1] for view in views)
    return DrawnFastener(shank, shank_mask, heads, head_masks, label, category)


def _picture_shank(seed: int, label: str, width: int) -> tuple[U8, U8]:
    dice = Dice(seed, _SHANK)
    thread = draw_thread(dice, width)
    reflectance = draw_shank(dice, SHANK_HEIGHT_PX, width, thread)
    lay_harmless(Dice(seed, _SHANK_MARKS), reflectance)
    kind = FASTENER_LABELS.index(label)
    defects = defects_of_shank(Dice(seed, _DEFECT, kind, _SHANK), label, reflectance.shape, thread) if kind else []
    mask = _lay(reflectance, defects, kind)
    light = draw_bar_light(Dice(seed, _SHANK_LIGHT), SHANK_HEIGHT_PX, width)
    return expose_dark(reflectance, light, Dice(seed, _SHANK_NOISE)), mask


def _picture_heads(seed: int, label: str, edge_px: int) -> list[tuple[U8, U8]]:
    dice = Dice(seed, _HEAD)
    head = draw_head_shape(dice, edge_px)
    face = draw_head(dice, head)
    for mark in draw_grade_marks(dice, head):
        mark.press(face)
    lay_harmless(Dice(seed, _HEAD_MARKS), face)
    return [_picture_view(seed, label, head, face, quarters) for quarters in range(FASTENER_VIEWS)]


def _picture_view(seed: int, label: str, head: Head, face: F32, quarters: int) -> tuple[U8, U8]:
    kind = FASTENER_LABELS.index(label)
    # The same draws in each view: only where the light comes from differs.
    drawn = defects_of_head(Dice(seed, _DEFECT, kind, _HEAD), label, head, quarters) if kind else []
    turned = [defect.turned(quarters, head.edge_px) for defect in drawn]
    surface = np.rot90(face, quarters).copy()
    mask = _lay(surface, [defect for defect in turned if in_sight(defect, head)], kind)
    light = draw_raking_light(Dice(seed, _HEAD_LIGHT), head.edge_px)
    return expose_dark(surface, light, Dice(seed, _HEAD_NOISE, quarters)), mask


def _lay(reflectance: F32, defects: list[Indication], kind: int) -> U8:
    """Apply the defects to a surface; the mask of where they lie."""
    height, width = reflectance.shape
    mask = np.zeros((height, width), dtype=np.uint8)
    for defect in defects:
        defect.apply(reflectance)
        seen = defect.stamp.cropped(height, width)
        if seen is not None:
            h, w = seen.inside.shape
            mask[seen.top : seen.top + h, seen.left : seen.left + w][seen.inside] = kind
    return mask
