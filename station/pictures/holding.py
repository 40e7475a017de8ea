"""How many slots of a camera's ring may be held for pictures: never so many that the line has too few.

Pure. The line's own limit (`station.limits.parts_in_flight`) must leave these slots out.
"""

from __future__ import annotations

from typing import Final

PARTS_HELD: Final = 2
"""One whose other views are still to come or being inspected, one that is being encoded."""
PARTS_LEFT: Final = 3
"""One being scanned, one inspected, one that comes early."""


def slots_to_hold(ring_slots: int, frames_a_part: int) -> int:
    """How many of a camera's slots pictures may hold, of which each part takes `frames_a_part`; 0: none are kept."""
    needed = max(1, frames_a_part)
    return max(0, min(PARTS_HELD * needed, ring_slots - PARTS_LEFT * needed))
