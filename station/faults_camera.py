"""The catalogue's lines on cameras and their frames. Must not know who raises what."""

from __future__ import annotations

from station.fault_codes import FaultCode
from station.fault_kind import event, lasting

CAMERA_KINDS = (
    lasting(
        FaultCode.CAMERA_DOWN,
        "fault",
        "Camera {camera} gives no pictures: {reason} All parts are rejected.",
        "Check the camera's cable and power. The station keeps trying.",
    ),
    lasting(
        FaultCode.CAMERA_STAYED_DOWN,
        "fault",
        "Camera {camera} stays down, and no more restarts are tried: {reason} All parts are rejected.",
        "Check the camera's cable, power and address, then restart the station.",
    ),
    event(
        FaultCode.FRAME_LOST,
        "fault",
        "Frame {frame_id} of camera {camera} was lost ({reason}). Its part is rejected.",
        "If it comes back: slow the line down, or look for another program that loads this machine.",
    ),
    event(
        FaultCode.FRAME_WITHOUT_TRIGGER,
        "warning",
        "A picture belongs to no part that the PLC triggered: {detail}.",
        "Check that the camera's trigger line and the PLC's trigger come from the same sensor.",
    ),
    event(
        FaultCode.TRIGGER_WITHOUT_FRAME,
        "fault",
        "Part {part_seq} was triggered, but no frame of {view} came. It is rejected.",
        "Check the camera's trigger line and the encoder cable.",
    ),
    event(
        FaultCode.FRAME_HELD,
        "fault",
        "Frame {frame_id} of camera {camera} has been held for {held_ms} ms: its place in the ring is not free.",
        "Look into the log for a stuck worker. If it comes back: look for a program that loads this machine.",
    ),
    event(
        FaultCode.LINES_TOO_FAST,
        "fault",
        "Camera {camera} missed {count} line triggers: the part turns faster than the camera reads lines.",
        "Slow the turning down, or raise the divider or shorten the exposure under 'cameras:'.",
    ),
    event(
        FaultCode.FRAMES_TOO_FAST,
        "fault",
        "Camera {camera} missed {count} frame triggers: a part came while the picture before was still read.",
        "Keep the minimum pitch between parts, or take fewer lines a frame.",
    ),
    event(
        FaultCode.NO_BUFFER,
        "fault",
        "Camera {camera} had no free buffer for {count} frames. Their parts are rejected.",
        "Look for another program that loads this machine; more 'buffers' under 'cameras:' bridge a longer pause.",
    ),
)
