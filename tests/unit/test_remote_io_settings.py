"""What remote I/O may be configured as; what is unsafe or does not fit is refused with a sentence that says why."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from drivers.remote_io.settings import RemoteIoSettings
from tests.remote_io_peers import settings

PASS = {"name": "pass", "coil": 3, "opens_for": "pass"}
SORT = {"name": "sort", "coil": 4, "opens_for": 2}


def test_the_registers_and_inputs_that_are_read_are_those_configured():
    one = settings(502, gate_sensor={"input": 9}, reject_sensor={"counter": 7, "table": "holding"})
    assert one.registers("input") == (6, 0, 1, 2, 3)
    assert one.registers("holding") == (7,)
    assert one.inputs() == (0, 9)


@pytest.mark.parametrize(
    "gate",
    [
        PASS | {"opens_for": "reject"},
        PASS | {"opens_for": "rejects"},
        PASS | {"inverted": True},
        PASS | {"normally_open": True},
        {"name": "reject", "coil": 3, "closes_for": "reject"},
    ],
)
def test_a_gate_that_is_energised_to_reject_is_refused_and_the_sentence_says_why(gate: dict[str, object]):
    with pytest.raises(ValidationError, match="a coupler drops its outputs to zero when its master dies"):
        settings(502, gates=[gate])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"gates": []}, "at least 1 item"),
        ({"gates": [SORT]}, "exactly one gate opens for pass, 0 were found"),
        ({"gates": [PASS, PASS | {"name": "two", "coil": 5}]}, "exactly one gate opens for pass, 2 were found"),
        ({"gates": [PASS, SORT | {"coil": 3}]}, "two gates have the same coil (3)"),
        ({"gates": [PASS, SORT | {"name": "pass"}]}, "two gates have the same name (pass)"),
        ({"gates": [PASS, SORT, SORT | {"name": "b", "coil": 9}]}, "two gates have the same opens_for (2)"),
        (
            {"gates": [PASS | {"opens_for": 0}]},
            "the label index of a defect class (1..65535) was expected, 0 was found",
        ),
        ({"gates": [PASS | {"opens_for": True}]}, "True was found"),
        ({"encoder": None, "latch": None}, "either encoder"),
        ({"nominal_counts_per_s": 1000.0}, "either encoder"),
        ({"encoder": None, "nominal_counts_per_s": 1e6}, "latch needs an encoder"),
        ({"latch": {"address": 400}}, "input registers 0 and 401 lie too far apart"),
        ({"bin_full": {"input": 4000}}, "discrete inputs 0 and 4000 lie too far apart"),
        ({"reject_sensor": {}}, "either a counter register (counter) or a discrete input (input): give one"),
        ({"reject_sensor": {"counter": 1, "input": 1}}, "give one"),
        ({"poll_ms": 0}, "greater than or equal to 1"),
        ({"speed": 3}, "Extra inputs are not permitted"),
    ],
)
def test_what_does_not_fit_together_is_refused(more: dict[str, object], said: str):
    with pytest.raises(ValidationError, match=re.escape(said)):
        settings(502, **more)


def test_every_setting_is_described():
    schema = RemoteIoSettings.model_json_schema()
    for model in (schema, *schema["$defs"].values()):
        for name, field in model["properties"].items():
            assert field.get("description") or "$ref" in field, (model["title"], name)
