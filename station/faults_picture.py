"""The catalogue's lines on single parts and their pictures. Must not know who raises what."""

from __future__ import annotations

from station.fault_codes import FaultCode
from station.fault_kind import event

PICTURE_KINDS = (
    event(
        FaultCode.IMAGE_INCOMPLETE, "fault", "devices",
        sentence="The picture of part {part_seq} is incomplete: {lines_valid} of {lines} lines. It is rejected.",
        cause="Lines were lost on the data cable, or the part stopped turning before the picture was full.",
        action="Check the camera's data cable and the encoder; avoid stopping the part within a turn.",
    ),
    event(
        FaultCode.IMAGE_DARK, "fault", "devices",
        sentence="The picture of part {part_seq} is all dark. It is rejected.",
        cause="The lamp is off or covered, the lens cap is on, or the exposure is far too short.",
        action="Check the lamp, the lens cap and the exposure time.",
    ),
    event(
        FaultCode.IMAGE_SATURATED, "fault", "devices",
        sentence="The picture of part {part_seq} is overexposed. It is rejected.",
        cause="The lamp is too bright or too near, the exposure is too long, or light from outside falls in.",
        action="Check the lamp and the exposure time, and look for stray light.",
    ),
    event(
        FaultCode.NO_PART, "warning", "review",
        sentence="There is no part in the picture of part {part_seq}. It is rejected.",
        cause="The part was triggered and is not where the camera looks: it fell off, lies wrongly, or the part "
        "sensor saw something else.",
        action="Check the part sensor and that the part lies in the camera's view.",
    ),
    event(
        FaultCode.PART_AT_BORDER, "warning", "review",
        sentence="Part {part_seq} reaches the border of its picture, so not all of it was seen. It is rejected.",
        cause="Jig or camera has moved, the part lies askew, or it is larger than the recipe's.",
        action="Check the jig's position and the camera's field of view.",
    ),
    event(
        FaultCode.IMAGE_STALE, "fault", "devices",
        sentence="The picture of part {part_seq} is old: {reason}. It is rejected.",
        cause="Camera or driver delivered an earlier picture again, wholly or in part, so the part in hand was not "
        "seen.",
        action="Check that the part turns and that the camera is triggered for each part.",
    ),
    event(
        FaultCode.ENCODER_MISMATCH, "fault", "io",
        sentence="The encoder does not fit the picture of part {part_seq}: {reason}. It is rejected.",
        cause="The picture was begun at another place than the trigger says, or its lines are not evenly spaced: the "
        "encoder slips, turns back or loses pulses, or the two sides count with different dividers.",
        action="Check the encoder's coupling and cable, and the divider under 'cameras:'.",
    ),
    event(
        FaultCode.IMAGE_PROBLEM, "fault", "review",
        sentence="The picture of part {part_seq} cannot be used: {reason}. It is rejected.",
        cause="The picture is whole and the inspector could not work with it: the part was not found where it should "
        "be, or the scores were no numbers.",
        action="Look at the camera's view of the part; check lamp, lens and jig.",
    ),
    event(
        FaultCode.IMAGE_BLURRED, "fault", "devices",
        sentence="The picture of part {part_seq} is blurred (sharpness {sharpness}, at least {sharpness_min}). It is "
        "rejected.",
        cause="Oil or dust is on the lens, its focus ring has moved, or the part shakes.",
        action="Clean the lens and check its focus: 'station camera tune' shows the sharpness live.",
    ),
    event(
        FaultCode.IMAGE_SIZE, "fault", "devices",
        sentence="The picture of part {part_seq} has another size or pixel format than configured. It is rejected.",
        cause="Another program has set the camera differently since the station started.",
        action="Look for another program that sets this camera; restart the station to set it anew.",
    ),
    event(
        FaultCode.WRONG_PART, "warning", "recipes",
        sentence="Part {part_seq} is a {part_type} (score {type_score}), but the recipe is for {wanted_type}. It is "
        "rejected.",
        cause="Another type lies among the parts, or the recipe in use is not the one of this lot.",
        action="Look for a mixed lot at the infeed; if each part is told so, check which recipe is chosen.",
    ),
    event(
        FaultCode.UNKNOWN_PART, "warning", "review",
        sentence="Part {part_seq} was not recognised: most like {part_type} (score {type_score}), the recipe is for "
        "{wanted_type}. It is rejected.",
        cause="The part is of no type that the model knows, or what tells its type cannot be read in the picture.",
        action="Look at its picture: a foreign part, or its number is worn, dirty or out of focus.",
    ),
    event(
        FaultCode.VERDICT_LATE, "warning", "line",
        sentence="Part {part_seq} had no verdict at its deadline ({deadline}). It is rejected.",
        cause="Picture or classification took longer than the way to the gate allows: the machine is busy, or parts "
        "come faster than they are inspected.",
        action="If it comes back: slow the line down, or look for another program that loads this machine.",
    ),
    event(
        FaultCode.VERDICT_WITHDRAWN, "warning", "io",
        sentence="The PASS of part {part_seq} did not reach the gate in time and was taken back. It is rejected.",
        cause="The PLC had not fetched the result when the part came to the gate, or the gate could not open for it.",
        action="Check that the PLC fetches each result, and the network to it; give the part more way to the gate.",
    ),
)  # fmt: skip
