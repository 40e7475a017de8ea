"""The catalogue of faults: one code, one sentence, one action for each condition that a person should know of.

The log, the page, the metric label and the printed list all read this table. E1xx camera, E2xx PLC, E3xx model,
E4xx picture, ledger, line and gate, E5xx records and disk, E6xx configuration and start-up. Must not know who
raises what.
"""

from __future__ import annotations

from station.fault_codes import FaultCode
from station.fault_kind import EVENT_QUIET_S, FaultKind, Severity
from station.fault_kind import event as _event
from station.fault_kind import lasting as _lasting
from station.faults_camera import CAMERA_KINDS
from station.faults_line import LINE_KINDS

__all__ = ["CATALOGUE", "EVENT_QUIET_S", "FaultKind", "Severity", "sentence_of"]

_KINDS = (
    _lasting(
        FaultCode.PLC_NOT_CONNECTED,
        "fault",
        "There is no connection between station and PLC at {address}.",
        "Check the network cable, that the PLC is in RUN, and that it uses this address.",
    ),
    _lasting(
        FaultCode.PLC_SILENT,
        "fault",
        "The PLC's heartbeat has stood still for {for_ms} ms (limit {limit_ms} ms). All parts are rejected.",
        "Check that the PLC program runs and counts up its heartbeat.",
    ),
    _event(
        FaultCode.HANDSHAKE_TIMEOUT,
        "fault",
        "The PLC did not keep to the handshake: {sentence}",
        "Check the PLC program's handshake (trigger, acknowledge) against the manual's edges.",
    ),
    _event(
        FaultCode.MISSED_TRIGGER,
        "warning",
        "The PLC triggered part {part_seq} while the station was not ready. It is rejected.",
        "Let the PLC wait for TriggerReady, or slow the line down.",
    ),
    _event(
        FaultCode.RESULT_OVERRUN,
        "fault",
        "The result of part {part_seq} found all places taken: the PLC does not fetch results. It is rejected.",
        "Check that the PLC program sets ResultsAck for each result.",
    ),
    _lasting(
        FaultCode.PLC_PORT_IN_USE,
        "fault",
        "{address} is in use by another program, so the PLC cannot reach this station.",
        "Stop the other program (a second station?), or choose another port under 'plc:'.",
    ),
    _lasting(
        FaultCode.MODEL_REFUSED,
        "fault",
        "The model was refused: {reason}",
        "Install the bundle again, or name another one under 'recipe:'.",
    ),
    _lasting(
        FaultCode.WORKER_DIED,
        "fault",
        "Classification worker {worker} ended by itself ({reason}). Its parts are rejected.",
        "The station starts it again. If it comes back: look into the log, and at the machine's memory.",
    ),
    _lasting(
        FaultCode.WORKER_STAYED_DOWN,
        "fault",
        "Classification worker {worker} ended {restarts} times within a minute; it is not started again.",
        "Look into the log for the reason, then restart the station.",
    ),
    _lasting(
        FaultCode.WORKER_STUCK,
        "fault",
        "Classification worker {worker} has not answered for {for_ms} ms (limit {limit_ms} ms).",
        "The station replaces it. If it comes back: look for another program that loads this machine.",
    ),
    _event(
        FaultCode.CLASSIFIER_FAILED,
        "fault",
        "A part could not be classified: {reason}. It is rejected.",
        "If it comes back: install the model bundle again, and look into the log.",
    ),
    _lasting(
        FaultCode.MODEL_UNSIGNED,
        "warning",
        "The model of product {product} is not signed: nobody vouches for it ('models.allow_unsigned').",
        "Let the quality engineer sign the bundle (station model sign), then take the product out of that list.",
    ),
    _event(
        FaultCode.IMAGE_INCOMPLETE,
        "fault",
        "The picture of part {part_seq} is incomplete: {lines_valid} of {lines} lines. It is rejected.",
        "Check the camera's data cable and the encoder; avoid stopping the part within a turn.",
    ),
    _event(
        FaultCode.IMAGE_DARK,
        "fault",
        "The picture of part {part_seq} is all dark. It is rejected.",
        "Check the lamp, the lens cap and the exposure time.",
    ),
    _event(
        FaultCode.IMAGE_SATURATED,
        "fault",
        "The picture of part {part_seq} is overexposed. It is rejected.",
        "Check the lamp and the exposure time, and look for stray light.",
    ),
    _event(
        FaultCode.NO_PART,
        "warning",
        "There is no part in the picture of part {part_seq}. It is rejected.",
        "Check the part sensor and that the part lies in the camera's view.",
    ),
    _event(
        FaultCode.PART_AT_BORDER,
        "warning",
        "Part {part_seq} reaches the border of its picture, so not all of it was seen. It is rejected.",
        "Check the jig's position and the camera's field of view.",
    ),
    _event(
        FaultCode.IMAGE_STALE,
        "fault",
        "The picture of part {part_seq} is old: {reason}. It is rejected.",
        "Check that the part turns and that the camera is triggered for each part.",
    ),
    _event(
        FaultCode.ENCODER_MISMATCH,
        "fault",
        "The encoder does not fit the picture of part {part_seq}: {reason}. It is rejected.",
        "Check the encoder's coupling and cable, and the divider under 'cameras:'.",
    ),
    _event(
        FaultCode.IMAGE_PROBLEM,
        "fault",
        "The picture of part {part_seq} cannot be used: {reason}. It is rejected.",
        "Look at the camera's view of the part; check lamp, lens and jig.",
    ),
    _event(
        FaultCode.IMAGE_BLURRED,
        "fault",
        "The picture of part {part_seq} is blurred (sharpness {sharpness}, at least {sharpness_min}). It is rejected.",
        "Clean the lens and check its focus: 'station camera tune' shows the sharpness live.",
    ),
    _event(
        FaultCode.IMAGE_SIZE,
        "fault",
        "The picture of part {part_seq} has another size or pixel format than configured. It is rejected.",
        "Look for another program that sets this camera; restart the station to set it anew.",
    ),
    _event(
        FaultCode.WRONG_PART,
        "warning",
        "Part {part_seq} is a {part_type} (score {type_score}), but the recipe is for {wanted_type}. It is rejected.",
        "Look for a mixed lot at the infeed; if each part is told so, check which recipe is chosen.",
    ),
    _event(
        FaultCode.UNKNOWN_PART,
        "warning",
        "Part {part_seq} was not recognised: most like {part_type} (score {type_score}), the recipe is for "
        "{wanted_type}. It is rejected.",
        "Look at its picture: a foreign part, or its number is worn, dirty or out of focus.",
    ),
    _lasting(
        FaultCode.LEDGER_IMBALANCE,
        "fault",
        "The ledger does not balance: {triggers} triggered, but {accounted} accounted for. The line is stopped.",
        "Check the parts in the cell by hand, restart the station, and report this with the log.",
    ),
    _event(
        FaultCode.VERDICT_LATE,
        "warning",
        "Part {part_seq} had no verdict at its deadline ({deadline}). It is rejected.",
        "If it comes back: slow the line down, or look for another program that loads this machine.",
    ),
    _event(
        FaultCode.RECORDS_QUEUE_FULL,
        "fault",
        "Records come faster than the disk takes them: {size} are waiting, further ones are lost.",
        "Look for another program that uses the disk; check the disk's health.",
    ),
    _lasting(
        FaultCode.DISK_FULL,
        "fault",
        "The disk of {file} is full: parts are inspected but not recorded.",
        "Make room on this disk. Recording goes on by itself.",
    ),
    _lasting(
        FaultCode.DATABASE_FAULT,
        "fault",
        "Records cannot be written to {file}: {reason} Parts are inspected but not recorded.",
        "Check that the folder exists, belongs to this user and is not read-only. Recording is tried again.",
    ),
    _event(
        FaultCode.RECORD_REFUSED,
        "fault",
        "The record of part {part_seq} cannot be stored: {reason}.",
        "Report this with the log: it is a mistake in the station's program.",
    ),
    _lasting(
        FaultCode.SIMULATED_BESIDE_REAL_PLC,
        "fault",
        "The {device} is simulated, but the PLC is real. The station does not start.",
        "Use the real device, or set 'peer: simulated' under 'plc:' where no real PLC is connected.",
    ),
    _lasting(
        FaultCode.PORT_IN_USE,
        "warning",
        "{what} cannot be served at {address}: {reason}.",
        "Stop the other program that uses it, or choose another port in the configuration.",
    ),
    _lasting(
        FaultCode.CONFIGURATION,
        "fault",
        "The configuration cannot be used: {reason}",
        "Run 'station check' on it and mend each line that it names.",
    ),
)

CATALOGUE: dict[FaultCode, FaultKind] = {kind.code: kind for kind in (*CAMERA_KINDS, *_KINDS, *LINE_KINDS)}


def sentence_of(code: FaultCode, details: dict[str, object]) -> str:
    """The sentence with its details; a detail that was not given shows as '?', since a fault must be said."""
    return CATALOGUE[code].sentence.format_map(_Details(details))


class _Details(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"
