"""Camera settings, the packets between the two processes, and the restart budget."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.camera.features import FeatureWrite
from drivers.camera.interface import (
    CameraDown,
    CameraIdentity,
    CameraUp,
    Frame,
    FrameLost,
    RingLayout,
)
from drivers.camera.settings import CameraSettings
from drivers.camera.supervision import RestartBudget
from drivers.camera.wire import (
    Misconfigured,
    Plan,
    Released,
    Report,
    decode_plan,
    decode_released,
    decode_report,
    encode_order,
    encode_report,
)

FRAME = Frame(1, 2, 3, 4, 5, -6, 640, 360, 100, "Mono8", 2)


def test_the_defaults_are_the_cells_mantle() -> None:
    settings = CameraSettings(scene="scene")
    assert (settings.width_px, settings.lines_per_frame, settings.buffers) == (5472, 3648, 8)
    assert settings.line_trigger is not None
    assert settings.line_trigger.encoder_divider == 4


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"buffers": 7}, "buffers"),
        ({"width_px": "640"}, "width_px"),
        ({"colour": True}, "colour"),
        ({"line_trigger": {"source": "Encoder9"}}, "source"),
        ({"producer": "a.cti", "scene": "x"}, "scene is for the simulated camera only"),
    ],
)
def test_what_is_wrong_is_refused_by_name(values: dict[str, object], key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        CameraSettings.model_validate(values)


def test_every_setting_says_what_it_is() -> None:
    schema = CameraSettings.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        assert all("description" in field for field in part["properties"].values())


@pytest.mark.parametrize(
    "report",
    [
        FRAME,
        FrameLost(7, "ring full", 8),
        CameraDown("it is gone"),
        CameraUp(CameraIdentity("Vendor", "Model", "S1", "1.0", "some.cti", simulated=True)),
        Misconfigured("it refuses"),
    ],
)
def test_every_report_survives_the_wire(report: Report) -> None:
    assert decode_report(encode_report(report)) == report


def test_orders_survive_the_wire() -> None:
    writes = (FeatureWrite("Width", 640), FeatureWrite("Gain", 1.5), FeatureWrite("X", True))
    ring = RingLayout(5, 4, 8192, 64, 64)
    plan = Plan("a.cti", "S1", None, "Mono8", 8, True, writes, ring, (0, 2))
    assert decode_plan(encode_order(plan)) == plan
    assert decode_released(encode_order(Released(3))) == Released(3)


@pytest.mark.parametrize("packet", [b'["Nothing", {}]', b'["Frame", {"slot": 1}]', b"{}", b"garbage"])
def test_what_is_not_a_report_is_refused(packet: bytes) -> None:
    with pytest.raises(ValueError, match="not a report"):
        decode_report(packet)


@pytest.mark.parametrize(("lines_valid", "slot"), [(361, 0), (-1, 0), (3, -1)])
def test_a_frame_refuses_impossible_numbers(lines_valid: int, slot: int) -> None:
    with pytest.raises(ValueError, match="cannot"):
        Frame(slot, 2, 3, 4, 5, None, 640, 360, lines_valid, "Mono8", 0)


def test_five_restarts_a_minute_and_then_no_more_until_time_has_passed() -> None:
    budget = RestartBudget()
    assert [budget.take(second) for second in (0, 1, 2, 3, 4, 5, 59.9)] == [True] * 5 + [False, False]
    assert budget.take(60.0)
    assert not budget.take(60.5)


@given(st.lists(st.floats(0, 20), max_size=60))
def test_no_window_ever_holds_more_than_the_budget(pauses_s: list[float]) -> None:
    budget = RestartBudget(3, 10.0)
    now_s = 0.0
    taken: list[float] = []
    for pause_s in pauses_s:
        now_s += pause_s
        if budget.take(now_s):
            taken.append(now_s)
    assert all(later - earlier >= 10.0 for earlier, later in zip(taken, taken[3:], strict=False))
