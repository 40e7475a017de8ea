"""Small pictures of parts that were judged wrongly, for the report: the whole picture and its highest-scoring patch."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.make.evaluate.parts import SeenPart
from models.make.manifest import DataError, Row
from models.make.pictures import load_picture
from models.make.product import Product

WHOLE_PX: Final = 240
CLOSE_PX: Final = 192
PATCH_COLOUR: Final = (12, 65, 194)  # BGR: the report's red
MASK_COLOUR: Final = (0, 200, 255)
QUALITY: Final = 85


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """Data URIs: `whole` with the patch and the labelled defects boxed, `close` the patch alone ("" without one)."""

    whole: str
    close: str


def thumbnail(folder: Path, rows: Sequence[Row], part: SeenPart, product: Product) -> Thumbnail | None:
    """The part's picture with the highest score; None where the file cannot be drawn any more."""
    row = next((row for row in rows if row.path == part.picture), None)
    if row is None:
        return None
    try:
        picture = load_picture(folder, row, product)
    except DataError:
        return None
    edge = product.geometry.patch_px
    # outlines are drawn after scaling: they stay one pixel wide, and a defect of a few pixels stays visible
    small = _scaled(picture.pixels, WHOLE_PX)
    scale = small.shape[0] / picture.pixels.shape[0]
    drawn = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
    if picture.mask.any() and not picture.mask.all():
        for x, y, width, height in _boxes(picture.mask):
            near, far = (x * scale - 2, y * scale - 2), ((x + width) * scale + 1, (y + height) * scale + 1)
            cv2.rectangle(drawn, _pixel(near), _pixel(far), MASK_COLOUR, 1)
    close = ""
    if part.origin is not None:
        y, x = part.origin
        close = _encoded(_scaled(picture.pixels[y : y + edge, x : x + edge], CLOSE_PX))
        cv2.rectangle(
            drawn,
            _pixel((x * scale, y * scale)),
            _pixel(((x + edge) * scale - 1, (y + edge) * scale - 1)),
            PATCH_COLOUR,
            1,
        )
    return Thumbnail(_encoded(np.asarray(drawn, np.uint8)), close)


def _boxes(mask: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
    """(x, y, width, height) of each connected defect."""
    outlines, _ = cv2.findContours((mask > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found: list[tuple[int, int, int, int]] = []
    for outline in outlines:
        x, y, width, height = (int(value) for value in cv2.boundingRect(outline))
        found.append((x, y, width, height))
    return found


def _pixel(place: tuple[float, float]) -> tuple[int, int]:
    return round(place[0]), round(place[1])


def _scaled(picture: NDArray[np.uint8], longest_px: int) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    scale = longest_px / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)


def _encoded(picture: NDArray[np.uint8]) -> str:
    _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(content.tobytes()).decode("ascii")
