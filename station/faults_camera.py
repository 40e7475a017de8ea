"""The catalogue's lines on cameras and their frames. Must not know who raises what."""

from __future__ import annotations

from station.fault_codes import FaultCode
from station.fault_kind import event, lasting

CAMERA_KINDS = (
    lasting(
        FaultCode.CAMERA_DOWN, "fault", "devices",
        sentence="Camera {camera} gives no pictures: {reason} All parts are rejected.",
        cause="The camera is switched off or unplugged, its cable or network switch is bad, another program holds it, "
        "or its driver has stopped.",
        action="Check the camera's cable and power. The station keeps trying.",
    ),
    lasting(
        FaultCode.CAMERA_STAYED_DOWN, "fault", "devices",
        sentence="Camera {camera} stays down, and no more restarts are tried: {reason} All parts are rejected.",
        cause="Restarting its driver several times within a minute did not help. Most often the power or the cable "
        "comes and goes; sometimes the camera itself is broken.",
        action="Check the camera's cable, power and address, then restart the station.",
    ),
    event(
        FaultCode.FRAME_LOST, "fault", "devices",
        sentence="Frame {frame_id} of camera {camera} was lost ({reason}). Its part is rejected.",
        cause="The frame came when all places for frames were taken, or it was damaged on its way. Parts come faster "
        "than they are inspected, this machine is busy with something else, or the data cable is bad.",
        action="If it comes back: slow the line down, look for another program that loads this machine, and check the "
        "camera's data cable.",
    ),
    event(
        FaultCode.FRAME_WITHOUT_TRIGGER, "warning", "io",
        sentence="A picture belongs to no part that the PLC triggered: {detail}.",
        cause="The camera was triggered and the PLC announced no part at this encoder count: a part sensor that "
        "bounces, a second trigger source, or an encoder that the two count differently.",
        action="Check that the camera's trigger line and the PLC's trigger come from the same sensor.",
    ),
    event(
        FaultCode.TRIGGER_WITHOUT_FRAME, "fault", "devices",
        sentence="Part {part_seq} was triggered, but no frame of {view} came. It is rejected.",
        cause="The camera did not see its trigger, or the part did not turn, so that the encoder gave no lines; or "
        "the frame was lost in the network (the frame number then has a gap).",
        action="Check the camera's trigger line and the encoder cable, and that the part turns.",
    ),
    event(
        FaultCode.FRAME_HELD, "fault", "devices",
        sentence="Frame {frame_id} of camera {camera} has been held for {held_ms} ms: its place in the ring is not "
        "free.",
        cause="A classification worker does not finish with this frame: it is stuck, or gets no processor time.",
        action="Look into the log for a stuck worker. If it comes back: look for a program that loads this machine.",
    ),
    event(
        FaultCode.LINES_TOO_FAST, "fault", "devices",
        sentence="Camera {camera} missed {count} line triggers: the part turns faster than the camera reads lines.",
        cause="The encoder asks for the next line while the one before is still exposed or read, so that the picture "
        "is stretched.",
        action="Slow the turning down, or raise the divider or shorten the exposure under 'cameras:'.",
    ),
    event(
        FaultCode.FRAMES_TOO_FAST, "fault", "devices",
        sentence="Camera {camera} missed {count} frame triggers: a part came while the picture before was still read.",
        cause="Two parts follow each other more closely than the camera takes pictures, or the trigger bounces.",
        action="Keep the minimum pitch between parts, or take fewer lines a frame.",
    ),
    event(
        FaultCode.NO_BUFFER, "fault", "devices",
        sentence="Camera {camera} had no free buffer for {count} frames. Their parts are rejected.",
        cause="The capture process got no processor time for a while, so that all buffers of the driver were full.",
        action="Look for another program that loads this machine; more 'buffers' under 'cameras:' bridge a longer "
        "pause.",
    ),
)  # fmt: skip
