"""The catalogue's lines on tracking, gate, sensors, counters and restart. Must not know who raises what."""

from __future__ import annotations

from station.fault_codes import FaultCode
from station.fault_kind import event, lasting

LINE_KINDS = (
    event(
        FaultCode.COUNTERS_DIFFER,
        "fault",
        "The PLC and the station count differently: {sentence} The line is stopped.",
        "Look for parts between camera and gate, put them to the rejects, then clear the error at the PLC.",
    ),
    event(
        FaultCode.SECOND_WRITER,
        "warning",
        "{count} writes of a second Modbus master were refused: only one may write to the station.",
        "Look for a second PLC or HMI that writes to this address; let it read only.",
    ),
    event(
        FaultCode.PEER_REFUSED,
        "warning",
        "{count} Modbus connections were refused (not in plc.allowed_peers, or without a certificate that fits).",
        "If the peer is meant to connect: name it under 'plc.allowed_peers'; the log has its address.",
    ),
    event(
        FaultCode.VERDICT_WITHDRAWN,
        "warning",
        "The PASS of part {part_seq} did not reach the gate in time and was taken back. It is rejected.",
        "Check that the PLC fetches each result, and the network to it; give the part more way to the gate.",
    ),
    event(
        FaultCode.RESTARTED,
        "warning",
        "The station was restarted with parts {parts} in flight. They are rejected.",
        "Put the parts between camera and gate to the rejects.",
    ),
    lasting(
        FaultCode.LEDGER_FILE,
        "fault",
        "The ledger cannot be kept in {file}: {reason}",
        "Check the disk and who owns the folder; the station goes on, but would not know its parts after a power cut.",
    ),
    event(
        FaultCode.TRACKING_LOST,
        "fault",
        "The station lost track of the parts: {detail}. All in flight are rejected.",
        "Check encoder, coupling and cables, and clear the line to the gate. If it stands: clear the error at the PLC.",
    ),
    event(
        FaultCode.PARTS_TOO_CLOSE,
        "warning",
        "The gate cannot sort parts that are too close: {detail}. Both are rejected.",
        "Check the infeed's spacing, or 'recipe.gate.min_pitch_counts'.",
    ),
    event(
        FaultCode.REJECT_NOT_CONFIRMED,
        "fault",
        "A reject is missing: {detail}. The line is stopped.",
        "Look for the part among the good ones; check gate, air and the chute's sensor, then clear the error.",
    ),
    event(
        FaultCode.REJECT_UNEXPECTED,
        "warning",
        "The reject chute got a part that was not sent there: {detail}.",
        "Check the gate's position and speed; nothing bad has passed by this.",
    ),
    event(
        FaultCode.PART_MISSING,
        "warning",
        "A part is missing on its way to the gate: {detail}.",
        "Look for a part that fell off or is stuck; check the sensor before the gate.",
    ),
    event(
        FaultCode.PART_UNEXPECTED,
        "fault",
        "There is a part too many on the line: {detail}. The line is stopped.",
        "Clear the line to the gate; look for double parts at the infeed, then clear the error.",
    ),
    lasting(
        FaultCode.AIR_LOW,
        "fault",
        "The gate's compressed air is low. No part is taken, those in flight are rejected.",
        "Restore the air; the line goes on by itself.",
    ),
    lasting(
        FaultCode.BIN_FULL,
        "warning",
        "The reject bin is full. No further part is taken.",
        "Empty the bin; the line goes on by itself.",
    ),
    event(
        FaultCode.CONSECUTIVE_REJECTS,
        "fault",
        "{rejects} parts in a row were rejected{stands}.",
        "Look at their pictures for the cause (lamp, lens, jig, or really bad parts), then clear the error.",
    ),
    event(
        FaultCode.REJECT_RATE,
        "warning",
        "{rejects} of the newest {parts} parts were rejected{stands}.",
        "Look at their pictures for the cause: lamp, lens, jig, or really bad parts.",
    ),
    event(
        FaultCode.WRONG_PARTS,
        "fault",
        "{rejects} parts in a row are not the recipe's, or were not recognised{stands}.",
        "Check which lot lies in the infeed and which recipe is chosen, then clear the error.",
    ),
    event(
        FaultCode.GATE,
        "fault",
        "The gate was not moved as wanted: {sentence}",
        "If it comes back: check the coupler's network, and the margins under 'recipe.gate'.",
    ),
    event(
        FaultCode.FAILSAFE_FAILED,
        "fault",
        "The guided fail-safe test failed at step {step}: {reason}",
        "Do not run the line before the cause is found; the report has the details.",
    ),
)
