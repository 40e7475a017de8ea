"""The fault catalogue in German, E5 and E6: records, pictures on disk, start-up. Details in braces as in English."""

from __future__ import annotations

from station.fault_codes import FaultCode
from station.fault_kind import Words

STATION_GERMAN: dict[FaultCode, Words] = {
    FaultCode.RECORDS_QUEUE_FULL: Words(
        "Datensätze kommen schneller, als der Datenträger sie annimmt: {size} warten, weitere gehen verloren.",
        "Der Datenträger ist langsam: ein anderes Programm schreibt viel, oder er ist defekt; oder Datensätze konnten "
        "lange nicht geschrieben werden (siehe die Störung daneben).",
        "Nach einem anderen Programm suchen, das den Datenträger benutzt; seinen Zustand prüfen.",
    ),
    FaultCode.DISK_FULL: Words(
        "Der Datenträger von {file} ist voll: Teile werden geprüft, aber nicht aufgezeichnet.",
        "Datensätze, Bilder oder Dateien eines anderen Programms haben ihn gefüllt. Was wartet, bleibt im Speicher, "
        "solange dort Platz ist.",
        "Platz auf diesem Datenträger schaffen. Die Aufzeichnung geht von selbst weiter.",
    ),
    FaultCode.DATABASE_FAULT: Words(
        "In {file} kann nicht aufgezeichnet werden: {reason} Teile werden geprüft, aber nicht aufgezeichnet.",
        "Der Ordner fehlt, ist schreibgeschützt oder gehört einem anderen Benutzer, die Datei ist keine Datenbank oder "
        "beschädigt, oder der Datenträger ist defekt.",
        "Prüfen, ob der Ordner da ist, diesem Benutzer gehört und beschreibbar ist. Es wird weiter versucht.",
    ),
    FaultCode.RECORD_REFUSED: Words(
        "Der Datensatz von Teil {part_seq} kann nicht gespeichert werden: {reason}.",
        "Der Datensatz enthält einen Wert, den die Datenbank nicht nimmt. Das Teil selbst wurde wie immer beurteilt.",
        "Dies mit dem Protokoll melden: es ist ein Fehler im Programm der Station.",
    ),
    FaultCode.PASSED_PICTURES_STOPPED: Words(
        "Auf dem Datenträger von {folder} wird Platz knapp ({free_gb} GB frei): Bilder guter Teile werden nicht "
        "aufbewahrt.",
        "Es ist weniger Platz frei, als 'pictures.free_gb_min' verlangt. Bilder ausgeworfener Teile und Datensätze "
        "werden weiter geschrieben.",
        "Platz auf diesem Datenträger schaffen oder 'pictures.budget_gb' senken. Es geht von selbst weiter.",
    ),
    FaultCode.PICTURES_STOPPED: Words(
        "Der Datenträger von {folder} ist voll ({free_gb} GB frei): keine Bilder werden aufbewahrt, die Aufzeichnung "
        "läuft weiter.",
        "Der restliche Platz bleibt den Datensätzen, die nie aufhören dürfen.",
        "Platz auf diesem Datenträger schaffen. Bilder werden dann von selbst wieder aufbewahrt.",
    ),
    FaultCode.PICTURES_DROPPED: Words(
        "Bilder kommen schneller, als sie gespeichert werden können: {count} wurden nicht aufbewahrt.",
        "Kodieren und Datenträger kommen der Linie nicht nach: ein anderes Programm belastet den Rechner, oder der "
        "Datenträger ist langsam. Kein Urteil wartet auf ein Bild.",
        "Nach einem anderen Programm suchen, das Rechner oder Datenträger belastet, oder weniger Bilder aufbewahren "
        "('pictures.passed_every').",
    ),
    FaultCode.PICTURES_FAULT: Words(
        "In {folder} können keine Bilder geschrieben werden: {reason} Teile werden ohne sie geprüft und aufgezeichnet.",
        "Der Ordner fehlt, ist schreibgeschützt oder gehört einem anderen Benutzer, oder der Datenträger ist defekt.",
        "Prüfen, ob der Ordner da ist, diesem Benutzer gehört und beschreibbar ist. Es wird weiter versucht.",
    ),
    FaultCode.SIMULATED_BESIDE_REAL_PLC: Words(
        "Simuliert ist: {device}. Die SPS aber ist echt. Die Linie steht.",
        "Die Konfiguration, oder der GenTL-Producer, den sie nennt, liefert ein simuliertes Gerät, dessen Bilder über "
        "echte Teile nichts sagen.",
        "Das echte Gerät benutzen, oder unter 'plc:' 'peer: simulated' setzen, wo keine echte SPS angeschlossen ist.",
    ),
    FaultCode.PORT_IN_USE: Words(
        "Seite oder Messwerte sind nicht erreichbar: {reason}",
        "Ein anderes Programm belegt den Port, oft eine zweite Station, oder der Rechner hat diese Adresse nicht.",
        "Das andere Programm beenden oder in der Konfiguration einen anderen Port wählen.",
    ),
    FaultCode.CONFIGURATION: Words(
        "Die Konfiguration ist nicht brauchbar: {reason}",
        "Die Datei wurde geändert und verlangt etwas, das die Station nicht kann, oder eine Datei, die sie nennt, "
        "fehlt.",
        "'station check' darauf anwenden und jede Zeile berichtigen, die es nennt.",
    ),
    FaultCode.USERS_FILE: Words(
        "Die Benutzer in {file} sind nicht lesbar: {reason} Niemand kann sich anmelden.",
        "Die Datei wurde von Hand geändert oder beschädigt, oder sie gehört einem anderen Benutzer. Die Linie berührt "
        "das nicht.",
        "Die Datei aus einer Kopie zurückholen oder die Benutzer an diesem Rechner mit 'station users' neu anlegen.",
    ),
}
