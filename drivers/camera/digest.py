"""A checksum of a sparse sample of a picture, to notice one that does not change. It must not know who compares."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

_ROWS = 16


def picture_digest(image: NDArray[np.uint8]) -> int:
    """Checksum of 16 whole rows of a picture (height, width) u8, the first one among them.

    The noise of a live sensor changes it with every frame. 0.05 ms for 5472 columns.
    """
    return zlib.crc32(image[:: max(1, image.shape[0] // _ROWS)].tobytes())
