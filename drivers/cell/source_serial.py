"""The cell's third product: drawn plates with a stamped number, those of the recipe's type and a share of others.

A part of another type is a part that must not pass, whatever state it is in: its label is WRONG_PART_LABEL. One at a
time, so that no more than one has to be in memory. It must not know the scene file or the PLC.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from drivers.cell.drawing.dice import Dice
from drivers.cell.drawing.seeds import CELL_PARTS, cell_part_seed
from drivers.cell.drawing.serials import SERIAL_TYPES, draw_serial, twin_of
from drivers.cell.drawing.serials_plate import EDGE_PX
from drivers.cell.part_pictures import PartPictures, PlacedPicture
from drivers.cell.sensor import Sensor
from drivers.cell.source_labels import SOUND_LABEL, WRONG_PART_LABEL
from drivers.cell.source_listing import SourceError
from drivers.cell.source_lot import PLACE_DICE, check_sensor, jittered

_ORDER_DICE: Final = 1003


def each_drawn_serial(
    seed: int, count: int, part_type: str, wrong_parts: float, sensor: Sensor
) -> Iterator[PartPictures]:
    """Draw `count` plates (1..1024) of `part_type`, the fraction `wrong_parts` of them of other types.

    Equal arguments give equal plates. The wrong types take turns, the one that looks most alike first. SourceError, at
    once, where an argument is out of its range, the sensor too small, or pulsed more than once a part.
    """
    types = lot_types(seed, count, part_type, wrong_parts)
    check_sensor(sensor.width_px, sensor.height_px, (EDGE_PX, EDGE_PX), "Drawn plates with numbers")
    if len(sensor.pulses) != 1:
        raise SourceError(
            f"A plate with a number has one picture, but camera {sensor.name} is pulsed {len(sensor.pulses)} times a "
            f"part: give the recipe one view of it."
        )
    return (_draw(cell_part_seed(seed, index), shown, part_type, sensor) for index, shown in enumerate(types))


def lot_types(seed: int, count: int, part_type: str, wrong_parts: float) -> list[str]:
    """The type of each of `count` parts (1..1024), in the order in which they are drawn. SourceError: one sentence."""
    if not 1 <= count <= CELL_PARTS:
        raise SourceError(f"The cell draws 1..{CELL_PARTS} parts, {count} were asked for.")
    if part_type not in SERIAL_TYPES:
        raise SourceError(f"Part type {part_type!r} cannot be drawn; there are {', '.join(SERIAL_TYPES)}.")
    if math.isnan(wrong_parts) or not 0.0 <= wrong_parts <= 1.0:
        raise SourceError(f"The fraction of wrong parts is 0..1, found {wrong_parts}.")
    twin = twin_of(part_type)
    others = [twin, *(name for name in SERIAL_TYPES if name not in (part_type, twin))]
    wrong = int(count * wrong_parts + 0.5)
    lot = [others[turn % len(others)] for turn in range(wrong)] + [part_type] * (count - wrong)
    return [lot[place] for place in Dice(cell_part_seed(seed, 0), _ORDER_DICE).order(count)]


def _draw(part_seed: int, shown: str, part_type: str, sensor: Sensor) -> PartPictures:
    place = Dice(part_seed, PLACE_DICE)
    picture = draw_serial(part_seed, shown).picture
    x_px, y_px = jittered(place, sensor.width_px - EDGE_PX), jittered(place, sensor.height_px - EDGE_PX)
    wrong = shown != part_type
    return PartPictures(
        name=f"serial-{part_seed}-{shown}",
        label=WRONG_PART_LABEL if wrong else SOUND_LABEL,
        defective=wrong,
        problem=None,
        pictures=(PlacedPicture(sensor.name, 0, picture, x_px, y_px),),
    )
