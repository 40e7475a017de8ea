"""The catalogue's lines on ledger, tracking, gate, sensors and alarms. Must not know who raises what."""

from __future__ import annotations

from station.fault_codes import FaultCode
from station.fault_kind import event, lasting, standing

LINE_KINDS = (
    lasting(
        FaultCode.LEDGER_IMBALANCE, "fault", "line",
        sentence="The ledger does not balance: {triggers} triggered, but {accounted} accounted for. The line is "
        "stopped.",
        cause="A part has no outcome, or has two. This is a mistake in the station's program, not on the line.",
        action="Check the parts in the cell by hand, restart the station, and report this with the log.",
    ),
    event(
        FaultCode.RESTARTED, "warning", "line",
        sentence="The station was restarted with parts {parts} in flight. They are rejected.",
        cause="The power failed, the machine was switched off, or the station was ended, while parts were between "
        "trigger and gate.",
        action="Put the parts between camera and gate to the rejects.",
    ),
    lasting(
        FaultCode.LEDGER_FILE, "fault", "devices",
        sentence="The ledger cannot be kept in {file}: {reason}",
        cause="The disk is full, failing or read-only, the folder belongs to another user, or the file was damaged or "
        "is another program's.",
        action="Check the disk and who owns the folder; the station goes on, but would not know its parts after a "
        "power cut.",
    ),
    event(
        FaultCode.TRACKING_LOST, "fault", "io",
        sentence="The station lost track of the parts: {detail}. All in flight are rejected.",
        cause="The encoder's count jumped, turned back or is not read any more, so nobody knows which part is at the "
        "gate.",
        action="Check encoder, coupling and cables, and clear the line to the gate. If it stands: clear the error at "
        "the PLC.",
    ),
    event(
        FaultCode.PARTS_TOO_CLOSE, "warning", "io",
        sentence="The gate cannot sort parts that are too close: {detail}. Both are rejected.",
        cause="The infeed did not keep the parts apart, or one of them slipped on the belt.",
        action="Check the infeed's spacing, or 'recipe.gate.min_pitch_counts'.",
    ),
    standing(
        FaultCode.REJECT_NOT_CONFIRMED, "fault", "io",
        sentence="A reject is missing: {detail}. The line is stopped.",
        cause="The gate did not move in time or the part jammed, so that it may lie among the good ones; or the sensor "
        "in the chute did not see it fall.",
        action="Look for the part among the good ones; check gate, air and the chute's sensor, then clear the error.",
    ),
    event(
        FaultCode.REJECT_UNEXPECTED, "warning", "io",
        sentence="The reject chute got a part that was not sent there: {detail}.",
        cause="The gate opened too late or closed too early for a part that had passed, or somebody threw a part in.",
        action="Check the gate's position and speed; nothing bad has passed by this.",
    ),
    event(
        FaultCode.PART_MISSING, "warning", "io",
        sentence="A part is missing on its way to the gate: {detail}.",
        cause="The part fell off, was taken out or is stuck; or the sensor before the gate is dirty or has moved.",
        action="Look for a part that fell off or is stuck; check the sensor before the gate.",
    ),
    standing(
        FaultCode.PART_UNEXPECTED, "fault", "io",
        sentence="There is a part too many on the line: {detail}. The line is stopped.",
        cause="A part was put on the line behind the trigger, two parts lay together at the trigger, or the sensor "
        "before the gate bounces.",
        action="Clear the line to the gate; look for double parts at the infeed, then clear the error.",
    ),
    lasting(
        FaultCode.AIR_LOW, "fault", "io",
        sentence="The gate's compressed air is low. No part is taken, those in flight are rejected.",
        cause="The pressure switch says so: the supply is shut or weak, or a hose leaks.",
        action="Restore the air; the line goes on by itself.",
    ),
    lasting(
        FaultCode.BIN_FULL, "warning", "io",
        sentence="The reject bin is full. No further part is taken.",
        cause="The bin's sensor says so: many rejects have come, or the bin was not put back rightly.",
        action="Empty the bin; the line goes on by itself.",
    ),
    event(
        FaultCode.CONSECUTIVE_REJECTS, "fault", "review",
        sentence="{rejects} parts in a row were rejected{stands}.",
        cause="So many at once are seldom bad parts: more likely lamp, lens, jig or camera has changed. The limit is "
        "'recipe.alarms.consecutive_rejects'.",
        action="Look at their pictures for the cause (lamp, lens, jig, or really bad parts), then clear the error.",
    ),
    event(
        FaultCode.REJECT_RATE, "warning", "review",
        sentence="{rejects} of the newest {parts} parts were rejected{stands}.",
        cause="More parts than usual are rejected: the lot is worse, or lamp, lens or jig slowly changes. The limit is "
        "'recipe.alarms.reject_rate'.",
        action="Look at their pictures for the cause: lamp, lens, jig, or really bad parts. If the line stands: clear "
        "the error.",
    ),
    event(
        FaultCode.WRONG_PARTS, "fault", "recipes",
        sentence="{rejects} parts in a row are not the recipe's, or were not recognised{stands}.",
        cause="The lot in the infeed and the recipe in use do not belong together, or the part's number cannot be "
        "read any more (light, focus).",
        action="Check which lot lies in the infeed and which recipe is chosen, then clear the error.",
    ),
    event(
        FaultCode.GATE, "fault", "io",
        sentence="The gate was not moved as wanted: {sentence}",
        cause="The order to the gate came too late or was refused, or the coupler did not answer. A part that should "
        "have passed is rejected; none passes by this.",
        action="If it comes back: check the coupler's network, and the margins under 'recipe.gate'.",
    ),
    standing(
        FaultCode.FAILSAFE_FAILED, "fault", "failsafe",
        sentence="The guided fail-safe test failed at step {step}: {reason} The line is stopped.",
        cause="A test part did not go where a broken station must send it: gate, sensor or PLC program does not do "
        "what it should.",
        action="Do not run the line before the cause is found; the report has the details. Then clear the error.",
    ),
)  # fmt: skip
