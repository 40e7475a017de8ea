"""The number that a simulated camera burns into its Mono8 frames, so that a run can prove that none was mixed up.

Pixels 32..63 of line 0 carry 32 bits, the most significant first: a number of 24 bits (1..2^24-1) and its CRC of 8
(polynomial 0x07, initial value 0xFF). A 1 is the level 6 and a 0 the level 0, both no more than background.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FIRST_COLUMN, BITS, NUMBER_BITS = 32, 32, 24
ONE_LEVEL, THRESHOLD = 6, 4
_POLYNOMIAL, _INITIAL = 0x07, 0xFF


def burnt_number(n: int) -> int:
    """What is burnt into the pictures of the `n`-th part: its lowest 24 bits; 0 is no number."""
    return n & (1 << NUMBER_BITS) - 1


def stamp_crc(number: int) -> int:
    """The CRC over the number's three bytes, the highest first."""
    crc = _INITIAL
    for octet in number.to_bytes(3, "big"):
        crc ^= octet
        for _ in range(8):
            crc = (crc << 1 ^ (_POLYNOMIAL if crc & 0x80 else 0)) & 0xFF
    return crc


def read_stamp(image: NDArray[np.uint8]) -> int | None:
    """The number burnt into a picture (height, width) of u8; None when it carries none, or it cannot be read."""
    if image.shape[0] < 1 or image.shape[1] < FIRST_COLUMN + BITS:
        return None
    bits = image[0, FIRST_COLUMN : FIRST_COLUMN + BITS] >= THRESHOLD
    value = int.from_bytes(np.packbits(bits).tobytes(), "big")
    number, crc = value >> 8, value & 0xFF
    return number if number and crc == stamp_crc(number) else None


def write_stamp(image: NDArray[np.uint8], number: int) -> None:
    """Burn a number (1..2^24-1) into a picture (height, width >= 64) as the simulated camera does. ValueError."""
    if not 0 < number < 1 << NUMBER_BITS:
        raise ValueError(f"a burnt-in number is 1 to {(1 << NUMBER_BITS) - 1}, found {number}")
    if image.shape[0] < 1 or image.shape[1] < FIRST_COLUMN + BITS:
        raise ValueError(f"a picture of {image.shape} has no room for a burnt-in number")
    value = number << 8 | stamp_crc(number)
    bits = np.unpackbits(np.frombuffer(value.to_bytes(4, "big"), np.uint8))
    image[0, FIRST_COLUMN : FIRST_COLUMN + BITS] = bits * ONE_LEVEL
