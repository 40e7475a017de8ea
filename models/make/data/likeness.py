"""How alike two pictures are, whatever the light, the turn, the mirror, a small shift, rotation or zoom between them.

Both pictures are squeezed to a square and their local contrast is evened out. One is laid over the other (enhanced
correlation coefficient, Evangelidis and Psarakis 2008) and the two are compared by band-limited phase-only correlation
(Ito et al. 2004): every spatial frequency counts alike, so that rails, rings or a frame which all parts of a product
share weigh little, and the grain that only copies share weighs much. Knows nothing of manifests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FINE_PX: Final = 192
COARSE_PX: Final = 96
CONTRAST_SHARE: Final = 0.05  # local contrast: standard deviation of the high-pass, as a share of the edge
BAND: Final = {COARSE_PX: (2.0, 27.0), FINE_PX: (6.0, 50.0)}  # cycles a picture
LEAST_OVERLAP: Final = 0.3
LEAST_CORRELATION: Final = 0.4  # of the blurred pictures; copies reach 0.7
WORTH_A_LOOK: Final = 0.25  # coarse score from which the fine one is taken; unlike pictures stay below
ROTATIONS_AND_ZOOMS: Final = ((0.0, 1.0), (-6.0, 1.0), (6.0, 1.0), (0.0, 0.93), (0.0, 1.08))
STRIP: Final = 0.4  # of two sides; the narrower the strip, the smaller the rotations that keep it in the picture
SHIFTS: Final = (-0.05, 0.0, 0.05)  # shares of the edge
TURNS: Final = 8


@dataclass(frozen=True, slots=True)
class Small:
    """A picture squeezed to (FINE_PX, FINE_PX) u8, and its native width / height."""

    pixels: NDArray[np.uint8]
    aspect: float


@dataclass(frozen=True, slots=True)
class Placement:
    """How one picture is laid over another: rotated, zoomed and shifted, then turned by quarters and mirrored (0..7).

    The rotation is that of a picture which is no strip.
    """

    turn: int
    rotation_deg: float
    zoom: float
    shift_x: float
    shift_y: float


PLACEMENTS: Final[tuple[Placement, ...]] = tuple(
    Placement(turn, rotation, zoom, x, y)
    for rotation, zoom in ROTATIONS_AND_ZOOMS
    for x in SHIFTS
    for y in SHIFTS
    for turn in range(TURNS)
)


def small(grey: NDArray[np.uint8]) -> Small:
    """Squeeze a picture (height, width) u8."""
    height, width = grey.shape
    shrinks = height >= FINE_PX and width >= FINE_PX
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return Small(np.asarray(cv2.resize(grey, (FINE_PX, FINE_PX), interpolation=how), np.uint8), width / height)


def evened(picture: Small, edge_px: int) -> Floats:
    """Without its light: high-pass over local contrast, (edge_px, edge_px) f32."""
    pixels = cv2.resize(picture.pixels, (edge_px, edge_px), interpolation=cv2.INTER_AREA).astype(np.float32)
    sigma = CONTRAST_SHARE * edge_px
    high = pixels - blurred(pixels, sigma)
    contrast = np.sqrt(blurred(np.asarray(high * high, np.float32), 1.5 * sigma))
    return np.asarray(high / (contrast + 1.0 + 0.02 * float(pixels.mean())), np.float32)


def blurred(pixels: Floats, sigma: float) -> Floats:
    """Gaussian blur with mirrored borders."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)


def turned(pixels: Floats, turn: int) -> Floats:
    """One of the eight turns of the last two axes: quarters, and mirrored from 4 on."""
    out = np.rot90(pixels, turn % 4, (-2, -1))
    return out[..., ::-1] if turn >= 4 else out


def moved(pixels: Floats, aspect: float, placement: Placement) -> Floats:
    """Rotated about the middle as the native picture would be, and shifted; nothing outside."""
    edge = pixels.shape[0]
    angle = np.deg2rad(placement.rotation_deg) * min(1.0, aspect / STRIP, 1 / aspect / STRIP)
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    # in squeezed coordinates
    turn = placement.zoom * np.array([[cosine, -sine / aspect], [sine * aspect, cosine]])
    middle = np.full(2, (edge - 1) / 2)
    offset = middle + edge * np.array([placement.shift_x, placement.shift_y]) - turn @ middle
    matrix = np.column_stack([turn, offset]).astype(np.float32)
    return np.asarray(cv2.warpAffine(pixels, matrix, (edge, edge), flags=cv2.INTER_LINEAR), np.float32)


def likeness(one: Small, other: Small, placement: Placement) -> float:
    """0 (nothing in common) to 1 (the same picture), with `other` laid over `one` about as `placement` says."""
    coarse = _score(one, other, placement, COARSE_PX)
    if coarse < WORTH_A_LOOK:
        return coarse
    return min(coarse, _score(one, other, placement, FINE_PX))


def _score(one: Small, other: Small, placement: Placement, edge_px: int) -> float:
    fixed = evened(one, edge_px)
    laid = np.ascontiguousarray(turned(moved(evened(other, edge_px), other.aspect, placement), placement.turn))
    over = _lay_over(fixed, laid)
    return 0.0 if over is None else _phase_correlation(fixed, *over)


def _lay_over(fixed: Floats, laid: Floats) -> tuple[Floats, NDArray[np.bool_]] | None:
    """`laid` refined to lie over `fixed` by an affine map, and where it does; None where the two do not fit."""
    edge = fixed.shape[0]
    matrix: Any = np.eye(2, 3, dtype=np.float32)
    try:
        for sigma, rounds in ((edge / 48, 25), (edge / 128, 15)):
            stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, rounds, 1e-3)
            smooth = (blurred(fixed, sigma), blurred(laid, sigma))
            find: Any = cv2.findTransformECC  # its stub knows no call without a mask
            correlation, matrix = find(*smooth, matrix, cv2.MOTION_AFFINE, stop, None, 1)
            if correlation < LEAST_CORRELATION:
                return None
    except cv2.error:  # it did not converge: nothing in common, or nothing to see
        return None
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    over = np.asarray(cv2.warpAffine(laid, matrix, (edge, edge), flags=flags), np.float32)
    covered = np.asarray(cv2.warpAffine(np.ones_like(laid), matrix, (edge, edge), flags=flags), np.float32)
    inside = covered > 0.99
    return (over, inside) if float(inside.mean()) >= LEAST_OVERLAP else None


def _phase_correlation(one: Floats, other: Floats, inside: NDArray[np.bool_]) -> float:
    """Height of the peak within a pixel of no shift, in the edge's band; 1 for the same picture."""
    edge = one.shape[0]
    hann = np.hanning(edge + 2)[1:-1]
    window = np.sqrt(np.outer(hann, hann)) * blurred(inside.astype(np.float32), edge / 64) * inside
    spectra = [np.fft.rfft2((pixels - pixels[inside].mean()) * window) for pixels in (one, other)]
    cross = spectra[0] * np.conj(spectra[1])
    cycles: NDArray[np.intp] = np.arange(edge, dtype=np.intp)  # a picture
    columns, rows = cycles[None, : edge // 2 + 1], ((cycles + edge // 2) % edge - edge // 2)[:, None]
    radius = np.hypot(rows, columns)
    low, high = BAND[edge]
    band = (radius > low) & (radius < high)
    weights = band * np.where(columns == 0, 1.0, 2.0)
    peak = np.fft.irfft2(np.where(band, cross / (np.abs(cross) + 1e-9), 0), (edge, edge)) * edge * edge / weights.sum()
    return float(np.clip(peak[np.ix_((0, 1, -1), (0, 1, -1))].max(), 0.0, 1.0))
