"""Light, optics and sensor: the photometric list of the fastener study, laid over a batch of windows.

The study's list is noise, colour space, mixing, erasing, sharpness, brightness, contrast, blur; colour space has no
meaning for grey pictures, brightness is gain and offset. The order is the camera's: surface (mixing, erasing), lens
(blur, sharpness), light and sensor (contrast, gain, offset, noise: one saturating pass a window). Knows nothing of
networks.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.make.product import Photometry

Windows = NDArray[np.uint8]

NOISE_MIDDLE: Final = 128  # levels of the pool that mean "no noise"
NOISE_SD: Final = 32  # levels of the pool that are one standard deviation: it holds four either side
NOISE_POOL: Final = 1 << 20
NOISE_SEED: Final = 20_110_630  # of the pool alone; which part of it a window gets comes from the caller's generator

CONTRAST_RANGE: Final = (0.75, 1.5)  # casting study
BLUR_SIGMA_PX: Final = 1.0  # most; a defect of the fewest mask pixels that count still shows
SHARPNESS: Final = 1.0  # most of what the window differs from its blurred self that is added
MIXING_SHARE: Final = 0.3  # most of the partner: a defect keeps seven tenths of its contrast
ERASED_EDGE: Final = (0.05, 0.25)  # of the window's edge
SOMETIMES: Final = 0.5  # share of the windows that blur, sharpness, erasing or mixing touches
PLACES: Final = 8  # tried for a rectangle before the window is left whole


def photometric(
    windows: Windows,
    photometry: Photometry,
    rng: np.random.Generator,
    *,
    labels: NDArray[np.integer] | None = None,
    masks: NDArray[np.uint8] | None = None,
) -> Windows:
    """New windows (n, h, w) u8, each with its own light; a window's label never changes.

    `mixing` needs `labels` (n,): a window is mixed with one of its own label, so that what is trained as sound holds
    no faint defect. `erasing` needs `masks` (n, h, w; 0 sound): a rectangle covers no defect pixel, and falls on
    defective windows too, because on sound windows alone a rectangle would be learnt as a sign of soundness. A window
    whose defect is not marked needs a full mask, and is left whole. ValueError if what is needed is missing.
    """
    if windows.ndim != 3 or windows.dtype != np.uint8:
        raise ValueError(f"expected windows (n, h, w) of uint8, found {windows.shape} of {windows.dtype}")
    out = np.array(windows, order="C")
    if not out.size or not photometry.of:
        return out
    if "mixing" in photometry.of:
        if labels is None or len(labels) != len(windows):
            raise ValueError("mixing needs the windows' labels: only windows of one label are mixed")
        _mix(out, np.asarray(labels), rng)
    if "erasing" in photometry.of:
        if masks is None or masks.shape != windows.shape:
            raise ValueError("erasing needs the windows' masks: a defect must not be erased from a defective window")
        _erase(out, masks, rng)
    if "blur" in photometry.of:
        _blur(out, rng)
    if "sharpness" in photometry.of:
        _sharpen(out, rng)
    if not {"contrast", "gain", "offset", "noise"}.isdisjoint(photometry.of):
        _sense(out, photometry, rng)
    return out


def _sense(windows: Windows, photometry: Photometry, rng: np.random.Generator) -> None:
    """Contrast, gain, offset and noise: `level * alpha + noise * beta + gamma`, rounded and saturated, in one pass."""
    count, height, width = _sizes(windows)
    alpha = np.ones(count)
    beta = np.zeros(count)
    gamma = np.zeros(count)
    if "contrast" in photometry.of:
        alpha = _log_uniform(CONTRAST_RANGE, count, rng)
        gamma = np.array([float(cv2.mean(window)[0]) for window in windows]) * (1.0 - alpha)
    if "gain" in photometry.of:
        gain = _log_uniform(photometry.gain_range, count, rng)
        alpha, gamma = alpha * gain, gamma * gain
    if "offset" in photometry.of:
        gamma = gamma + _uniform(-photometry.offset_levels, photometry.offset_levels, count, rng)
    if "noise" in photometry.of:
        beta = _uniform(0.0, photometry.noise_levels, count, rng) / NOISE_SD
    pool = _noise(max(NOISE_POOL, 4 * height * width))
    starts = [int(rng.integers(pool.size - height * width + 1)) for _ in range(count)]
    for index in range(count):
        noise = pool[starts[index] : starts[index] + height * width].reshape(height, width)
        scale = float(beta[index])
        shift = float(gamma[index]) - NOISE_MIDDLE * scale
        cv2.addWeighted(windows[index], float(alpha[index]), noise, scale, shift, dst=windows[index])


def _sizes(windows: Windows) -> tuple[int, int, int]:
    return len(windows), int(windows.shape[1]), int(windows.shape[2])


def _uniform(low: float, high: float, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return low + (high - low) * rng.random(count)


def _log_uniform(limits: tuple[float, float], count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """So that half and double are equally likely: light multiplies."""
    return np.exp(_uniform(float(np.log(limits[0])), float(np.log(limits[1])), count, rng))


@cache
def _noise(size: int) -> Windows:
    """Normal noise drawn once for all windows: drawing it anew would cost more than everything else together."""
    drawn = np.random.default_rng(NOISE_SEED).standard_normal(size, dtype=np.float32)
    return np.clip(np.round(drawn * NOISE_SD + NOISE_MIDDLE), 0, 255).astype(np.uint8)


def _chosen(count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    return np.flatnonzero(rng.random(count) < SOMETIMES)


def _blur(windows: Windows, rng: np.random.Generator) -> None:
    for index in _chosen(len(windows), rng):
        windows[index] = cv2.GaussianBlur(windows[index], (0, 0), float(rng.uniform(0.3, BLUR_SIGMA_PX)))


def _sharpen(windows: Windows, rng: np.random.Generator) -> None:
    for index in _chosen(len(windows), rng):
        amount = float(rng.uniform(0.0, SHARPNESS))
        soft = cv2.GaussianBlur(windows[index], (0, 0), 1.0)
        cv2.addWeighted(windows[index], 1.0 + amount, soft, -amount, 0.0, dst=windows[index])


def _mix(windows: Windows, labels: NDArray[np.integer], rng: np.random.Generator) -> None:
    before = windows.copy()
    for index in _chosen(len(windows), rng):
        alike = np.flatnonzero(labels == labels[index])
        partner = int(alike[rng.integers(alike.size)])
        share = float(rng.uniform(0.0, MIXING_SHARE))
        cv2.addWeighted(before[index], 1.0 - share, before[partner], share, 0.0, dst=windows[index])


def _erase(windows: Windows, masks: NDArray[np.uint8], rng: np.random.Generator) -> None:
    _, height, width = _sizes(windows)
    for index in _chosen(len(windows), rng):
        for _ in range(PLACES):
            rows = max(1, int(height * float(rng.uniform(*ERASED_EDGE))))
            columns = max(1, int(width * float(rng.uniform(*ERASED_EDGE))))
            y, x = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
            place = np.s_[y : y + rows, x : x + columns]
            if not masks[index][place].any():
                windows[index][place] = int(rng.integers(256))
                break
