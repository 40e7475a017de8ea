"""Where defects may lie on a part: inside its margins, clear of each other, within their share of the area.

Pure. It must not know what a defect looks like.
"""

from dataclasses import dataclass, field

import numpy as np

from drivers.cell.drawing.stamp import Stamp

RESIZED_HEIGHT_PX = 2048
RESIZED_WIDTH_PX = 512


@dataclass(frozen=True, slots=True)
class Box:
    """Rows top..bottom-1 and columns left..right-1."""

    top: int
    left: int
    bottom: int
    right: int

    def clear_of(self, other: "Box", gap_px: int) -> bool:
        """At least so many rows or columns lie between the two."""
        rows_apart = self.bottom + gap_px <= other.top or other.bottom + gap_px <= self.top
        columns_apart = self.right + gap_px <= other.left or other.right + gap_px <= self.left
        return rows_apart or columns_apart


@dataclass(slots=True)
class Room:
    """A part of (height_px, width_px) on which `budget_px` pixels may still become defective."""

    height_px: int
    width_px: int
    budget_px: float
    taken: list[Box] = field(default_factory=list[Box])

    @property
    def finest_px(self) -> float:
        """Native pixels that become one, on the axis that shrinks more, when a part is resized to 2048 × 512."""
        return max(self.height_px / RESIZED_HEIGHT_PX, self.width_px / RESIZED_WIDTH_PX)

    @property
    def margin_px(self) -> int:
        """How far a defect keeps from the part's border and from the next defect."""
        return int(6.0 * self.finest_px)

    def holds(self, box: Box, area_px: float) -> bool:
        """There is room for this; where there is none, there is none for anything around it or larger."""
        gap = self.margin_px
        inside = min(box.top, box.left) >= gap
        inside = inside and box.bottom <= self.height_px - gap and box.right <= self.width_px - gap
        return inside and area_px <= self.budget_px and all(box.clear_of(other, gap) for other in self.taken)

    def take(self, box: Box, area_px: float) -> None:
        """A defect lies here from now on."""
        self.taken.append(box)
        self.budget_px -= area_px


def box_of(marks: list[Stamp]) -> Box:
    """What an expert would paint of at least one mark that has pixels inside."""
    outlines = [box for box in (_outline(mark) for mark in marks) if box is not None]
    return Box(
        min(box.top for box in outlines),
        min(box.left for box in outlines),
        max(box.bottom for box in outlines),
        max(box.right for box in outlines),
    )


def _outline(mark: Stamp) -> Box | None:
    rows = np.flatnonzero(mark.inside.any(axis=1))
    columns = np.flatnonzero(mark.inside.any(axis=0))
    if not len(rows):
        return None
    return Box(
        mark.top + int(rows[0]),
        mark.left + int(columns[0]),
        mark.top + int(rows[-1]) + 1,
        mark.left + int(columns[-1]) + 1,
    )
