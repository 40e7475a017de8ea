"""The catalogue's lines on the connection to the PLC. Must not know who raises what."""

from __future__ import annotations

from station.fault_codes import FaultCode
from station.fault_kind import event, lasting, standing

PLC_KINDS = (
    lasting(
        FaultCode.PLC_NOT_CONNECTED, "fault", "io",
        sentence="There is no connection between station and PLC at {address}.",
        cause="The PLC is off or in STOP, the network between the two is broken, or one of them uses another address.",
        action="Check the network cable, that the PLC is in RUN, and that it uses this address.",
    ),
    lasting(
        FaultCode.PLC_SILENT, "fault", "io",
        sentence="The PLC's heartbeat has stood still for {for_ms} ms (limit {limit_ms} ms). All parts are rejected.",
        cause="The connection is there, but the PLC's program does not count up PlcHeartbeat: it is stopped, or its "
        "cycle is longer than a third of the limit.",
        action="Check that the PLC program runs and counts up its heartbeat.",
    ),
    event(
        FaultCode.HANDSHAKE_TIMEOUT, "fault", "io",
        sentence="The PLC did not keep to the handshake: {sentence}",
        cause="A bit came too late, too early or not at all, or a part number came twice. After a restart of one side "
        "it can happen once; again and again it is the PLC's program.",
        action="Check the PLC program's handshake (trigger, acknowledge) against the manual's edges.",
    ),
    event(
        FaultCode.MISSED_TRIGGER, "warning", "io",
        sentence="The PLC triggered part {part_seq} while the station was not ready. It is rejected.",
        cause="The PLC does not wait for TriggerReady, or more parts are on their way than the station can follow.",
        action="Let the PLC wait for TriggerReady, or slow the line down.",
    ),
    event(
        FaultCode.RESULT_OVERRUN, "fault", "io",
        sentence="The result of part {part_seq} found all places taken: the PLC does not fetch results. It is "
        "rejected.",
        cause="Eight results wait for the PLC, which has not acknowledged them: its program does not set ResultsAck, "
        "or waits for something else.",
        action="Check that the PLC program sets ResultsAck for each result.",
    ),
    lasting(
        FaultCode.PLC_PORT_IN_USE, "fault", "io",
        sentence="The PLC cannot reach this station: {reason}",
        cause="The station answers the PLC at an address and port of this machine, and cannot have them: another "
        "program uses the port, often a second station, or this machine has no such address; or the certificates "
        "under 'plc.tls' cannot be used.",
        action="Stop the other program (a second station?), or choose another address or port under 'plc:'.",
    ),
    standing(
        FaultCode.COUNTERS_DIFFER, "fault", "io",
        sentence="The PLC and the station count differently: {sentence} The line is stopped.",
        cause="A part was triggered or sorted that the other side does not know of, so a part may have passed without "
        "a verdict.",
        action="Look for parts between camera and gate, put them to the rejects, then clear the error at the PLC.",
    ),
    event(
        FaultCode.SECOND_WRITER, "warning", "io",
        sentence="{count} writes of a second Modbus master were refused: only one may write to the station.",
        cause="A second PLC, a panel or a service tool writes to the station's registers.",
        action="Look for a second PLC or HMI that writes to this address; let it read only.",
    ),
    event(
        FaultCode.PEER_REFUSED, "warning", "io",
        sentence="{count} Modbus connections were refused (not in plc.allowed_peers, or without a certificate that "
        "fits).",
        cause="A device that is not meant to, or whose address or certificate has changed, wants to connect.",
        action="If the peer is meant to connect: name it under 'plc.allowed_peers'; the log has its address.",
    ),
)  # fmt: skip
