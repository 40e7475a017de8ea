"""The catalogue of faults: what is so, why, and what to do, for each condition that a person should know of.

The log, the page, the metric label, the PLC's ErrorCode and the printed list all read this one table, the page in two
languages. Must not know who raises what.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from station.fault_codes import FaultCode
from station.fault_kind import EVENT_QUIET_S, FaultKind, PageView, Severity, Words
from station.faults_camera import CAMERA_KINDS
from station.faults_german import GERMAN, german_detail
from station.faults_line import LINE_KINDS
from station.faults_model import MODEL_KINDS
from station.faults_picture import PICTURE_KINDS
from station.faults_plc import PLC_KINDS
from station.faults_station import STATION_KINDS

__all__ = ["CATALOGUE", "EVENT_QUIET_S", "LANGUAGES", "FaultKind", "Language", "PageView", "Severity", "Words"]
__all__ += ["sentence_of", "words_of"]

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = ("en", "de")

CATALOGUE: dict[FaultCode, FaultKind] = {
    kind.code: kind
    for kind in sorted(
        (*CAMERA_KINDS, *PLC_KINDS, *MODEL_KINDS, *PICTURE_KINDS, *LINE_KINDS, *STATION_KINDS),
        key=lambda kind: kind.code.value,
    )
}


def words_of(code: FaultCode, details: Mapping[str, object] | None = None, language: Language = "en") -> Words:
    """What is said of this fault in this language; without `details` as the catalogue has it, details in braces.

    Details come from cameras, PLC and files as they said them, mostly in English; the closed phrases among them are
    translated.
    """
    words = CATALOGUE[code].words if language == "en" else GERMAN[code]
    if details is None:
        return words
    if language == "de":
        details = {name: german_detail(value) for name, value in details.items()}
    return words.filled(details)


def sentence_of(code: FaultCode, details: Mapping[str, object]) -> str:
    """The English sentence with its details."""
    return words_of(code, details).sentence
