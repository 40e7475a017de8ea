"""What one line of the fault catalogue is. Must not know any of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from station.fault_codes import FaultCode

Severity = Literal["fault", "warning"]
"""A fault needs a person; with a warning the station goes on by itself."""
PageView = Literal["line", "devices", "io", "faults", "recipes", "failsafe", "review"]
"""The view of the page where a technician sees more of it."""

_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)")
_BEFORE_A_SENTENCE = re.compile(r"(?<=: )\{(\w+)\}(?= [A-ZÄÖÜ])")
EVENT_QUIET_S = 10.0  # an event that did not happen again for so long has ended


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a fault: what is so, why this happens, what to do. Details are in braces until `filled`."""

    sentence: str
    cause: str
    action: str

    def filled(self, details: Mapping[str, object]) -> Words:
        """With its details; one that was not given shows as '?', since a fault must be said.

        Details are clauses or whole sentences: whichever came, one full stop follows it where a sentence ends.
        """
        known = _Details(details)
        return Words(*(_filled(text, known) for text in (self.sentence, self.cause, self.action)))


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One line of the catalogue, in English.

    `quiet_s` is None for a condition that lasts until it is cleared, and for an event the time without another one
    after which it has ended. `stands`: the line stands by it until a person clears the error, and so long it lasts.
    """

    code: FaultCode
    severity: Severity
    look: PageView
    words: Words
    quiet_s: float | None = None
    stands: bool = False


def lasting(
    code: FaultCode, severity: Severity, look: PageView, *, sentence: str, cause: str, action: str
) -> FaultKind:
    """A condition that lasts until it is cleared."""
    return FaultKind(code, severity, look, Words(sentence, cause, action))


def event(code: FaultCode, severity: Severity, look: PageView, *, sentence: str, cause: str, action: str) -> FaultKind:
    """Something that happens, and is over when it has not happened again for a while."""
    return FaultKind(code, severity, look, Words(sentence, cause, action), EVENT_QUIET_S)


def standing(
    code: FaultCode, severity: Severity, look: PageView, *, sentence: str, cause: str, action: str
) -> FaultKind:
    """Something that stops the line, and is over when a person has cleared the error."""
    return FaultKind(code, severity, look, Words(sentence, cause, action), stands=True)


def _filled(text: str, details: _Details) -> str:
    text = _TWO_STOPS.sub(".", _BEFORE_A_SENTENCE.sub(r"{\1}.", text).format_map(details))
    return text if text.endswith((".", "!", "?")) else f"{text}."


class _Details(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"
