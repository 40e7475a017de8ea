"""What lens, light and sensor can do to a camera's picture: blur, noise, too much and too little light.

Each function takes the whole frame (height, width) u8, a strength with its unit in the name, and gives a new frame.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.crop import Box

Frame = NDArray[np.uint8]

NOISE_MIDDLE: Final = 128
NOISE_SD: Final = 30  # levels of the drawn noise that are one standard deviation: it holds four either side
NOISE_POOL: Final = 1 << 20  # drawn once a frame and repeated: a thousand rows further on nobody sees it again
TOP_LEVEL: Final = 255


def gaussian_blur(frame: Frame, sigma_px: float) -> Frame:
    """Out of focus: Gaussian of `sigma_px`."""
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma_px), np.uint8)


def motion_blur(frame: Frame, length_px: float) -> Frame:
    """Moved `length_px` along the scan (down the rows) during one exposure: a box with the fraction at its ends."""
    reach = int(np.ceil((length_px - 1.0) / 2.0))
    kernel = np.ones(2 * reach + 1, dtype=np.float32)
    if reach:
        kernel[0] = kernel[-1] = (length_px - (2 * reach - 1)) / 2.0
    out: Any = cv2.filter2D(frame, -1, (kernel / kernel.sum())[:, None], borderType=cv2.BORDER_REPLICATE)
    return np.asarray(out, np.uint8)


def sensor_noise(frame: Frame, sigma_levels: float, rng: np.random.Generator) -> Frame:
    """Normal noise of `sigma_levels` on every pixel, cut off at black and white."""
    drawn = rng.standard_normal(min(NOISE_POOL, frame.size), dtype=np.float32) * NOISE_SD + NOISE_MIDDLE
    pool = np.clip(np.rint(drawn), 0, TOP_LEVEL).astype(np.uint8)
    noise = np.resize(pool, frame.shape)
    share = sigma_levels / NOISE_SD
    return np.asarray(cv2.addWeighted(frame, 1.0, noise, share, -NOISE_MIDDLE * share), np.uint8)


def light_gain(frame: Frame, gain: float) -> Frame:
    """`gain` times the light; what passes white is saturated and lost."""
    return _looked_up(frame, np.arange(TOP_LEVEL + 1, dtype=np.float64) * np.float64(gain))


def light_gradient(frame: Frame, part: Box, percent: float) -> Frame:
    """Light that rises over the part's width from `percent` too little to `percent` too much, and saturates."""
    across = (np.arange(frame.shape[1], dtype=np.float32) - part.x_px) / max(1, part.width_px - 1)
    gain = np.float32(1.0) + np.float32(percent / 100.0) * (2.0 * np.clip(across, 0.0, 1.0) - 1.0)
    return np.clip(np.rint(frame * gain.astype(np.float32)), 0, TOP_LEVEL).astype(np.uint8)


def _looked_up(frame: Frame, levels: NDArray[np.float64]) -> Frame:
    return np.asarray(cv2.LUT(frame, np.clip(np.rint(levels), 0, TOP_LEVEL).astype(np.uint8)), np.uint8)
