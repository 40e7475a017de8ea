"""How sharp a picture is: one number from a sparse sample of its rows. Knows nothing of cameras or recipes.

The measure is Brenner's (J. F. Brenner et al., "An automated microscope for cytologic research", 1976): the mean
squared difference of pixels two columns apart; here over the mean level squared, so that more light is not sharper.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.crop import Box

_ROWS = 64
_STEP_PX = 2
_SCALE = 1e4


def sharpness(image: NDArray[np.uint8], box: Box | None = None) -> float:
    """Sharpness (0 and up) of a grey picture (height, width) u8, or of `box` in it; 0 where nothing is bright."""
    y, x = (0, 0) if box is None else (box.y_px, box.x_px)
    height, width = image.shape[:2] if box is None else (box.height_px, box.width_px)
    if width <= _STEP_PX or height < 1:
        return 0.0
    rows = image[y : y + height : max(1, height // _ROWS), x : x + width].astype(np.int16)
    mean = float(rows.mean())
    if mean <= 0:
        return 0.0
    steps = rows[:, _STEP_PX:] - rows[:, :-_STEP_PX]
    return float(np.square(steps.astype(np.float32)).mean()) / (mean * mean) * _SCALE
