"""How a part looks under ultraviolet light: dark, with noise, and with what glows.

Reflectance is 1.0 for a plain body; where fluorescent particles lie it is several times that. Outside of the part it is
0.0. It must not know what is sound.
"""

from dataclasses import dataclass

import numpy as np

from drivers.cell.drawing.dice import F32, U8, Dice
from drivers.cell.drawing.stamp import Stamp
from drivers.cell.drawing.surface import draw_noise_table

DARKEST_BODY = 0.55
BLACK_COUNTS = 3.0
# With BLACK_COUNTS and at most 2.9 deviations: 0..6 counts where there is no part.
MOST_NOISE_COUNTS = 1.2
BRIGHTEST_COUNTS = 235.0

_STRIPE_ROWS = 64


@dataclass(frozen=True, slots=True)
class Ultraviolet:
    """Counts of a plain body down the rows (height,), times a share across the columns (width,)."""

    down: F32
    across: F32


def shine(reflectance: F32, glow: Stamp) -> None:
    """Add a glow, its gain in shares of a plain body, to a surface: float32 (height, width), changed in place."""
    seen = glow.cropped(*reflectance.shape)
    if seen is not None:
        h, w = seen.gain.shape
        reflectance[seen.top : seen.top + h, seen.left : seen.left + w] += seen.gain


def expose_dark(reflectance: F32, light: Ultraviolet, dice: Dice) -> U8:
    """The picture that the sensor gives: uint8, same shape; `reflectance` is used up.

    Noise is the same wherever the part lies, as read-out noise is.
    """
    height, width = reflectance.shape
    table = draw_noise_table(dice.real(0.8, MOST_NOISE_COUNTS)) + np.float32(BLACK_COUNTS)
    picture = np.empty((height, width), dtype=np.uint8)
    for top in range(0, height, _STRIPE_ROWS):
        stripe = reflectance[top : top + _STRIPE_ROWS]
        stripe *= light.down[top : top + _STRIPE_ROWS, None]
        stripe *= light.across
        stripe += table[dice.octets(stripe.shape[0], width)]
        np.clip(stripe, 0.0, BRIGHTEST_COUNTS, out=stripe)
        picture[top : top + _STRIPE_ROWS] = stripe
    return picture
