"""Figures of cameras: frames delivered and lost, by camera and by what went wrong. Must not know parts or PLC."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import Counter

from drivers.camera.interface import CameraCounts
from station.metrics.families import Families

FRAME_FAULTS = {
    "incomplete": "incomplete",
    "frame-id gap": "id_gap_frames",
    "underrun": "underruns",
    "ring full": "ring_full",
    "unusable": "unusable",
    "stale": "stale",
    "line trigger missed": "line_triggers_missed",
    "frame trigger missed": "frame_triggers_missed",
    "event dropped": "events_dropped",
}
"""What can go wrong with a camera's frames, by the field of CameraCounts that counts it."""
STATION_FRAME_FAULTS = ("held too long", "frame without trigger", "trigger without frame")
"""What only the station can see of frames."""


class FrameFigures(Families):
    """What counts frames; `cameras` are the cameras' names, `lost` counts what never reached a part."""

    def _make_frames(self, cameras: Sequence[str], lost: Counter) -> None:
        delivered = self._counters("camera_frames", "Frames that a camera delivered, good or not.", "camera")
        faults = self._counters("camera_frame_faults", "What went wrong with frames, by kind.", "camera", "fault")
        recoveries = self._counters("camera_recoveries", "Times a camera was stopped and opened anew.", "camera")
        self.frames = {camera: delivered.labels(camera) for camera in cameras}
        self.recoveries = {camera: recoveries.labels(camera) for camera in cameras}
        self._frame_faults = {
            (camera, fault): faults.labels(camera, fault)
            for camera in cameras
            for fault in (*FRAME_FAULTS, *STATION_FRAME_FAULTS)
        }
        self._lost_frames, self._lost = lost, dict.fromkeys(cameras, 0)

    def count_frame_fault(self, camera: str, fault: str) -> None:
        """One more of STATION_FRAME_FAULTS."""
        self._frame_faults[camera, fault].inc()

    def show_camera(self, camera: str, counts: CameraCounts) -> None:
        """A camera's running totals."""
        self.bring_up_to(self.frames[camera], counts.delivered)
        self.bring_up_to(self.recoveries[camera], counts.recoveries)
        for fault, field in FRAME_FAULTS.items():
            self.bring_up_to(self._frame_faults[camera, fault], getattr(counts, field))
        # A frame that found no buffer leaves a gap in the numbers, too: it is one frame.
        missing = max(counts.id_gap_frames, counts.underruns)
        self._lost[camera] = missing + counts.ring_full + counts.unusable
        self.bring_up_to(self._lost_frames, sum(self._lost.values()))
