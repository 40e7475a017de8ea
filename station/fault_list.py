"""The fault catalogue as it is printed: for people, as the manual's page, as JSON, and as the page's German phrases.

Pure. Everything comes from the catalogue and from the PLC link's own fault numbers.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from typing import Any

from drivers.plc.messages import PlcFault
from drivers.remote_io.faults import RemoteIoFault
from station.fault_codes import FaultCode
from station.fault_kind import EVENT_QUIET_S, FaultKind, PageView, Severity, Words
from station.faults import CATALOGUE, LANGUAGES, Language, words_of
from station.faults_german import PHRASES

_AREAS: dict[Language, tuple[str, ...]] = {
    "en": (
        "Cameras", "PLC", "Models and recipes", "Parts, pictures, line and gate", "Records and kept pictures",
        "Configuration and start-up",
    ),
    "de": (
        "Kameras", "SPS", "Modelle und Rezepte", "Teile, Bilder, Linie und Weiche",
        "Aufzeichnung und aufbewahrte Bilder", "Konfiguration und Start",
    ),
}  # fmt: skip
"""By the code's first digit, from 1."""
_SEVERITIES: dict[Language, dict[Severity, str]] = {
    "en": {"fault": "fault", "warning": "warning"},
    "de": {"fault": "Störung", "warning": "Warnung"},
}
_VIEWS: dict[Language, dict[PageView, str]] = {
    "en": {
        "line": "Line", "devices": "Devices", "io": "I/O", "faults": "Faults",
        "recipes": "Recipes and models", "failsafe": "Fail-safe test", "review": "Review",
    },
    "de": {
        "line": "Linie", "devices": "Geräte", "io": "E/A", "faults": "Störungen",
        "recipes": "Rezepte und Modelle", "failsafe": "Fail-safe-Test", "review": "Nachprüfung",
    },
}  # fmt: skip
_LABELS: dict[Language, tuple[str, str, str]] = {
    "en": ("Why:", "What to do:", "Where to look:"),
    "de": ("Warum:", "Was tun:", "Wo nachsehen:"),
}
_TITLE: dict[Language, str] = {"en": "# The faults of the station", "de": "# Die Störungen der Station"}
_WIDTH = 100


def catalogue_rows(kinds: Iterable[FaultKind] = tuple(CATALOGUE.values())) -> list[dict[str, Any]]:
    """The catalogue for programs; `de` holds the German words, `plc_code` what the PLC reads in ErrorCode."""
    return [
        {
            "code": kind.code.value,
            "name": kind.code.name,
            "severity": kind.severity,
            "sentence": kind.words.sentence,
            "cause": kind.words.cause,
            "action": kind.words.action,
            "look": kind.look,
            "plc_code": kind.code.number,
            "ends": _ends(kind),
            "de": _as_dict(words_of(kind.code, language="de")),
        }
        for kind in kinds
    ]


def json_text(kinds: Iterable[FaultKind] = tuple(CATALOGUE.values())) -> str:
    """The same as text."""
    return json.dumps(catalogue_rows(kinds), indent=1, ensure_ascii=False) + "\n"


def plain_text(kinds: Iterable[FaultKind] = tuple(CATALOGUE.values()), language: Language = "en") -> str:
    """For a terminal: the code in front, the rest beneath it."""
    blocks: list[str] = []
    for kind in kinds:
        words, (why, do, look) = words_of(kind.code, language=language), _LABELS[language]
        rest = (f"{why} {words.cause}", f"{do} {words.action}", f"{look} {_VIEWS[language][kind.look]}")
        head = f"{kind.code.value} {_SEVERITIES[language][kind.severity]}: {words.sentence}"
        lines = [textwrap.fill(head, _WIDTH, subsequent_indent="     ")]
        lines += [textwrap.fill(text, _WIDTH, initial_indent="     ", subsequent_indent="       ") for text in rest]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def markdown(language: Language = "en") -> str:
    """The manual's page, one section an area; in English with the PLC's own numbers at its end."""
    parts = [_TITLE[language], *([_PREFACE] if language == "en" else [])]
    for digit, area in enumerate(_AREAS[language], start=1):
        parts.append(f"## E{digit}: {area}")
        parts += [_section(kind, language) for kind in CATALOGUE.values() if kind.code.number // 100 == digit]
    if language == "en":
        parts += ["## Numbers 251 to 281 in the PLC's ErrorCode", _PLC_NUMBERS, "\n".join(_plc_table())]
    return "\n\n".join(parts) + "\n"


def kind_of(text: str) -> FaultKind | None:
    """What somebody means who types a code: E204, e204, 204, 254 (a number of the PLC), or a name; None where nothing.

    The PLC link's own numbers are details of one code each.
    """
    wanted = text.strip().upper()
    for code, kind in CATALOGUE.items():
        if wanted in {code.value, str(code.number), code.name}:
            return kind
    number = wanted.removeprefix("PLC-")
    detail = next((code for own, _, code in _plc_numbers() if str(own) == number), None)
    return None if detail is None else CATALOGUE[detail]


def page_phrases() -> str:
    """The ES module by which the page says in German what the station says in English: pairs of templates."""
    pairs: dict[str, str] = {}
    for code in CATALOGUE:
        english, german = (words_of(code, language=language) for language in LANGUAGES)
        for text in ("sentence", "cause", "action"):
            pairs[getattr(english, text)] = getattr(german, text)
    pairs |= PHRASES
    lines = [f"  [{json.dumps(one, ensure_ascii=False)}, {json.dumps(two, ensure_ascii=False)}],"
             for one, two in pairs.items()]  # fmt: skip
    return "\n".join((_PHRASES_HEAD, *lines, "];", ""))


_PREFACE = f"""\
Generated from the catalogue in `station/faults.py` by `station faults --md`; do not edit. On the station,
`station faults E204` prints one entry.

* A **fault** needs a person; with a **warning** the station goes on by itself.
* Each is said once in the log when it begins and once when it ends, and stands on the page as long as it lasts.
  Conditions last until they are over; events until they have not happened again for {EVENT_QUIET_S:.0f} s; what stops
  the line until a person has cleared the error (ClearError at the PLC).
* Words in braces are filled in. The number after E is what the PLC reads in ErrorCode where the line was stopped."""

_PLC_NUMBERS = """\
The connection to the PLC or to remote I/O has numbers of its own for ErrorCode and log (`PLC-254`). Page and metrics
show them under the code beside them, with a sentence of their own."""

_PHRASES_HEAD = """\
// What the station says about faults, as templates: English, then German. Generated from the fault catalogue by
// `station faults --phrases`; do not edit.
export const faultPhrases = ["""


def _section(kind: FaultKind, language: Language) -> str:
    words, (why, do, look) = words_of(kind.code, language=language), _LABELS[language]
    ends = f"; {_ENDS[_ends(kind)]}" if language == "en" else ""
    return "\n".join(
        (
            f"### {kind.code.value} ({_SEVERITIES[language][kind.severity]}{ends})",
            "",
            f"**{words.sentence}**",
            "",
            f"* {why} {words.cause}",
            f"* {do} {words.action}",
            f"* {look} {_VIEWS[language][kind.look]}",
        )
    )


_ENDS = {"cleared": "lasts", "by itself": "an event", "by a person": "stops the line"}


def _ends(kind: FaultKind) -> str:
    if kind.stands:
        return "by a person"
    return "cleared" if kind.quiet_s is None else "by itself"


def _as_dict(words: Words) -> dict[str, str]:
    return {"sentence": words.sentence, "cause": words.cause, "action": words.action}


def _plc_numbers() -> list[tuple[int, str, FaultCode]]:
    """Number, name and catalogue's code of each fault that the PLC link tells by itself."""
    found = [(fault.value, fault.name, FaultCode.HANDSHAKE_TIMEOUT) for fault in PlcFault]
    found += [(fault.value, fault.name, FaultCode.GATE) for fault in RemoteIoFault]
    return [
        (number, name, FaultCode.COUNTERS_DIFFER if number == PlcFault.COUNTERS_DIFFER else code)
        for number, name, code in found
    ]


def _plc_table() -> list[str]:
    rows = [f"| {number} | {name.lower().replace('_', ' ')} | {code.value} |" for number, name, code in _plc_numbers()]
    return ["| number | what | told as |", "| --- | --- | --- |", *rows]
