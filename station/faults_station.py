"""The catalogue's lines on records, pictures on disk, configuration and start-up. Must not know who raises what."""

from __future__ import annotations

from station.fault_codes import FaultCode
from station.fault_kind import event, lasting

STATION_KINDS = (
    event(
        FaultCode.RECORDS_QUEUE_FULL, "fault", "devices",
        sentence="Records come faster than the disk takes them: {size} are waiting, further ones are lost.",
        cause="The disk is slow: another program writes much, or the disk is failing; or records could not be written "
        "for long (see the fault beside this one).",
        action="Look for another program that uses the disk; check the disk's health.",
    ),
    lasting(
        FaultCode.DISK_FULL, "fault", "devices",
        sentence="The disk of {file} is full: parts are inspected but not recorded.",
        cause="Records, pictures or another program's files have filled the disk. What waits is kept in memory as long "
        "as there is room for it.",
        action="Make room on this disk. Recording goes on by itself.",
    ),
    lasting(
        FaultCode.DATABASE_FAULT, "fault", "devices",
        sentence="Records cannot be written to {file}: {reason} Parts are inspected but not recorded.",
        cause="The folder is missing, read-only or another user's, the file is no database or was damaged, or the disk "
        "is failing.",
        action="Check that the folder exists, belongs to this user and is not read-only. Recording is tried again.",
    ),
    event(
        FaultCode.RECORD_REFUSED, "fault", "devices",
        sentence="The record of part {part_seq} cannot be stored: {reason}.",
        cause="The record holds a value that the database does not take. The part itself was judged as always.",
        action="Report this with the log: it is a mistake in the station's program.",
    ),
    lasting(
        FaultCode.PASSED_PICTURES_STOPPED, "warning", "devices",
        sentence="Room is short on the disk of {folder} ({free_gb} GB free): passed parts' pictures are not kept.",
        cause="Less room is free than 'pictures.free_gb_min' asks for. Pictures of rejects, and records, are still "
        "written.",
        action="Make room on this disk, or lower 'pictures.budget_gb'. It goes on by itself.",
    ),
    lasting(
        FaultCode.PICTURES_STOPPED, "fault", "devices",
        sentence="The disk of {folder} is full ({free_gb} GB free): no pictures are kept, records go on.",
        cause="The rest of the room is left to the records, which must never stop.",
        action="Make room on this disk. Pictures are kept again by themselves.",
    ),
    event(
        FaultCode.PICTURES_DROPPED, "warning", "devices",
        sentence="Pictures come faster than they can be stored: {count} were not kept.",
        cause="Encoding and disk do not keep up with the line: another program loads this machine, or the disk is "
        "slow. No verdict waits for a picture.",
        action="Look for another program that loads machine or disk, or keep fewer pictures ('pictures.passed_every').",
    ),
    lasting(
        FaultCode.PICTURES_FAULT, "fault", "devices",
        sentence="Pictures cannot be written to {folder}: {reason} Parts are inspected and recorded without them.",
        cause="The folder is missing, read-only or another user's, or the disk is failing.",
        action="Check that the folder exists, belongs to this user and is not read-only. It is tried again.",
    ),
    lasting(
        FaultCode.SIMULATED_BESIDE_REAL_PLC, "fault", "devices",
        sentence="The {device} is simulated, but the PLC is real. The line stands.",
        cause="The configuration, or the GenTL producer that it names, gives a simulated device, whose pictures say "
        "nothing about real parts.",
        action="Use the real device, or set 'peer: simulated' under 'plc:' where no real PLC is connected.",
    ),
    lasting(
        FaultCode.PORT_IN_USE, "warning", "devices",
        sentence="Page or metrics cannot be reached: {reason}",
        cause="Another program uses the port, often a second station, or this machine has no such address.",
        action="Stop the other program that uses it, or choose another port in the configuration.",
    ),
    lasting(
        FaultCode.CONFIGURATION, "fault", "recipes",
        sentence="The configuration cannot be used: {reason}",
        cause="The file was changed and says something that the station cannot do, or a file that it names is missing.",
        action="Run 'station check' on it and mend each line that it names.",
    ),
    lasting(
        FaultCode.USERS_FILE, "fault", "devices",
        sentence="The users in {file} cannot be read: {reason} Nobody can log in.",
        cause="The file was edited by hand or damaged, or belongs to another user. The line is not touched by this.",
        action="Put the file back from a copy, or make the users anew with 'station users' on this machine.",
    ),
)  # fmt: skip
