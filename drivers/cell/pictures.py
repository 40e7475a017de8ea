"""Brings the parts into the scenes before the run, one at a time, so that drawing is no load while parts are judged.

Blocking: `run_cell` calls it in a thread. Must not know the PLC or the order in which parts are shown.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from drivers.camera.producer.scene import NO_PICTURE, SceneError
from drivers.cell.part_pictures import PartPictures, PlacedPicture
from drivers.cell.sensor import Sensor, area_sensors, line_sensors
from drivers.cell.settings import CellSettings
from drivers.cell.source_fastener import LARGEST_HEADS_BYTES, LARGEST_SHANK_BYTES, each_drawn_fastener
from drivers.cell.source_serial import each_drawn_serial
from drivers.cell.sources import ScenePart, SourceError, each_drawn_part, folder_parts
from drivers.cell.world import Piece

Progress = Callable[[int, int], None]


class CellError(Exception):
    """The cell cannot run: one sentence that says what was expected, what was found and what to do."""


class PictureBank(Protocol):
    """Where pictures are kept for one camera; `drivers.camera.producer.scene.SceneWriter` is one."""

    def add_picture(self, pixels: NDArray[np.uint8], x: int, y: int) -> int:
        """Keep a picture (height, width) lying at column x, row y of the sensor picture; returns its index."""
        ...


def fill_banks(
    settings: CellSettings,
    sensors: Sequence[Sensor],
    banks: Sequence[PictureBank],
    *,
    progress: Progress | None,
    give_up: threading.Event,
) -> list[Piece]:
    """Draw or load every part and put its pictures into the banks of their sensors; stops when `give_up` is set.

    `progress(done, total)` is called from the thread this runs in. CellError with one sentence for what the settings,
    the folder or the disk are at fault for.
    """
    pieces: list[Piece] = []
    try:
        parts, total = scene_parts(settings, sensors)
        for part in parts:
            if give_up.is_set():
                break
            pieces.append(_put(part, sensors, banks))
            if progress is not None:
                progress(len(pieces), total)
    except (SourceError, SceneError) as error:
        raise CellError(str(error)) from error
    except OSError as error:
        raise CellError(
            f"the scene file takes no more pictures ({error.strerror}): free its disk or show fewer parts"
        ) from error
    return pieces


def check_room(settings: CellSettings, sensors: Sequence[Sensor]) -> None:
    """CellError, before anything is drawn, where the pictures of the fasteners may not fit beside the scene files.

    Other parts are at most a few MB each; should their disk run full, filling the bank says so.
    """
    if settings.product != "fastener":
        return
    for folder in dict.fromkeys(sensor.scene_path.parent for sensor in sensors):
        shanks = sum(not sensor.area for sensor in sensors if sensor.scene_path.parent == folder)
        heads = sum(sensor.area for sensor in sensors if sensor.scene_path.parent == folder)
        needed = settings.distinct_parts * (shanks * LARGEST_SHANK_BYTES + heads * LARGEST_HEADS_BYTES)
        try:
            room = os.statvfs(folder)
        except OSError:
            continue  # the scene file itself cannot be made there, and says so
        free = room.f_bavail * room.f_frsize
        if free < needed:
            raise CellError(
                f"{settings.distinct_parts} drawn fasteners take up to {needed / 1e6:.0f} MB in {folder}, where "
                f"{free / 1e6:.0f} MB are free: lower distinct_parts, or put the scene files elsewhere"
            )


def scene_parts(settings: CellSettings, sensors: Sequence[Sensor]) -> tuple[Iterable[PartPictures], int]:
    """The parts of the cell in the order of their `picture` numbers, and how many; the same settings, the same parts.

    Drawn parts come one at a time as they are asked for. SourceError for what the settings, the sensors or the folder
    are at fault.
    """
    lines, areas = line_sensors(sensors), area_sensors(sensors)
    wanted = (1, 1) if settings.product == "fastener" else (1, 0)
    if (len(lines), len(areas)) != wanted:
        raise SourceError(
            f"A {settings.product} is seen by {wanted[0]} line-scan and {wanted[1]} area cameras, found "
            f"{len(lines)} and {len(areas)}."
        )
    if settings.product == "fastener":
        fasteners = each_drawn_fastener(
            settings.seed, settings.distinct_parts, settings.defect_fraction, lines[0], areas[0]
        )
        return fasteners, settings.distinct_parts
    sensor = lines[0]
    if settings.product == "serial":
        serials = each_drawn_serial(
            settings.seed, settings.distinct_parts, settings.drawn_type, settings.wrong_parts, sensor
        )
        return serials, settings.distinct_parts
    if len(sensor.pulses) != 1:
        raise SourceError(
            f"A mantle has one picture, but camera {sensor.name} is pulsed {len(sensor.pulses)} times a part."
        )
    if settings.images is None:
        drawn = each_drawn_part(
            settings.seed, settings.distinct_parts, settings.defect_fraction, sensor.width_px, sensor.height_px
        )
        return (_alone(part, sensor) for part in drawn), settings.distinct_parts
    found = folder_parts(
        Path(settings.images),
        settings.image_set,
        settings.image_split,
        sensor.width_px,
        sensor.height_px,
        settings.parts or None,
    )
    return [_alone(part, sensor) for part in found], len(found)


def _alone(part: ScenePart, sensor: Sensor) -> PartPictures:
    """A part with one picture, or with none and a problem."""
    pictures = () if part.picture is None else (PlacedPicture(sensor.name, 0, part.picture, part.x_px, part.y_px),)
    return PartPictures(part.name, part.label, part.defective, part.problem, pictures)


def _put(part: PartPictures, sensors: Sequence[Sensor], banks: Sequence[PictureBank]) -> Piece:
    indices: list[tuple[int, ...]] = []
    for sensor, bank in zip(sensors, banks, strict=True):
        at_pulse = [NO_PICTURE] * len(sensor.pulses)
        for placed in part.pictures:
            if placed.sensor == sensor.name:
                at_pulse[placed.pulse] = bank.add_picture(placed.picture, placed.x_px, placed.y_px)
        indices.append(tuple(at_pulse))
    return Piece(tuple(indices), part.name, part.label, part.defective, part.problem)
