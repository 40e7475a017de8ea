"""Every reason that a part can have reaches the people it concerns: metrics know it, and faults have words."""

from __future__ import annotations

from drivers.plc.messages import PlcFault
from station.core.reasons import Outcome, Reason
from station.fault_codes import FaultCode
from station.faults import CATALOGUE
from station.metrics import PART_REASONS
from station.notice_faults import FAULT_OF_NOTICE
from station.reporter import _FAULT_OF_REASON

FOLLOW_FROM_A_DEVICE = {
    Reason.CAMERA_DOWN,
    Reason.CLASSIFIER_LOST,
    Reason.PLC_SILENT,
    Reason.STOPPING,
    Reason.RING_FULL,
}


FOLLOW_FROM_A_NOTICE = {
    Reason.TRACKING: "tracking lost",
    Reason.TOO_CLOSE: "parts too close",
    Reason.WITHDRAWN: "verdict withdrawn",
}
"""Told once for all parts that it rejects, not by each of them."""
FOLLOW_FROM_THE_LINE = {Reason.LINE_STOPPED, Reason.COUNTERS, Reason.RESTARTED}
"""Said by what stopped the line, by the comparison of the counters, by the start."""


def test_every_reason_is_a_metric_label_under_its_outcome() -> None:
    for reason in Reason:
        assert reason.text in PART_REASONS[reason.outcome.value]


def test_every_forced_reason_is_said_or_follows_from_a_device_that_is() -> None:
    forced = {reason for reason in Reason if reason.outcome is Outcome.FORCED}
    assert forced == set(_FAULT_OF_REASON) | FOLLOW_FROM_A_DEVICE | FOLLOW_FROM_THE_LINE | set(FOLLOW_FROM_A_NOTICE)
    assert set(FOLLOW_FROM_A_NOTICE.values()) <= set(FAULT_OF_NOTICE)
    assert set(_FAULT_OF_REASON.values()) | set(FAULT_OF_NOTICE.values()) <= set(CATALOGUE)


def test_numbers_for_the_plc_are_one_list_without_a_clash() -> None:
    numbers = [code.number for code in FaultCode] + [fault.value for fault in PlcFault]
    assert len(numbers) == len(set(numbers))


def test_every_reason_has_a_bit_and_fits_the_register() -> None:
    assert all(0 < reason.bit <= 0x8000 for reason in Reason)
    assert len({reason.bit for reason in list(Reason)[:16]}) == 16
