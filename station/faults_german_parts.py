"""The fault catalogue in German, E4: pictures, ledger, line, gate. Details in braces as in the English table."""

from __future__ import annotations

from station.fault_codes import FaultCode
from station.fault_kind import Words

PARTS_GERMAN: dict[FaultCode, Words] = {
    FaultCode.IMAGE_INCOMPLETE: Words(
        "Das Bild von Teil {part_seq} ist unvollständig: {lines_valid} von {lines} Zeilen. Es wird ausgeworfen.",
        "Auf dem Datenkabel gingen Zeilen verloren, oder das Teil blieb stehen, bevor das Bild voll war.",
        "Datenkabel der Kamera und Drehgeber prüfen; das Teil nicht innerhalb einer Umdrehung anhalten.",
    ),
    FaultCode.IMAGE_DARK: Words(
        "Das Bild von Teil {part_seq} ist ganz dunkel. Es wird ausgeworfen.",
        "Die Lampe ist aus oder verdeckt, der Objektivdeckel sitzt auf, oder die Belichtung ist viel zu kurz.",
        "Lampe, Objektivdeckel und Belichtungszeit prüfen.",
    ),
    FaultCode.IMAGE_SATURATED: Words(
        "Das Bild von Teil {part_seq} ist überbelichtet. Es wird ausgeworfen.",
        "Die Lampe ist zu hell oder zu nah, die Belichtung zu lang, oder Fremdlicht fällt ein.",
        "Lampe und Belichtungszeit prüfen und nach Fremdlicht sehen.",
    ),
    FaultCode.NO_PART: Words(
        "Im Bild von Teil {part_seq} ist kein Teil. Es wird ausgeworfen.",
        "Das Teil wurde gemeldet und liegt nicht dort, wohin die Kamera sieht: es fiel herunter, liegt falsch, oder "
        "der Teilesensor sah etwas anderes.",
        "Den Teilesensor prüfen, und ob das Teil im Blick der Kamera liegt.",
    ),
    FaultCode.PART_AT_BORDER: Words(
        "Teil {part_seq} reicht an den Bildrand, wurde also nicht ganz gesehen. Es wird ausgeworfen.",
        "Aufnahme oder Kamera haben sich verschoben, das Teil liegt schief, oder es ist größer als das des Rezepts.",
        "Lage der Aufnahme und Bildfeld der Kamera prüfen.",
    ),
    FaultCode.IMAGE_STALE: Words(
        "Das Bild von Teil {part_seq} ist alt: {reason}. Es wird ausgeworfen.",
        "Kamera oder Treiber lieferten ein früheres Bild noch einmal, ganz oder in Teilen; das Teil selbst wurde nicht "
        "gesehen.",
        "Prüfen, ob sich das Teil dreht und ob die Kamera für jedes Teil ausgelöst wird.",
    ),
    FaultCode.ENCODER_MISMATCH: Words(
        "Der Drehgeber passt nicht zum Bild von Teil {part_seq}: {reason}. Es wird ausgeworfen.",
        "Das Bild begann an anderer Stelle, als der Trigger sagt, oder seine Zeilen liegen ungleich: der Drehgeber "
        "rutscht, dreht zurück oder verliert Impulse, oder beide Seiten zählen mit verschiedenem Teiler.",
        "Kupplung und Kabel des Drehgebers prüfen, und den Teiler unter 'cameras:'.",
    ),
    FaultCode.IMAGE_PROBLEM: Words(
        "Das Bild von Teil {part_seq} ist nicht verwendbar: {reason}. Es wird ausgeworfen.",
        "Das Bild ist vollständig, aber die Prüfung kam damit nicht zurecht: das Teil war nicht, wo es sein soll, oder "
        "die Werte waren keine Zahlen.",
        "Ansehen, wie die Kamera das Teil sieht; Lampe, Objektiv und Aufnahme prüfen.",
    ),
    FaultCode.IMAGE_BLURRED: Words(
        "Das Bild von Teil {part_seq} ist unscharf (Schärfe {sharpness}, mindestens {sharpness_min}). Es wird "
        "ausgeworfen.",
        "Auf dem Objektiv liegt Öl oder Staub, sein Fokusring hat sich verstellt, oder das Teil zittert.",
        "Das Objektiv reinigen und den Fokus prüfen: 'station camera tune' zeigt die Schärfe fortlaufend.",
    ),
    FaultCode.IMAGE_SIZE: Words(
        "Das Bild von Teil {part_seq} hat andere Größe oder anderes Pixelformat als eingestellt. Es wird ausgeworfen.",
        "Ein anderes Programm hat die Kamera verstellt, seit die Station gestartet wurde.",
        "Nach einem anderen Programm suchen, das diese Kamera einstellt; die Station neu starten, damit sie es selbst "
        "tut.",
    ),
    FaultCode.WRONG_PART: Words(
        "Teil {part_seq} ist ein {part_type} (Wert {type_score}), das Rezept ist für {wanted_type}. Es wird "
        "ausgeworfen.",
        "Ein anderer Typ liegt zwischen den Teilen, oder das laufende Rezept ist nicht das dieser Charge.",
        "Am Einlauf nach einer gemischten Charge sehen; wenn jedes Teil so gemeldet wird: prüfen, welches Rezept "
        "gewählt ist.",
    ),
    FaultCode.UNKNOWN_PART: Words(
        "Teil {part_seq} wurde nicht erkannt: am ähnlichsten {part_type} (Wert {type_score}), das Rezept ist für "
        "{wanted_type}. Es wird ausgeworfen.",
        "Das Teil ist von keinem Typ, den das Modell kennt, oder sein Kennzeichen ist im Bild nicht lesbar.",
        "Das Bild ansehen: ein fremdes Teil, oder die Nummer ist abgenutzt, verschmutzt oder unscharf.",
    ),
    FaultCode.LEDGER_IMBALANCE: Words(
        "Das Teilebuch geht nicht auf: {triggers} gemeldet, aber {accounted} nachgewiesen. Die Linie steht.",
        "Ein Teil hat kein Ergebnis oder zwei. Das ist ein Fehler im Programm der Station, nicht an der Linie.",
        "Die Teile in der Zelle von Hand prüfen, die Station neu starten und dies mit dem Protokoll melden.",
    ),
    FaultCode.VERDICT_LATE: Words(
        "Für Teil {part_seq} lag zur Frist ({deadline}) kein Urteil vor. Es wird ausgeworfen.",
        "Bild oder Klassifikation dauerte länger, als der Weg zur Weiche erlaubt: der Rechner ist beschäftigt, oder "
        "Teile kommen schneller, als sie geprüft werden.",
        "Wenn es wiederkehrt: die Linie langsamer fahren oder nach einem anderen Programm suchen, das den Rechner "
        "belastet.",
    ),
    FaultCode.VERDICT_WITHDRAWN: Words(
        "Das Gut-Urteil für Teil {part_seq} kam nicht rechtzeitig zur Weiche und wurde zurückgenommen. Es wird "
        "ausgeworfen.",
        "Die SPS hatte das Ergebnis nicht abgeholt, als das Teil zur Weiche kam, oder die Weiche konnte dafür nicht "
        "öffnen.",
        "Prüfen, ob die SPS jedes Ergebnis abholt, und das Netz zu ihr; dem Teil mehr Weg bis zur Weiche geben.",
    ),
    FaultCode.RESTARTED: Words(
        "Die Station wurde neu gestartet, als die Teile {parts} unterwegs waren. Sie werden ausgeworfen.",
        "Der Strom fiel aus, der Rechner wurde ausgeschaltet, oder die Station wurde beendet, während Teile zwischen "
        "Trigger und Weiche waren.",
        "Die Teile zwischen Kamera und Weiche zum Ausschuss legen.",
    ),
    FaultCode.LEDGER_FILE: Words(
        "Das Teilebuch kann nicht in {file} geführt werden: {reason}",
        "Der Datenträger ist voll, defekt oder schreibgeschützt, der Ordner gehört einem anderen Benutzer, oder die "
        "Datei wurde beschädigt oder gehört einem anderen Programm.",
        "Datenträger und Besitzer des Ordners prüfen; die Station läuft weiter, wüsste nach einem Stromausfall aber "
        "nicht, welche Teile unterwegs waren.",
    ),
    FaultCode.TRACKING_LOST: Words(
        "Die Station hat die Teile aus der Verfolgung verloren: {detail}. Alle Teile unterwegs werden ausgeworfen.",
        "Der Stand des Drehgebers sprang, lief zurück oder wird nicht mehr gelesen; niemand weiß, welches Teil an der "
        "Weiche ist.",
        "Drehgeber, Kupplung und Kabel prüfen und die Strecke bis zur Weiche räumen. Wenn sie steht: den Fehler an der "
        "SPS quittieren.",
    ),
    FaultCode.PARTS_TOO_CLOSE: Words(
        "Die Weiche kann zu dichte Teile nicht trennen: {detail}. Beide werden ausgeworfen.",
        "Der Einlauf hielt die Teile nicht auseinander, oder eines rutschte auf dem Band.",
        "Den Abstand am Einlauf prüfen, oder 'recipe.gate.min_pitch_counts'.",
    ),
    FaultCode.REJECT_NOT_CONFIRMED: Words(
        "Ein Ausschussteil fehlt: {detail}. Die Linie steht.",
        "Die Weiche bewegte sich nicht rechtzeitig oder das Teil klemmte, sodass es bei den guten liegen kann; oder "
        "der Sensor im Schacht sah es nicht fallen.",
        "Bei den guten Teilen nach ihm suchen; Weiche, Druckluft und Schachtsensor prüfen, dann den Fehler quittieren.",
    ),
    FaultCode.REJECT_UNEXPECTED: Words(
        "In den Ausschuss fiel ein Teil, das nicht dorthin sollte: {detail}.",
        "Die Weiche öffnete zu spät oder schloss zu früh für ein gutes Teil, oder jemand warf ein Teil ein.",
        "Lage und Geschwindigkeit der Weiche prüfen; ein schlechtes Teil lief dadurch nicht durch.",
    ),
    FaultCode.PART_MISSING: Words(
        "Auf dem Weg zur Weiche fehlt ein Teil: {detail}.",
        "Das Teil fiel herunter, wurde entnommen oder klemmt; oder der Sensor vor der Weiche ist verschmutzt oder "
        "verstellt.",
        "Nach einem heruntergefallenen oder klemmenden Teil suchen; den Sensor vor der Weiche prüfen.",
    ),
    FaultCode.PART_UNEXPECTED: Words(
        "Auf der Linie ist ein Teil zu viel: {detail}. Die Linie steht.",
        "Ein Teil wurde hinter dem Trigger aufgelegt, zwei Teile lagen am Trigger beisammen, oder der Sensor vor der "
        "Weiche prellt.",
        "Die Strecke bis zur Weiche räumen; am Einlauf nach doppelten Teilen sehen, dann den Fehler quittieren.",
    ),
    FaultCode.AIR_LOW: Words(
        "Die Druckluft der Weiche ist zu niedrig. Kein Teil wird angenommen, die unterwegs werden ausgeworfen.",
        "Der Druckschalter meldet es: die Versorgung ist zu oder zu schwach, oder ein Schlauch ist undicht.",
        "Druckluft wiederherstellen; die Linie läuft von selbst weiter.",
    ),
    FaultCode.BIN_FULL: Words(
        "Der Ausschussbehälter ist voll. Kein weiteres Teil wird angenommen.",
        "Der Sensor am Behälter meldet es: es kamen viele Ausschussteile, oder der Behälter steht nicht richtig.",
        "Behälter leeren; die Linie läuft von selbst weiter.",
    ),
    FaultCode.CONSECUTIVE_REJECTS: Words(
        "{rejects} Teile hintereinander wurden ausgeworfen{stands}.",
        "So viele auf einmal sind selten schlechte Teile: eher haben sich Lampe, Objektiv, Aufnahme oder Kamera "
        "verändert. Die Grenze ist 'recipe.alarms.consecutive_rejects'.",
        "Auf ihren Bildern nach der Ursache sehen (Lampe, Objektiv, Aufnahme oder wirklich schlechte Teile), dann den "
        "Fehler quittieren.",
    ),
    FaultCode.REJECT_RATE: Words(
        "{rejects} der letzten {parts} Teile wurden ausgeworfen{stands}.",
        "Mehr Teile als sonst werden ausgeworfen: die Charge ist schlechter, oder Lampe, Objektiv oder Aufnahme "
        "verändern sich langsam. Die Grenze ist 'recipe.alarms.reject_rate'.",
        "Auf ihren Bildern nach der Ursache sehen: Lampe, Objektiv, Aufnahme oder wirklich schlechte Teile. Wenn die "
        "Linie steht: den Fehler quittieren.",
    ),
    FaultCode.WRONG_PARTS: Words(
        "{rejects} Teile hintereinander gehören nicht zum Rezept oder wurden nicht erkannt{stands}.",
        "Die Charge am Einlauf und das laufende Rezept gehören nicht zusammen, oder das Kennzeichen der Teile ist "
        "nicht mehr lesbar (Licht, Fokus).",
        "Prüfen, welche Charge am Einlauf liegt und welches Rezept gewählt ist, dann den Fehler quittieren.",
    ),
    FaultCode.GATE: Words(
        "Die Weiche wurde nicht wie gewollt bewegt: {sentence}",
        "Der Befehl an die Weiche kam zu spät oder wurde abgelehnt, oder der Buskoppler antwortete nicht. Ein Teil, "
        "das durchlaufen sollte, wird ausgeworfen; keines läuft dadurch durch.",
        "Wenn es wiederkehrt: das Netz des Buskopplers prüfen und die Abstände unter 'recipe.gate'.",
    ),
    FaultCode.FAILSAFE_FAILED: Words(
        "Der geführte Fail-safe-Test scheiterte in Schritt {step}: {reason} Die Linie steht.",
        "Ein Testteil ging nicht dorthin, wohin eine gestörte Station es schicken muss: Weiche, Sensor oder "
        "SPS-Programm tut nicht, was es soll.",
        "Die Linie nicht betreiben, bevor die Ursache gefunden ist; Einzelheiten stehen im Bericht. Dann den Fehler "
        "quittieren.",
    ),
}
