"""A lot of drawn parts: how many have which defect, in which order, and how far each lies from the middle.

The same for every product that the cell draws. It must not know what a part looks like.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from drivers.cell.drawing.dice import Dice
from drivers.cell.drawing.seeds import CELL_PARTS, cell_part_seed
from drivers.cell.source_listing import SourceError

MARGIN_PX = 16
PLACE_DICE = 1002

_JITTER_PX = 200
_ORDER_DICE = 1001


def lot_labels(seed: int, count: int, defect_fraction: float, labels: Sequence[str]) -> list[str]:
    """The labels of `count` parts (1..1024); `labels[0]` is the sound one, the defect kinds take turns.

    SourceError where an argument is out of its range.
    """
    if not 1 <= count <= CELL_PARTS:
        raise SourceError(f"The cell draws 1..{CELL_PARTS} parts, {count} were asked for.")
    if math.isnan(defect_fraction) or not 0.0 <= defect_fraction <= 1.0:
        raise SourceError(f"The fraction of defective parts is 0..1, found {defect_fraction}.")
    if seed < 0:
        raise SourceError(f"The seed of a run is 0 or more, found {seed}.")
    defective = int(count * defect_fraction + 0.5)
    dice = Dice(cell_part_seed(seed, 0), _ORDER_DICE)
    first = dice.whole(0, len(labels) - 2)
    kinds = [labels[1 + (first + turn) % (len(labels) - 1)] for turn in range(defective)]
    lot = kinds + [labels[0]] * (count - defective)
    return [lot[place] for place in dice.order(count)]


def check_sensor(width_px: int, height_px: int, largest: tuple[int, int], what: str) -> None:
    """SourceError when a picture of `largest` (height, width) has not MARGIN_PX on each side of it."""
    needed = largest[0] + 2 * MARGIN_PX, largest[1] + 2 * MARGIN_PX
    if height_px < needed[0] or width_px < needed[1]:
        raise SourceError(
            f"{what} need a sensor picture of {needed[1]}×{needed[0]} px (width×height) or more, "
            f"found {width_px}×{height_px}."
        )


def jittered(dice: Dice, free_px: int) -> int:
    """Where a picture begins that leaves `free_px` free: about the middle, MARGIN_PX or more from either side."""
    reach = min(_JITTER_PX, free_px // 2 - MARGIN_PX)
    return free_px // 2 + dice.whole(-reach, reach)
