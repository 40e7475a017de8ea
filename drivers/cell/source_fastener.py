"""The cell's second product: drawn fasteners, the shank for a line-scan camera and the head for an area camera.

One at a time, so that no more than one has to be in memory. It must not know the scene file or the PLC.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from drivers.cell.drawing.dice import Dice
from drivers.cell.drawing.fastener import (
    FASTENER_HEAD_MAX,
    FASTENER_LABELS,
    FASTENER_SHANK_MAX,
    FASTENER_VIEWS,
    SHANK_WIDTHS_PX,
    draw_fastener,
)
from drivers.cell.drawing.seeds import cell_part_seed
from drivers.cell.part_pictures import PartPictures, PlacedPicture
from drivers.cell.sensor import Sensor
from drivers.cell.source_listing import SourceError
from drivers.cell.source_lot import PLACE_DICE, check_sensor, jittered, lot_labels

LARGEST_SHANK_BYTES = FASTENER_SHANK_MAX[0] * FASTENER_SHANK_MAX[1]
LARGEST_HEADS_BYTES = FASTENER_VIEWS * FASTENER_HEAD_MAX[0] * FASTENER_HEAD_MAX[1]


def each_drawn_fastener(
    seed: int, count: int, defect_fraction: float, shank: Sensor, head: Sensor
) -> Iterator[PartPictures]:
    """Draw `count` fasteners (1..1024), this fraction of them defective; equal arguments give equal fasteners.

    Each picture lies wholly in its sensor's, 16 px or more from the border. SourceError, at once, where an argument is
    out of its range, a sensor too small, or the head's camera not pulsed four times.
    """
    labels = lot_labels(seed, count, defect_fraction, FASTENER_LABELS)
    check_sensor(shank.width_px, shank.height_px, FASTENER_SHANK_MAX, "The shanks of drawn fasteners")
    check_sensor(head.width_px, head.height_px, FASTENER_HEAD_MAX, "The heads of drawn fasteners")
    for sensor, views in ((shank, 1), (head, FASTENER_VIEWS)):
        if len(sensor.pulses) != views:
            raise SourceError(
                f"A drawn fastener has {views} picture(s) for camera {sensor.name}, which is pulsed "
                f"{len(sensor.pulses)} time(s) a part: give the recipe {views} view(s) of it."
            )
    return (_draw(cell_part_seed(seed, index), label, shank, head) for index, label in enumerate(labels))


def _draw(part_seed: int, label: str, shank: Sensor, head: Sensor) -> PartPictures:
    place = Dice(part_seed, PLACE_DICE)
    drawn = draw_fastener(part_seed, label, place.whole(0, len(SHANK_WIDTHS_PX) - 1))
    return PartPictures(
        name=f"fastener-{part_seed}-{drawn.shank.shape[1]}",
        label=label,
        defective=label != FASTENER_LABELS[0],
        problem=None,
        pictures=(
            _placed(shank, 0, drawn.shank, place),
            *(_placed(head, pulse, picture, place) for pulse, picture in enumerate(drawn.heads)),
        ),
    )


def _placed(sensor: Sensor, pulse: int, picture: NDArray[np.uint8], place: Dice) -> PlacedPicture:
    height, width = picture.shape
    x_px, y_px = jittered(place, sensor.width_px - width), jittered(place, sensor.height_px - height)
    return PlacedPicture(sensor.name, pulse, picture, x_px, y_px)
