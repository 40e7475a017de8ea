"""The packets between the station and its capture process, and how often a process is started again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.features import FeatureWrite
from drivers.camera.interface import (
    CameraDown,
    CameraIdentity,
    CameraUp,
    EncoderTrack,
    Fire,
    Frame,
    FrameLost,
    Recover,
    RingLayout,
)
from drivers.camera.supervision import RestartBudget
from drivers.camera.wire import (
    Alive,
    Misconfigured,
    Order,
    Plan,
    Released,
    Report,
    Tally,
    decode_order,
    decode_plan,
    decode_report,
    encode_order,
    encode_plan,
    encode_report,
)

TRACK = EncoderTrack((0, 45, 359), (4_294_967_290, -6, 1430))


@pytest.mark.parametrize(
    "report",
    [
        Frame(1, 2, 3, 4, 5, TRACK, 640, 360, 100, "Mono12p", 2, 4, 0x11),
        Frame(1, 2, 3, 4, 5, None, 640, 360, 360, "Mono8", 0),
        FrameLost(7, "ring full", 8),
        FrameLost(7, "unknown pixel format", 8, -3),
        CameraDown("it is gone"),
        CameraUp(CameraIdentity("Vendor", "Model", "S1", "1.0", "some.cti", simulated=True)),
        Misconfigured("it refuses"),
        Alive(2_000),
        Tally(1, 2, 3),
    ],
)
def test_every_report_survives_the_wire(report: Report) -> None:
    assert decode_report(encode_report(report)) == report


@pytest.mark.parametrize("order", [Released(3), Fire(), Recover("no frames")])
def test_every_order_survives_the_wire(order: Order) -> None:
    assert decode_order(encode_order(order)) == order


def test_the_plan_survives_the_wire() -> None:
    plan = Plan(
        producer="a.cti",
        serial="S1",
        scene=None,
        model="auto",
        buffers=8,
        chunks=("EncoderValue", "Timestamp"),
        chunks_by_line=True,
        events=("LineTriggerMissed",),
        software_trigger=False,
        counts_per_frame=1440,
        writes=(FeatureWrite("Width", 640), FeatureWrite("Gain", 1.5), FeatureWrite("OffsetX", 0, only_if_there=True)),
        ring=RingLayout(5, 4, 8192, 64, 64),
        held=(0, 2),
        last_frame_id=77,
    )
    assert decode_plan(encode_plan(plan)) == plan


@pytest.mark.parametrize("packet", [b'["Nothing", {}]', b'["Frame", {"slot": 1}]', b"{}", b"garbage", b'["Fire", {}]'])
def test_what_is_not_a_report_is_refused(packet: bytes) -> None:
    with pytest.raises(ValueError, match="not a report"):
        decode_report(packet)


@pytest.mark.parametrize("packet", [b'["Frame", {}]', b'["Released", {}]', b"[]", b"garbage"])
def test_what_is_not_an_order_is_refused(packet: bytes) -> None:
    with pytest.raises(ValueError, match="not an order"):
        decode_order(packet)


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
