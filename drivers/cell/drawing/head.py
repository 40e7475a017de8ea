"""The sound head of a fastener, seen from above: hexagonal with grade marks, or round with a socket.

The picture is square, the head touches its edges or nearly so; around it there is nothing. The light rakes over the
head from the picture's upper edge while the part turns beneath it. It must not know of defects.
"""

from dataclasses import dataclass

import numpy as np

from drivers.cell.drawing.dice import F32, F64, Dice, cosine, sine, smooth
from drivers.cell.drawing.stamp import Stamp, trace
from drivers.cell.drawing.ultraviolet import DARKEST_BODY, Ultraviolet

_STRIPE_ROWS = 64
_HEXAGON = ((1.0, 0.0), (cosine(1 / 6), sine(1 / 6)), (cosine(1 / 3), sine(1 / 3)))


@dataclass(frozen=True, slots=True)
class Head:
    """A head on a picture of (edge_px, edge_px); defects lie between the radii `inner_px` and `outer_px`."""

    edge_px: int
    hexagonal: bool
    radius_px: float
    inner_px: float
    outer_px: float

    @property
    def middle_px(self) -> float:
        """Row and column of the axis."""
        return (self.edge_px - 1) / 2.0


def draw_head_shape(dice: Dice, edge_px: int) -> Head:
    """A hexagon of which two corners touch the picture's edges, or a circle that touches all four."""
    radius_px = edge_px / 2.0 - 1.0
    if dice.chance(0.6):
        return Head(edge_px, True, radius_px, 0.0, 0.80 * radius_px)
    return Head(edge_px, False, radius_px, radius_px * dice.real(0.40, 0.50), 0.90 * radius_px)


def draw_head(dice: Dice, head: Head) -> F32:
    """Reflectance, float32 (edge, edge): around 1.0 on the head's face, 0.0 beside the head."""
    edge = head.edge_px
    rings = _rings(dice, head)
    lumps = dice.clouds(edge, edge, 72)
    amount = np.float32(dice.real(0.04, 0.10))
    out = np.empty((edge, edge), dtype=np.float32)
    x = (np.arange(edge, dtype=np.float32) - np.float32(head.middle_px))[None, :]
    for top in range(0, edge, _STRIPE_ROWS):
        y = (np.arange(top, min(top + _STRIPE_ROWS, edge), dtype=np.float32) - np.float32(head.middle_px))[:, None]
        stripe = out[top : top + _STRIPE_ROWS]
        radius = np.sqrt(x * x + y * y)
        np.multiply(lumps[top : top + _STRIPE_ROWS], amount, out=stripe)
        stripe += rings[radius.astype(np.int32)]
        np.maximum(stripe, np.float32(DARKEST_BODY), out=stripe)
        stripe *= _outline(head, y, x, radius)
    return out


def draw_grade_marks(dice: Dice, head: Head) -> list[Stamp]:
    """Raised radial strokes that name a hexagonal head's strength; none on a round one."""
    if not head.hexagonal:
        return []
    count, first = dice.whole(0, 2) * 3, dice.real(0.0, 1.0)
    near, far = head.radius_px * dice.real(0.38, 0.44), head.radius_px * dice.real(0.55, 0.62)
    half_px = head.radius_px * 0.018
    marks: list[Stamp] = []
    for number in range(count):
        down, right = cosine(first + number / count), sine(first + number / count)
        ends: F64 = np.array([[near * down, near * right], [far * down, far * right]]) + head.middle_px
        beside = trace(ends, 2.2 * half_px)
        offset = beside.offset_px * np.float32(1.0 / half_px)
        body = smooth(np.float32(1.5) - np.abs(offset)) * np.float32(0.22)
        flank = smooth(np.float32(1.0) - np.abs(np.abs(offset) - np.float32(1.4)) * 2.0) * np.float32(-0.12)
        marks.append(
            Stamp(beside.top, beside.left, (body + flank).astype(np.float32), np.zeros(body.shape, dtype=np.bool_))
        )
    return marks


def draw_raking_light(dice: Dice, edge_px: int) -> Ultraviolet:
    """Bright at the upper edge, dim at the lower."""
    y = np.arange(edge_px, dtype=np.float64) / edge_px
    x = np.arange(edge_px, dtype=np.float64) / edge_px - dice.real(0.42, 0.58)
    down = (1.15 - dice.real(0.30, 0.45) * y) * dice.real(23.0, 31.0)
    across = 1.0 - dice.real(0.1, 0.4) * x * x
    return Ultraviolet(down.astype(np.float32), across.astype(np.float32))


def _rings(dice: Dice, head: Head) -> F32:
    """Reflectance by radius in whole pixels: turning marks, chamfer, and the socket of a round head."""
    count = int(head.radius_px * 1.5) + 2
    r: F64 = np.arange(count, dtype=np.float64) / head.radius_px
    table = np.float32(1.0) + dice.grain(1, count, 1, 2)[0] * np.float32(dice.real(0.02, 0.05))
    table += dice.grain(1, count, 1, 19)[0] * np.float32(0.03)
    table += smooth(1.0 - np.abs(r - 0.83) / 0.03) * np.float32(dice.real(0.05, 0.22))
    table -= smooth((r - 0.84) / 0.12) * np.float32(dice.real(0.12, 0.28))
    if not head.hexagonal:
        socket = head.inner_px / head.radius_px - 0.06
        table -= smooth((socket - r) / 0.02) * np.float32(dice.real(0.25, 0.38))
        table += smooth(1.0 - np.abs(r - socket) / 0.025) * np.float32(dice.real(0.1, 0.5))
    return table.astype(np.float32)


def _outline(head: Head, y: F32, x: F32, radius: F32) -> F32:
    """1.0 on the head, 0.0 beside it, one pixel of passage."""
    within = np.float32(head.radius_px) - radius
    if head.hexagonal:
        flat = np.float32(head.radius_px * cosine(1 / 12))
        for down, right in _HEXAGON:
            within = np.minimum(within, flat - np.abs(y * np.float32(down) + x * np.float32(right)))
    return np.clip(within, np.float32(0.0), np.float32(1.0))
