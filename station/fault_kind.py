"""What one line of the fault catalogue is. Must not know any of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from station.fault_codes import FaultCode

Severity = Literal["fault", "warning"]

EVENT_QUIET_S = 10.0  # an event that did not happen again for so long has ended


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One line of the catalogue.

    `sentence` has the details in braces; `quiet_s` is None for a condition that lasts until it is cleared, and for
    an event the time without another one after which it has ended.
    """

    code: FaultCode
    severity: Severity
    sentence: str
    action: str
    quiet_s: float | None = None


def lasting(code: FaultCode, severity: Severity, sentence: str, action: str) -> FaultKind:
    """A condition that lasts until it is cleared."""
    return FaultKind(code, severity, sentence, action)


def event(code: FaultCode, severity: Severity, sentence: str, action: str) -> FaultKind:
    """Something that happens, and is over when it has not happened again for a while."""
    return FaultKind(code, severity, sentence, action, EVENT_QUIET_S)
