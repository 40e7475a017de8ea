"""What the line remembers of one camera: frame numbers, gaps, pictures seen, and how long it has been silent.

Pure. A camera that stays silent while parts are triggered and the encoder moves hangs; while the belt stands, silence
is no fault. Must not know pixels or verdicts.
"""

from __future__ import annotations

from collections import deque

from drivers.encoder.counts import signed_difference
from station.core.values import (
    Trigger,
)

_DIGESTS_KEPT = 4
_PATIENCE = 2
"""So many parts in a row before the camera is to be opened anew: one may be the trigger line's fault."""


class CameraMemory:
    """Of one camera. `tolerance_counts`: what the encoder may differ by while it stands."""

    def __init__(self, tolerance_counts: int) -> None:
        self._tolerance_counts = tolerance_counts
        self._last_id: int | None = None
        self._last_came_ns: int | None = None
        self._last_gap_ns: int | None = None
        self._missed: list[Trigger] = []
        self._digests: deque[int] = deque(maxlen=_DIGESTS_KEPT)

    def change_over(self, tolerance_counts: int) -> None:
        """Another recipe: the camera is the same one, its numbers and pictures go on."""
        self._tolerance_counts = tolerance_counts
        self._missed.clear()

    def came(self, frame_id: int, now_ns: int, lost_before: int = 0) -> bool:
        """A frame came, or the news that one was lost; returns whether its number is an old one."""
        stale = self._last_id is not None and frame_id <= self._last_id
        self._last_id = max(frame_id, self._last_id or 0)
        self._last_came_ns = now_ns
        self._missed.clear()
        if lost_before > 0:
            self._last_gap_ns = now_ns
        return stale

    def showed(self, digest: int | None) -> bool:
        """A picture with this digest came; returns whether it is one of the newest before it.

        Asked in the order in which frames come, never in that in which workers answer: of two pictures that are alike
        the later one is the old one.
        """
        if digest is None:
            return False
        frozen = digest in self._digests
        self._digests.append(digest)
        return frozen

    def down(self) -> None:
        """It was stopped: numbers begin anew, and silence is explained."""
        self._last_id = None
        self._missed.clear()

    def gap_since(self, at_ns: int) -> bool:
        """Whether a gap in the frame numbers was seen since then."""
        return self._last_gap_ns is not None and self._last_gap_ns >= at_ns

    def missed(self, trigger: Trigger) -> str | None:
        """No frame came for this part: one sentence when the camera is to be opened anew for that.

        Each sentence takes as many parts again.
        """
        if self._last_came_ns is not None and self._last_came_ns >= trigger.at_ns:
            return None  # something came since: it does not hang
        if self._missed and not self._moved(self._missed[-1], trigger):
            return None
        self._missed.append(trigger)
        if len(self._missed) < _PATIENCE:
            return None
        numbers = " and ".join(str(missed.part_seq) for missed in self._missed)
        self._missed.clear()
        return f"parts {numbers} were triggered while the encoder moved, and no frame came"

    def _moved(self, before: Trigger, after: Trigger) -> bool:
        if before.encoder_count is None or after.encoder_count is None:
            return after.at_ns != before.at_ns
        return abs(signed_difference(after.encoder_count, before.encoder_count)) > self._tolerance_counts
