"""What became of a camera's frames, as running totals. Pure; it must not know where reports come from."""

from __future__ import annotations

from dataclasses import replace

from drivers.camera.interface import CameraCounts, CameraEvent, CameraUp, Frame, FrameLost
from drivers.camera.wire import Tally


class Accounts:
    """Totals since start(), across every capture process that served this camera."""

    def __init__(self) -> None:
        self._counts: CameraCounts = CameraCounts()
        self._said = self._counts
        self._newest = 0
        self._was_up = False
        self._tallies_before = Tally()
        self._tally = Tally()

    @property
    def newest_frame_id(self) -> int:
        """The highest frame number so far; the next capture process carries on from there."""
        return self._newest

    @property
    def counts(self) -> CameraCounts:
        """The totals now."""
        before, now = self._tallies_before, self._tally
        return replace(
            self._counts,
            underruns=before.underruns + now.underruns,
            line_triggers_missed=before.line_triggers_missed + now.line_triggers_missed,
            frame_triggers_missed=before.frame_triggers_missed + now.frame_triggers_missed,
        )

    def tally(self, tally: Tally) -> None:
        """What the present capture process has counted since it began."""
        self._tally = tally

    def dropped(self, events: int) -> None:
        """So many events have made room for others so far."""
        self._counts = replace(self._counts, events_dropped=events)

    def process_ended(self) -> None:
        """The capture process has gone; the next one counts from 0."""
        counts = self.counts
        self._tallies_before = Tally(counts.underruns, counts.line_triggers_missed, counts.frame_triggers_missed)
        self._tally = Tally()

    def event(self, event: CameraEvent) -> None:
        """Something happened."""
        counts = self._counts
        match event:
            case Frame():
                self._counts = replace(
                    counts,
                    delivered=counts.delivered + 1,
                    incomplete=counts.incomplete + (not event.complete),
                    id_gap_frames=counts.id_gap_frames + event.lost_before,
                    stale=counts.stale + (event.stale_rows > 0 or event.frame_id <= self._newest),
                )
                self._newest = max(self._newest, event.frame_id)
            case FrameLost(reason="ring full"):
                self._counts = replace(counts, ring_full=counts.ring_full + 1)
                self._newest = max(self._newest, event.frame_id)
            case FrameLost():
                self._counts = replace(counts, unusable=counts.unusable + 1)
                self._newest = max(self._newest, event.frame_id)
            case CameraUp():
                self._counts = replace(counts, recoveries=counts.recoveries + self._was_up)
                self._was_up = True
            case _:
                return

    def news(self) -> CameraCounts | None:
        """The totals, if one has changed since this was last asked."""
        counts = self.counts
        if counts == self._said:
            return None
        self._said = counts
        return counts
