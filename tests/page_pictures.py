"""Pictures of parts that never were: grey ground metal with a defect, the patches over it and an activation map.

The same number gives the same picture.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT_PX, WIDTH_PX, PATCH_PX = 512, 2048, 256
SOUND = "defect-free"


@lru_cache(maxsize=32)
def part_picture(seed: int, label: str) -> NDArray[np.uint8]:
    """(HEIGHT_PX, WIDTH_PX) u8: brushed metal, and the defect that the label names."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(0, 9, (HEIGHT_PX, 1)) + rng.normal(0, 5, (HEIGHT_PX, WIDTH_PX // 8)).repeat(8, axis=1)
    light = 40 * np.sin(np.linspace(0.3, 2.8, HEIGHT_PX))[:, None]
    picture = np.clip(112 + rows + light, 0, 255).astype(np.uint8)
    if label == SOUND:
        return picture
    y, x = place_of(seed)
    if label == "scratches":
        for _ in range(4):
            end = (x + int(rng.integers(60, 190)), y + int(rng.integers(-50, 50)))
            cv2.line(picture, (x, y), end, int(rng.integers(190, 240)), 3, cv2.LINE_AA)
    elif label == "pits":
        for _ in range(14):
            spot = (x + int(rng.integers(-60, 60)), y + int(rng.integers(-60, 60)))
            cv2.circle(picture, spot, int(rng.integers(3, 10)), 30, -1, cv2.LINE_AA)
    else:
        cv2.ellipse(picture, (x, y), (70, 34), 20, 0, 360, 45, 9, cv2.LINE_AA)
    return picture


def place_of(seed: int) -> tuple[int, int]:
    """(y, x) of the defect, well within one patch."""
    row, column = seed % 2, (seed // 2) % 8
    return row * PATCH_PX + 128, column * PATCH_PX + 110


def patches_of(seed: int, label: str, score: float) -> list[dict[str, Any]]:
    """Patch by patch what a network might say, as a record tells it."""
    y, x = place_of(seed)
    found: list[dict[str, Any]] = []
    for row in range(HEIGHT_PX // PATCH_PX):
        for column in range(WIDTH_PX // PATCH_PX):
            hit = label != SOUND and (row, column) == (y // PATCH_PX, x // PATCH_PX)
            found.append(
                {
                    "y_px": row * PATCH_PX,
                    "x_px": column * PATCH_PX,
                    "class_index": 1 if hit else 0,
                    "label": label if hit else SOUND,
                    "score": score if hit else round(0.99 - ((seed * 7 + row * 3 + column) % 9) / 100, 3),
                }
            )
    return found


def patch_index_of(seed: int) -> int:
    """The patch in which the defect lies."""
    y, x = place_of(seed)
    return (y // PATCH_PX) * (WIDTH_PX // PATCH_PX) + x // PATCH_PX


def jpeg(picture: NDArray[np.uint8], scale: float = 1.0) -> bytes:
    """The picture as JPEG, smaller where asked."""
    if scale != 1.0:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()


@lru_cache(maxsize=32)
def map_png(seed: int, label: str) -> bytes:
    """RGBA at half the picture's size: transparent but where the defect is."""
    rgba = np.zeros((HEIGHT_PX // 2, WIDTH_PX // 2, 4), dtype=np.uint8)
    if label != SOUND:
        y, x = place_of(seed)
        rows, columns = np.mgrid[0 : HEIGHT_PX // 2, 0 : WIDTH_PX // 2]
        heat = np.exp(-(((rows - y / 2) / 26) ** 2 + ((columns - x / 2 - 20) / 40) ** 2))
        rgba[..., 2], rgba[..., 1] = 255, (160 * (1 - heat)).astype(np.uint8)
        rgba[..., 3] = (150 * heat).astype(np.uint8)
    return cv2.imencode(".png", rgba)[1].tobytes()


def focus_jpeg(step: int) -> bytes:
    """A camera's view while somebody turns its lens: sharpest at every fortieth step."""
    blur = abs((step % 40) - 20) / 5
    picture = part_picture(3, "scratches")[:, :1024]
    return jpeg(picture if blur < 0.3 else cv2.GaussianBlur(picture, (0, 0), blur).astype(np.uint8))
