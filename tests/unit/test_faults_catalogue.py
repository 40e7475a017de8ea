"""Each fault has words that help."""

from __future__ import annotations

import re
import string

import pytest

from station.fault_codes import FaultCode
from station.faults import CATALOGUE, sentence_of


@pytest.mark.parametrize("code", list(FaultCode))
def test_each_code_has_a_sentence_and_an_action(code: FaultCode) -> None:
    kind = CATALOGUE[code]
    assert kind.code is code
    assert kind.sentence[0] in string.ascii_uppercase + "{"
    assert re.search(r"[.}]$", kind.sentence)
    assert re.fullmatch(r"[A-Z].{15,}\.", kind.action)
    assert kind.severity in {"fault", "warning"}


def test_codes_are_unique_lie_in_their_area_and_fit_the_plc_register() -> None:
    assert len({code.value for code in FaultCode}) == len(FaultCode.__members__) == len(CATALOGUE)
    assert all(re.fullmatch(r"E[1-6][0-9]{2}", code.value) for code in FaultCode)
    assert FaultCode.MISSED_TRIGGER.number == 204


def test_a_sentence_carries_its_details_and_survives_missing_ones() -> None:
    assert sentence_of(FaultCode.PLC_NOT_CONNECTED, {"address": "127.0.0.1:502"}) == (
        "There is no connection between station and PLC at 127.0.0.1:502."
    )
    for code in FaultCode:
        assert "{" not in sentence_of(code, {})
