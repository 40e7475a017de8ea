"""The sound surface: how a ground steel mantle looks when it is unrolled under a bar light.

Rows follow the turn, columns the axis of the part. A grinding wheel leaves its marks along the direction of
turning, so they run **down the rows**: streaks of one to a few dozen columns, a few dozen rows long to the whole turn.
The bar light lies along the axis, brightest near its middle; the part is never quite round, so brightness swings once
and twice a turn. It must not know of defects.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from drivers.cell.drawing.dice import F32, U8, Dice, sine_column, smooth, stretch_rows
from drivers.cell.drawing.looks import STANDARD, Look

LONG_ROWS = 16
SHORT_ROWS = 4
DARKEST_COUNTS = 30
_STRIPE_ROWS = 256


@dataclass(frozen=True, slots=True)
class Light:
    """What light the camera sees: counts down the rows (height,) times a share across the columns (width,)."""

    down: F32
    across: F32


def draw_grinding(dice: Dice, height: int, width: int, look: Look = STANDARD) -> F32:
    """Reflectance around 1.0, float32 (height, width); height is a multiple of 16 rows."""
    coarseness = dice.real(*look.grain)
    wider, shorter = look.streaks_wider, look.streaks_shorter
    long_rows = height // LONG_ROWS + 1
    long = dice.grain(long_rows, width, 20 // shorter, wider) * np.float32(0.020 * coarseness)
    long += dice.grain(long_rows, width, max(1, 5 // shorter), wider) * np.float32(0.018 * coarseness)
    long += dice.grain(long_rows, width, 12 // shorter, 5 * wider) * np.float32(0.016 * coarseness)
    long += dice.grain(long_rows, width, 40, 37) * np.float32(0.010)
    long += dice.grain(1, width, 1, 2 * wider) * np.float32(0.012 * coarseness)
    long += dice.grain(1, width, 1, 61) * np.float32(0.010)
    short_rows = height // SHORT_ROWS + 1
    short = dice.grain(short_rows, width, max(1, 5 // shorter), wider)
    glints = np.maximum(short - np.float32(1.7), np.float32(0.0)) * np.float32(dice.real(*look.glint))
    short *= np.float32(0.016 * coarseness)
    short += glints
    short[:-1] += stretch_rows(long, LONG_ROWS // SHORT_ROWS)
    short[-1] = short[-2]
    short += np.float32(1.0)
    return stretch_rows(short, SHORT_ROWS)


def draw_light(dice: Dice, height: int, width: int, look: Look = STANDARD) -> Light:
    """Bar light, exposure and run-out of one part."""
    exposure_counts = dice.real(*look.exposure_counts)
    turns = np.arange(height, dtype=np.float64) / height
    down = 1.0 + dice.real(*look.run_out) * sine_column(turns + dice.real(0.0, 1.0))
    down += dice.real(0.0, 0.02) * sine_column(2.0 * turns + dice.real(0.0, 1.0))
    x = np.arange(width, dtype=np.float64) / width - dice.real(0.38, 0.62)
    across = 1.0 - dice.real(0.20, 0.75) * x * x + _draw_slope(dice, look) * x
    chamfer_px = dice.real(5.0, 14.0)
    from_edge = np.minimum(np.arange(width), np.arange(width)[::-1]) + 1.0
    across *= 1.0 - dice.real(0.08, 0.18) * (1.0 - smooth(from_edge / chamfer_px))
    return Light((exposure_counts * down).astype(np.float32), across.astype(np.float32))


def draw_noise_table(deviation_counts: float) -> F32:
    """Sensor noise by byte: float32 (256,), the normal distribution at 256 equally likely places, in 1/16 counts."""
    normal = NormalDist(0.0, deviation_counts)
    places = [round(16.0 * normal.inv_cdf((byte + 0.5) / 256.0)) / 16.0 for byte in range(256)]
    return np.array(places, dtype=np.float32)


def expose(reflectance: F32, light: Light, dice: Dice, look: Look = STANDARD) -> U8:
    """The picture that the sensor gives of a reflectance under a light: uint8, same shape; reflectance is used up."""
    height, width = reflectance.shape
    table = draw_noise_table(dice.real(*look.noise_counts))
    picture = np.empty((height, width), dtype=np.uint8)
    for top in range(0, height, _STRIPE_ROWS):
        stripe = reflectance[top : top + _STRIPE_ROWS]
        stripe *= light.down[top : top + _STRIPE_ROWS, None]
        stripe *= light.across
        stripe += table[dice.octets(stripe.shape[0], width)]
        np.clip(stripe, DARKEST_COUNTS, look.brightest_counts, out=stripe)
        picture[top : top + _STRIPE_ROWS] = stripe
    return picture


def _draw_slope(dice: Dice, look: Look) -> float:
    slope = dice.real(*look.slope)
    return -slope if look.slope_either_way and dice.chance(0.5) else slope
