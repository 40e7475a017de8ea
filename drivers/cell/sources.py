"""Where the cell's parts come from: drawn before the run, or pictures of a folder.

Either way they are `ScenePart`s: a picture with its place in the sensor picture and the truth about it. A picture that
cannot be had is a part all the same, without a picture and with a sentence: the station has to reject it and the run
goes on. It must not know the scene file, the PLC, or who decides on the parts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.cell.drawing.dice import Dice
from drivers.cell.drawing.part import HEIGHT_PX, LABELS, WIDTHS_PX, draw_part
from drivers.cell.drawing.seeds import cell_part_seed
from drivers.cell.source_listing import Listed, SourceError, list_pictures
from drivers.cell.source_lot import MARGIN_PX, PLACE_DICE, check_sensor, jittered, lot_labels
from drivers.cell.source_picture import read_picture

__all__ = ["MARGIN_PX", "ScenePart", "SourceError", "drawn_parts", "each_drawn_part", "folder_parts", "largest_picture"]

MAX_PARTS = 1024
MAX_PICTURES_BYTES = 4 * 1024**3


@dataclass(frozen=True, slots=True, eq=False)
class ScenePart:
    """A part before the camera.

    `picture` uint8 (height, width), its top left corner at (`y_px`, `x_px`) of the sensor picture; None where it could
    not be had, then `problem` says why. `label` is the class in the classifier's words, `defective` the truth.
    """

    picture: NDArray[np.uint8] | None
    x_px: int
    y_px: int
    label: str
    defective: bool
    name: str
    problem: str | None = None

    def __post_init__(self) -> None:
        if (self.picture is None) == (self.problem is None):
            raise ValueError(f"{self.name}: a part has a picture or a problem, found both or neither")
        if self.picture is not None and (self.picture.ndim != 2 or self.picture.dtype != np.uint8):
            raise ValueError(f"{self.name}: expected uint8 (h, w), found {self.picture.dtype} {self.picture.shape}")


def drawn_parts(
    seed: int, count: int, defect_fraction: float, sensor_width_px: int, sensor_height_px: int
) -> list[ScenePart]:
    """Draw `count` parts (1..1024), this fraction of them defective; equal arguments give equal parts.

    Each lies wholly in the sensor picture, 16 px or more from its border. The defect kinds take turns. SourceError
    where an argument is out of its range or the sensor too small for the widest part. About 0.06 s and 3 MB a part.
    """
    return list(each_drawn_part(seed, count, defect_fraction, sensor_width_px, sensor_height_px))


def each_drawn_part(
    seed: int, count: int, defect_fraction: float, sensor_width_px: int, sensor_height_px: int
) -> Iterator[ScenePart]:
    """`drawn_parts` one by one, so that no more than one has to be in memory; the arguments are checked at once."""
    labels = lot_labels(seed, count, defect_fraction, LABELS)
    check_sensor(sensor_width_px, sensor_height_px, (HEIGHT_PX, max(WIDTHS_PX)), "Drawn parts")
    return (
        _draw(cell_part_seed(seed, index), label, sensor_width_px, sensor_height_px)
        for index, label in enumerate(labels)
    )


def folder_parts(
    folder: Path,
    set_name: str | None,
    split: str | None,
    sensor_width_px: int,
    sensor_height_px: int,
    limit: int | None = None,
) -> list[ScenePart]:
    """The pictures of a folder (`source_listing` says how they are found), each in the middle of the sensor picture.

    `limit` takes that many, evenly spread over the listing. A picture that is missing, empty, cut off, no picture, not
    the manifest's, or larger than the sensor becomes a part with a problem. SourceError where there is nothing to
    show: folder missing or empty, unknown set or split, more than 1024 parts or 4 GiB.
    """
    parts: list[ScenePart] = []
    total_bytes = 0
    for listed in _limited(folder, set_name, split, limit):
        part = _read(listed, sensor_width_px, sensor_height_px)
        total_bytes += 0 if part.picture is None else part.picture.nbytes
        if total_bytes > MAX_PICTURES_BYTES:
            raise SourceError(
                f"{folder}: the pictures take more than {MAX_PICTURES_BYTES} bytes; choose fewer of them."
            )
        parts.append(part)
    return parts


def largest_picture(folder: Path, set_name: str | None, split: str | None, limit: int | None = None) -> tuple[int, int]:
    """The greatest (height, width) in px among these pictures, to choose a sensor size by; add MARGIN_PX on each side.

    Sizes that the manifest states are believed, others read from the files. SourceError as for `folder_parts`, and
    where not one of the files is a picture.
    """
    height_px = width_px = 0
    for listed in _limited(folder, set_name, split, limit):
        height, width = listed.height_px, listed.width_px
        if not (height and width):
            picture = read_picture(listed.path, listed.name, listed.sha256).picture
            height, width = (0, 0) if picture is None else (picture.shape[0], picture.shape[1])
        height_px, width_px = max(height_px, height), max(width_px, width)
    if not height_px:
        raise SourceError(f"{folder}: not one of its files is a picture.")
    return height_px, width_px


def _draw(part_seed: int, label: str, sensor_width_px: int, sensor_height_px: int) -> ScenePart:
    place = Dice(part_seed, PLACE_DICE)
    part = draw_part(part_seed, label, place.whole(0, len(WIDTHS_PX) - 1))
    height, width = part.picture.shape
    return ScenePart(
        picture=part.picture,
        x_px=jittered(place, sensor_width_px - width),
        y_px=jittered(place, sensor_height_px - height),
        label=label,
        defective=label != LABELS[0],
        name=f"drawn-{part_seed}-{width}",
    )


def _limited(folder: Path, set_name: str | None, split: str | None, limit: int | None) -> list[Listed]:
    listed = list_pictures(folder, set_name, split)
    if limit is not None and limit < 1:
        raise SourceError(f"{folder}: at least one picture has to be shown, the limit is {limit}.")
    if limit is not None and limit < len(listed):
        listed = [listed[number * len(listed) // limit] for number in range(limit)]
    if len(listed) > MAX_PARTS:
        raise SourceError(
            f"{folder}: {len(listed)} pictures, but the cell shows at most {MAX_PARTS}; choose a split or a limit."
        )
    return listed


def _read(listed: Listed, sensor_width_px: int, sensor_height_px: int) -> ScenePart:
    reading = read_picture(listed.path, listed.name, listed.sha256)
    if reading.picture is None:
        return ScenePart(None, 0, 0, listed.label, listed.defective, listed.name, reading.problem)
    height, width = reading.picture.shape
    if height > sensor_height_px or width > sensor_width_px:
        problem = (
            f"{listed.name}: the picture is {width}×{height} px, larger than the sensor "
            f"of {sensor_width_px}×{sensor_height_px} px."
        )
        return ScenePart(None, 0, 0, listed.label, listed.defective, listed.name, problem)
    x_px, y_px = (sensor_width_px - width) // 2, (sensor_height_px - height) // 2
    return ScenePart(reading.picture, x_px, y_px, listed.label, listed.defective, listed.name)
