"""Which line of the fault catalogue a notice or an alarm of the line machine is."""

from __future__ import annotations

from collections.abc import Mapping

from station.core.alarms import AlarmKind
from station.fault_codes import FaultCode

FAULT_OF_NOTICE: Mapping[str, FaultCode] = {
    "frame without trigger": FaultCode.FRAME_WITHOUT_TRIGGER,
    "part number repeated": FaultCode.HANDSHAKE_TIMEOUT,
    "schedule in the past": FaultCode.HANDSHAKE_TIMEOUT,
    "classifier failed": FaultCode.CLASSIFIER_FAILED,
    "tracking lost": FaultCode.TRACKING_LOST,
    "parts too close": FaultCode.PARTS_TOO_CLOSE,
    "reject not confirmed": FaultCode.REJECT_NOT_CONFIRMED,
    "unexpected reject": FaultCode.REJECT_UNEXPECTED,
    "part missing": FaultCode.PART_MISSING,
    "unexpected part": FaultCode.PART_UNEXPECTED,
    "verdict withdrawn": FaultCode.VERDICT_WITHDRAWN,
    "counters differ": FaultCode.COUNTERS_DIFFER,
}
FAULT_OF_ALARM: Mapping[AlarmKind, FaultCode] = {
    AlarmKind.CONSECUTIVE: FaultCode.CONSECUTIVE_REJECTS,
    AlarmKind.RATE: FaultCode.REJECT_RATE,
    AlarmKind.WRONG_PARTS: FaultCode.WRONG_PARTS,
}
