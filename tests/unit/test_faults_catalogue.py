"""Each fault has words that help, in both languages, and the printed lists say the same."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path

import pytest

from drivers.plc.messages import PlcFault
from drivers.remote_io.faults import RemoteIoFault
from station.cli.arguments import run_command
from station.fault_codes import FaultCode
from station.fault_list import kind_of, markdown, page_phrases
from station.faults import CATALOGUE, LANGUAGES, sentence_of, words_of
from station.faults_german import GERMAN, PHRASES

ROOT = Path(__file__).parents[2]
PLACES = re.compile(r"\{(\w+)\}")
SAYS_WHAT_TO_DO = re.compile(r"[A-Z'].{15,}\.", re.DOTALL)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", list(FaultCode))
def test_each_code_says_what_is_so_why_and_what_to_do_in_each_language(code: FaultCode, language: str) -> None:
    kind, words = CATALOGUE[code], words_of(code, language="de" if language == "de" else "en")
    assert kind.code is code
    assert words.sentence[0] in string.ascii_uppercase + "{"
    assert re.search(r"[.}]$", words.sentence)
    for text in (words.cause, words.action):
        assert SAYS_WHAT_TO_DO.fullmatch(text)
        assert "  " not in text
    assert len({words.sentence, words.cause, words.action}) == 3
    assert len(words.sentence) <= 200, "a headline of a 10-inch panel"


@pytest.mark.parametrize("code", list(FaultCode))
def test_the_german_words_are_others_and_take_the_same_details(code: FaultCode) -> None:
    english, german = CATALOGUE[code].words, GERMAN[code]
    for text in ("sentence", "cause", "action"):
        one, other = getattr(english, text), getattr(german, text)
        assert one != other
        assert sorted(PLACES.findall(one)) == sorted(PLACES.findall(other))


def test_details_are_filled_in_both_languages_and_closed_phrases_are_translated() -> None:
    details = {"camera": "shank", "frame_id": 7, "reason": "ring full"}
    english, german = words_of(FaultCode.FRAME_LOST, details), words_of(FaultCode.FRAME_LOST, details, "de")
    assert english.sentence == "Frame 7 of camera shank was lost (ring full). Its part is rejected."
    assert german.sentence == "Bild 7 der Kamera shank ging verloren (Ring voll). Sein Teil wird ausgeworfen."
    alarm = words_of(FaultCode.REJECT_RATE, {"rejects": 9, "parts": 20, "stands": "; the line is stopped"}, "de")
    assert alarm.sentence == "9 der letzten 20 Teile wurden ausgeworfen; die Linie steht."
    assert all(english and german for english, german in PHRASES.items())


def test_a_sentence_ends_with_one_full_stop_whether_its_detail_had_one_or_not() -> None:
    for detail in ("a part number came twice", "a part number came twice."):
        assert sentence_of(FaultCode.HANDSHAKE_TIMEOUT, {"sentence": detail}) == (
            "The PLC did not keep to the handshake: a part number came twice."
        )
        assert "came twice. The line is stopped." in sentence_of(FaultCode.COUNTERS_DIFFER, {"sentence": detail})
        assert "twice. It is rejected." in sentence_of(FaultCode.CLASSIFIER_FAILED, {"reason": detail})


def test_codes_are_unique_lie_in_their_area_and_fit_the_plc_register() -> None:
    assert len({code.value for code in FaultCode}) == len(FaultCode.__members__) == len(CATALOGUE) == len(GERMAN)
    assert all(re.fullmatch(r"E[1-6][0-9]{2}", code.value) for code in FaultCode)
    assert FaultCode.MISSED_TRIGGER.number == 204
    assert list(CATALOGUE) == sorted(CATALOGUE, key=lambda code: code.number)


def test_a_sentence_carries_its_details_and_survives_missing_ones() -> None:
    assert sentence_of(FaultCode.PLC_NOT_CONNECTED, {"address": "127.0.0.1:502"}) == (
        "There is no connection between station and PLC at 127.0.0.1:502."
    )
    for code in FaultCode:
        assert "{" not in sentence_of(code, {})


def test_the_shipped_list_and_the_page_s_phrases_are_those_of_the_catalogue() -> None:
    again = f"run: station faults --md > deploy/faults.md; station faults --phrases > {PHRASES_FILE}"
    assert (ROOT / "deploy" / "faults.md").read_text(encoding="utf-8") == markdown(), again
    assert (ROOT / PHRASES_FILE).read_text(encoding="utf-8") == page_phrases(), again


PHRASES_FILE = "station/page/assets/words/de-faults.js"


def test_the_list_explains_every_number_that_the_plc_can_read() -> None:
    text = markdown()
    for code in FaultCode:
        assert f"### {code.value} (" in text
    for number in (*PlcFault, *RemoteIoFault):
        assert f"| {number.value} | " in text


@pytest.mark.parametrize("asked", ["E254", "e203", "203", "HANDSHAKE_TIMEOUT", "254", "plc-254"])
def test_a_code_is_found_however_it_is_written(asked: str) -> None:
    kind = kind_of(asked)
    if asked == "E254":
        assert kind is None, "254 is the PLC link's own number, not a code of the catalogue"
    else:
        assert kind is CATALOGUE[FaultCode.HANDSHAKE_TIMEOUT]


def test_the_command_prints_one_entry_or_all_as_text_page_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["faults", "E101"]) == 0
    one = capsys.readouterr().out
    assert one.startswith("E101 fault: Camera {camera} gives no pictures")
    assert "Why: The camera is switched off" in one
    assert "What to do: Check the camera's cable and power." in one
    assert "Where to look: Devices" in one
    assert run_command(["faults", "E101", "--lang", "de"]) == 0
    assert "Was tun: Kabel und Spannung der Kamera prüfen." in capsys.readouterr().out
    assert run_command(["faults", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["code"] for row in rows] == [code.value for code in CATALOGUE]
    assert set(rows[0]) >= {"code", "severity", "sentence", "cause", "action", "look", "de"}
    assert run_command(["faults", "--md"]) == 0
    assert capsys.readouterr().out == markdown()


def test_a_code_that_is_none_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["faults", "E999"]) == 2
    assert capsys.readouterr().err.startswith("station: There is no fault E999;")
