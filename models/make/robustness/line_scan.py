"""What goes wrong between encoder and line-scan camera: lines that lie aside, come twice, or are missing.

Rows are the scan's lines; each function takes the whole frame (height, width) u8 and gives a new one of its size.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]

JITTER_LINES: Final = 8  # after about so many lines a row's offset has forgotten where it was
STRETCH_LINES: Final = 64  # likewise the encoder's rate
LEAST_SPACING: Final = 0.05  # lines of the part that a line of the picture advances by at least


def line_jitter(frame: Frame, sd_px: float, rng: np.random.Generator) -> Frame:
    """Rows shifted sideways by a random walk that is drawn back to 0, with a standard deviation of `sd_px`."""
    height, width = frame.shape
    offsets = wandering(height, JITTER_LINES, rng) * np.float32(sd_px)
    columns = np.arange(width, dtype=np.float32)[None, :] + offsets[:, None]
    rows = np.repeat(np.arange(height, dtype=np.float32)[:, None], width, axis=1)
    out: Any = cv2.remap(frame, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, np.uint8)


def encoder_stretch(frame: Frame, sd_percent: float, rng: np.random.Generator) -> Frame:
    """Rows repeated where the encoder counts too fast and dropped where it counts too slowly.

    The spacing of the lines wanders with a standard deviation of `sd_percent` about what it should be; first and last
    row stay, so that the part is whole.
    """
    height = frame.shape[0]
    spacing = np.maximum(1.0 + wandering(height, STRETCH_LINES, rng) * (sd_percent / 100.0), LEAST_SPACING)
    along = np.concatenate([[0.0], np.cumsum(spacing[1:])])
    rows = np.rint(along * ((height - 1) / max(along[-1], LEAST_SPACING))).astype(np.intp)
    return frame[rows]


def wandering(count: int, forgotten_after: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A stationary random walk (count,) f32 of mean 0 and standard deviation 1: AR(1), drawn back to 0."""
    keep = float(np.exp(-1.0 / forgotten_after))
    steps = rng.standard_normal(count)
    steps[1:] *= np.sqrt(1.0 - keep * keep)
    walk = np.zeros(count, dtype=np.float32)
    value = 0.0
    for index, step in enumerate(steps):
        value = value * keep + float(step)
        walk[index] = value
    return walk
