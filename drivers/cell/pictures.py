"""Brings the parts into the scene before the run, one at a time, so that drawing is no load while parts are judged.

Blocking: `run_cell` calls it in a thread. Must not know the PLC or the order in which parts are shown.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from drivers.camera.producer.scene import NO_PICTURE, SceneError
from drivers.cell.settings import CellSettings
from drivers.cell.sources import ScenePart, SourceError, each_drawn_part, folder_parts
from drivers.cell.world import Piece

Progress = Callable[[int, int], None]


class CellError(Exception):
    """The cell cannot run: one sentence that says what was expected, what was found and what to do."""


class PictureBank(Protocol):
    """Where pictures are kept for the camera; `drivers.camera.producer.scene.SceneWriter` is one."""

    def add_picture(self, pixels: NDArray[np.uint8], x: int, y: int) -> int:
        """Keep a picture (height, width) lying at column x, row y of the sensor picture; returns its index."""
        ...


def fill_bank(
    settings: CellSettings,
    sensor_width_px: int,
    sensor_height_px: int,
    bank: PictureBank,
    *,
    progress: Progress | None,
    give_up: threading.Event,
) -> list[Piece]:
    """Draw or load every part and put it into the bank; stops early when `give_up` is set.

    `progress(done, total)` is called from the thread this runs in. CellError with one sentence for what the settings,
    the folder or the disk are at fault for.
    """
    try:
        parts, total = scene_parts(settings, sensor_width_px, sensor_height_px)
        pieces: list[Piece] = []
        for part in parts:
            if give_up.is_set():
                break
            index = NO_PICTURE if part.picture is None else bank.add_picture(part.picture, part.x_px, part.y_px)
            pieces.append(Piece(index, part.name, part.label, part.defective, part.problem))
            if progress is not None:
                progress(len(pieces), total)
    except (SourceError, SceneError) as error:
        raise CellError(str(error)) from error
    except OSError as error:
        raise CellError(
            f"the scene file takes no more pictures ({error.strerror}): free its disk or show fewer parts"
        ) from error
    return pieces


def scene_parts(settings: CellSettings, sensor_width_px: int, sensor_height_px: int) -> tuple[Iterable[ScenePart], int]:
    """The parts of the cell in the order of their `picture` numbers, and how many; the same settings, the same parts.

    Drawn parts come one at a time as they are asked for. SourceError for what the settings or the folder are at fault.
    """
    if settings.images is None:
        drawn = each_drawn_part(
            settings.seed, settings.distinct_parts, settings.defect_fraction, sensor_width_px, sensor_height_px
        )
        return drawn, settings.distinct_parts
    found = folder_parts(
        Path(settings.images),
        settings.image_set,
        settings.image_split,
        sensor_width_px,
        sensor_height_px,
        settings.parts or None,
    )
    return found, len(found)
