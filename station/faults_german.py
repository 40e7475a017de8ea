"""The fault catalogue in German, by code, and the closed phrases that the station's program puts in as details.

What cameras, PLC and files say themselves stays as they said it. Must not know who raises what.
"""

from __future__ import annotations

from collections.abc import Mapping

from station.fault_codes import FaultCode
from station.fault_kind import Words
from station.faults_german_devices import DEVICES_GERMAN
from station.faults_german_parts import PARTS_GERMAN
from station.faults_german_station import STATION_GERMAN

GERMAN: Mapping[FaultCode, Words] = {**DEVICES_GERMAN, **PARTS_GERMAN, **STATION_GERMAN}

PHRASES: Mapping[str, str] = {
    "; the line is stopped": "; die Linie steht",
    "the gate did not open": "die Weiche öffnete nicht",
    "it": "ihm",
    "none": "keinem bekannten Typ",
    "the PLC": "der SPS",
    "the page": "der Seite",
    "ring full": "Ring voll",
    "incomplete without lines": "unvollständig, ohne Zeilen",
    "not an image": "kein Bild",
    "wrong size": "falsche Größe",
    "unknown pixel format": "unbekanntes Pixelformat",
    "stale frame": "altes Bild",
    "frozen picture": "eingefrorenes Bild",
    "part identity": "Zuordnung des Teils",
    "encoder step": "Schritt des Drehgebers",
    "encoder reversed": "Drehgeber lief zurück",
    "unusable frame": "unbrauchbares Bild",
    "model error": "Fehler des Modells",
}
"""What the program says in English wherever it stands; the catalogue's own sentences are in the tables."""


def german_detail(value: object) -> object:
    """A detail in German where it is one of the closed phrases, and as it is otherwise."""
    return PHRASES.get(value, value) if isinstance(value, str) else value
