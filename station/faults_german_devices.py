"""The fault catalogue in German, E1 to E3: cameras, PLC, models. Details in braces as in the English table."""

from __future__ import annotations

from station.fault_codes import FaultCode
from station.fault_kind import Words

DEVICES_GERMAN: dict[FaultCode, Words] = {
    FaultCode.CAMERA_DOWN: Words(
        "Kamera {camera} liefert keine Bilder: {reason} Alle Teile werden ausgeworfen.",
        "Die Kamera ist ausgeschaltet oder abgezogen, Kabel oder Netzwerk-Switch sind defekt, ein anderes Programm "
        "hält sie, oder ihr Treiber steht.",
        "Kabel und Spannung der Kamera prüfen. Die Station versucht es weiter.",
    ),
    FaultCode.CAMERA_STAYED_DOWN: Words(
        "Kamera {camera} bleibt aus und wird nicht mehr neu gestartet: {reason} Alle Teile werden ausgeworfen.",
        "Mehrere Neustarts ihres Treibers binnen einer Minute halfen nicht. Meist kommt und geht Spannung oder Kabel, "
        "manchmal ist die Kamera selbst defekt.",
        "Kabel, Spannung und Adresse der Kamera prüfen, dann die Station neu starten.",
    ),
    FaultCode.FRAME_LOST: Words(
        "Bild {frame_id} der Kamera {camera} ging verloren ({reason}). Sein Teil wird ausgeworfen.",
        "Das Bild kam, als alle Bildplätze belegt waren, oder es wurde unterwegs beschädigt. Teile kommen schneller, "
        "als sie geprüft werden, der Rechner ist mit anderem beschäftigt, oder das Datenkabel ist schlecht.",
        "Wenn es wiederkehrt: die Linie langsamer fahren, nach einem anderen Programm suchen, das den Rechner "
        "belastet, und das Datenkabel der Kamera prüfen.",
    ),
    FaultCode.FRAME_WITHOUT_TRIGGER: Words(
        "Ein Bild gehört zu keinem Teil, das die SPS gemeldet hat: {detail}.",
        "Die Kamera wurde ausgelöst, ohne dass die SPS bei diesem Drehgeberstand ein Teil meldete: ein prellender "
        "Teilesensor, eine zweite Auslösung oder ein Drehgeber, den beide verschieden zählen.",
        "Prüfen, ob Kamera-Trigger und SPS-Trigger vom selben Sensor kommen.",
    ),
    FaultCode.TRIGGER_WITHOUT_FRAME: Words(
        "Teil {part_seq} wurde gemeldet, aber kein Bild von {view} kam. Es wird ausgeworfen.",
        "Die Kamera sah ihren Trigger nicht, oder das Teil drehte sich nicht, sodass der Drehgeber keine Zeilen gab; "
        "oder das Bild ging im Netz verloren (die Bildnummer hat dann eine Lücke).",
        "Trigger-Leitung der Kamera und Drehgeberkabel prüfen, und ob sich das Teil dreht.",
    ),
    FaultCode.FRAME_HELD: Words(
        "Bild {frame_id} der Kamera {camera} wird seit {held_ms} ms festgehalten: sein Platz im Ring ist nicht frei.",
        "Ein Klassifikations-Prozess kommt mit diesem Bild nicht zu Ende: er hängt oder bekommt keine Rechenzeit.",
        "Im Protokoll nach einem hängenden Prozess sehen. Wenn es wiederkehrt: nach einem Programm suchen, das den "
        "Rechner belastet.",
    ),
    FaultCode.LINES_TOO_FAST: Words(
        "Kamera {camera} verpasste {count} Zeilen-Trigger: das Teil dreht schneller, als die Kamera Zeilen liest.",
        "Der Drehgeber verlangt die nächste Zeile, während die vorige noch belichtet oder gelesen wird; das Bild wird "
        "dadurch verzerrt.",
        "Langsamer drehen, oder unter 'cameras:' den Teiler erhöhen oder die Belichtung verkürzen.",
    ),
    FaultCode.FRAMES_TOO_FAST: Words(
        "Kamera {camera} verpasste {count} Bild-Trigger: ein Teil kam, während das vorige Bild noch gelesen wurde.",
        "Zwei Teile folgen dichter aufeinander, als die Kamera Bilder macht, oder der Trigger prellt.",
        "Den Mindestabstand der Teile einhalten oder weniger Zeilen je Bild aufnehmen.",
    ),
    FaultCode.NO_BUFFER: Words(
        "Kamera {camera} hatte für {count} Bilder keinen freien Puffer. Deren Teile werden ausgeworfen.",
        "Der Aufnahmeprozess bekam eine Weile keine Rechenzeit, sodass alle Puffer des Treibers voll waren.",
        "Nach einem anderen Programm suchen, das den Rechner belastet; mehr 'buffers' unter 'cameras:' überbrücken "
        "eine längere Pause.",
    ),
    FaultCode.PLC_NOT_CONNECTED: Words(
        "Zwischen Station und SPS an {address} besteht keine Verbindung.",
        "Die SPS ist aus oder in STOP, das Netz dazwischen ist unterbrochen, oder eine Seite benutzt eine andere "
        "Adresse.",
        "Netzwerkkabel prüfen, ob die SPS in RUN ist, und ob sie diese Adresse benutzt.",
    ),
    FaultCode.PLC_SILENT: Words(
        "Der Herzschlag der SPS steht seit {for_ms} ms (Grenze {limit_ms} ms). Alle Teile werden ausgeworfen.",
        "Die Verbindung besteht, aber das SPS-Programm zählt PlcHeartbeat nicht hoch: es steht, oder sein Zyklus ist "
        "länger als ein Drittel der Grenze.",
        "Prüfen, ob das SPS-Programm läuft und seinen Herzschlag hochzählt.",
    ),
    FaultCode.HANDSHAKE_TIMEOUT: Words(
        "Die SPS hielt sich nicht an den Handshake: {sentence}",
        "Ein Bit kam zu spät, zu früh oder gar nicht, oder eine Teilenummer kam doppelt. Nach dem Neustart einer Seite "
        "kann das einmal vorkommen; immer wieder ist es das SPS-Programm.",
        "Den Handshake im SPS-Programm (Trigger, Quittung) mit den Flanken im Handbuch vergleichen.",
    ),
    FaultCode.MISSED_TRIGGER: Words(
        "Die SPS meldete Teil {part_seq}, als die Station nicht bereit war. Es wird ausgeworfen.",
        "Die SPS wartet nicht auf TriggerReady, oder es sind mehr Teile unterwegs, als die Station verfolgen kann.",
        "Die SPS auf TriggerReady warten lassen oder die Linie langsamer fahren.",
    ),
    FaultCode.RESULT_OVERRUN: Words(
        "Für das Ergebnis von Teil {part_seq} war kein Platz frei: die SPS holt keine Ergebnisse ab. Es wird "
        "ausgeworfen.",
        "Acht Ergebnisse warten auf die SPS, die sie nicht quittiert hat: ihr Programm setzt ResultsAck nicht oder "
        "wartet auf etwas anderes.",
        "Prüfen, ob das SPS-Programm für jedes Ergebnis ResultsAck setzt.",
    ),
    FaultCode.PLC_PORT_IN_USE: Words(
        "Die SPS kann diese Station nicht erreichen: {reason}",
        "Die Station antwortet der SPS an einer Adresse und einem Port dieses Rechners und bekommt sie nicht: ein "
        "anderes Programm belegt den Port, oft eine zweite Station, oder der Rechner hat diese Adresse nicht; oder die "
        "Zertifikate unter 'plc.tls' sind nicht brauchbar.",
        "Das andere Programm (eine zweite Station?) beenden oder unter 'plc:' andere Adresse oder anderen Port wählen.",
    ),
    FaultCode.COUNTERS_DIFFER: Words(
        "SPS und Station zählen verschieden: {sentence} Die Linie steht.",
        "Ein Teil wurde gemeldet oder sortiert, von dem die andere Seite nichts weiß; ein Teil kann also ohne Urteil "
        "durchgelaufen sein.",
        "Teile zwischen Kamera und Weiche suchen und zum Ausschuss legen, dann den Fehler an der SPS quittieren.",
    ),
    FaultCode.SECOND_WRITER: Words(
        "{count} Schreibzugriffe eines zweiten Modbus-Masters wurden abgelehnt: nur einer darf der Station schreiben.",
        "Eine zweite SPS, ein Bediengerät oder ein Servicewerkzeug schreibt in die Register der Station.",
        "Nach einer zweiten SPS oder HMI suchen, die an diese Adresse schreibt; sie soll nur lesen.",
    ),
    FaultCode.PEER_REFUSED: Words(
        "{count} Modbus-Verbindungen wurden abgelehnt (nicht in plc.allowed_peers, oder ohne passendes Zertifikat).",
        "Ein Gerät will sich verbinden, das es nicht soll, oder dessen Adresse oder Zertifikat sich geändert hat.",
        "Wenn es sich verbinden soll: es unter 'plc.allowed_peers' nennen; die Adresse steht im Protokoll.",
    ),
    FaultCode.MODEL_REFUSED: Words(
        "Das Modell wurde abgelehnt: {reason}",
        "Das Modellpaket ist beschädigt, niemand Bekanntes hat es signiert, es liefert auf diesem Rechner nicht die "
        "Werte seines Referenzsatzes, oder es ist für die Frist zu langsam.",
        "Das Paket neu installieren oder unter 'recipe:' ein anderes nennen.",
    ),
    FaultCode.WORKER_DIED: Words(
        "Klassifikations-Prozess {worker} endete von selbst ({reason}). Seine Teile werden ausgeworfen.",
        "Der Prozess wurde von außen beendet (Status -9: meist, weil der Speicher ausging), oder die Engine stürzte "
        "über einem Bild ab.",
        "Die Station startet ihn neu. Wenn es wiederkehrt: ins Protokoll sehen und nach dem Speicher des Rechners.",
    ),
    FaultCode.WORKER_STAYED_DOWN: Words(
        "Klassifikations-Prozess {worker} bleibt aus ({reason}); er wird nicht mehr gestartet.",
        "Er endete mehr als {restarts}-mal binnen einer Minute, oder er konnte sein Modell nicht wieder laden: das "
        "Paket wurde ausgetauscht, der Speicher ist knapp, oder die Engine stürzt jedes Mal ab.",
        "Den Grund im Protokoll nachsehen, dann die Station neu starten.",
    ),
    FaultCode.WORKER_STUCK: Words(
        "Klassifikations-Prozess {worker} hat seit {for_ms} ms nicht geantwortet (Grenze {limit_ms} ms).",
        "Der Prozess bekommt keine Rechenzeit oder hängt in der Engine. Sein Teil wurde zur Frist ausgeworfen.",
        "Die Station ersetzt ihn. Wenn es wiederkehrt: nach einem anderen Programm suchen, das den Rechner belastet.",
    ),
    FaultCode.CLASSIFIER_FAILED: Words(
        "Ein Teil konnte nicht klassifiziert werden: {reason}. Es wird ausgeworfen.",
        "Der Prozess starb über diesem Bild, zu viele Bilder warteten, oder die Engine endete mit einem Fehler.",
        "Wenn es wiederkehrt: das Modellpaket neu installieren und ins Protokoll sehen.",
    ),
    FaultCode.MODEL_UNSIGNED: Words(
        "Das Modell für Produkt {product} ist nicht signiert: niemand bürgt dafür ('models.allow_unsigned').",
        "Die Konfiguration nimmt das Paket dieses Produkts ohne Signatur, wie man es tut, solange ein Modell erprobt "
        "wird.",
        "Die Qualitätsstelle das Paket signieren lassen (station model sign), dann das Produkt aus der Liste nehmen.",
    ),
    FaultCode.CHANGEOVER_REFUSED: Words(
        "Rezept {recipe_id} wurde nicht übernommen: {reason} Rezept {active_id} bleibt in Gebrauch.",
        "Ein Rezept wird erst übernommen, wenn seine Modelle geladen, vertrauenswürdig, schnell genug und auf ihrem "
        "Referenzsatz richtig sind; dieses war es nicht.",
        "Keine Teile von Rezept {recipe_id} zuführen. Beheben, was der Satz nennt, und das Rezept erneut anfordern, "
        "oder das laufende anfordern.",
    ),
    FaultCode.UNKNOWN_RECIPE: Words(
        "Rezept {recipe_id} wurde angefordert von {who}; diese Station hat {known}. Nichts wurde geändert.",
        "Die Nummer im Auftrag, an der SPS oder auf der Seite steht nicht in der Konfiguration: ein Versehen, oder das "
        "Rezept wurde noch nicht eingetragen.",
        "Eines der vorhandenen Rezepte anfordern oder es unter 'further_recipes:' eintragen.",
    ),
}
