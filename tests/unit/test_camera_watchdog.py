"""What counts as silence, and what is done about it, one step after the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.interface import Frame, FrameHeld
from drivers.camera.supervision import Recovery, RecoveryLadder, RestartBudget
from drivers.camera.watchdog import FrameWatch, Holds, Silence

FRAME_COUNTS = 1000


def frame_in(slot: int, frame_id: int) -> Frame:
    return Frame(slot, frame_id, 3, 4, 5, None, 640, 360, 360, "Mono8", 0)


def told(watch: FrameWatch, *counts: int) -> list[str | None]:
    return [watch.encoder(count) for count in counts]


def test_an_encoder_that_turns_without_frames_is_told_after_two_and_a_half() -> None:
    watch = FrameWatch(FRAME_COUNTS)
    assert told(watch, 0, 900, 1800, 2500) == [None] * 4
    assert watch.encoder(2501) == "the encoder moved by 2.5 frames (2501 counts) and no frame came"
    assert told(watch, 2600, 4000) == [None, None]
    assert watch.encoder(5200) is not None


@given(st.lists(st.integers(-50, 50), max_size=200))
def test_a_stopped_or_trembling_belt_is_no_fault(moves: list[int]) -> None:
    watch = FrameWatch(FRAME_COUNTS)
    count = 0
    for move in moves:
        count = max(-1000, min(1000, count + move))
        assert watch.encoder(count % 2**32) is None


def test_each_frame_begins_the_way_anew() -> None:
    watch = FrameWatch(FRAME_COUNTS)
    for count in range(0, 100_000, 2_400):
        watch.frame()
        assert watch.encoder(count) is None


@pytest.mark.parametrize("direction", [1, -1])
def test_the_wrap_around_of_the_register_is_no_jump(direction: int) -> None:
    watch = FrameWatch(FRAME_COUNTS * direction)
    begin = 0 if direction < 0 else 2**32
    counts = [(begin + direction * moved) % 2**32 for moved in range(-1200, 1300, 400)]
    assert told(watch, *counts) == [None] * len(counts)
    assert watch.encoder((counts[-1] + direction * 200) % 2**32) is not None


def test_moving_the_other_way_makes_no_lines_and_is_no_fault() -> None:
    watch = FrameWatch(FRAME_COUNTS)
    assert told(watch, 0, 2**32 - 2000, 2**32 - 9000) == [None] * 3


def test_a_camera_with_triggered_frames_is_not_watched_by_the_encoder() -> None:
    assert told(FrameWatch(0), 0, 5000, 10**6) == [None] * 3
    assert FrameWatch(FRAME_COUNTS).encoder(None) is None


def test_a_process_may_be_silent_for_as_long_as_it_said() -> None:
    silence = Silence(now_s=10.0, limit_ms=500)
    assert silence.overdue(10.5) is None
    silence.heard(10.4)
    assert silence.overdue(10.9) is None
    silence.heard(10.5, limit_ms=5_000)
    assert silence.overdue(15.5) is None
    assert silence.overdue(15.6) == "the capture process was silent for 5100 ms where 5000 ms are allowed"
    silence.heard(15.6, limit_ms=100)
    assert silence.overdue(15.8) is not None


def test_a_frame_held_for_too_long_is_told_once() -> None:
    holds = Holds(limit_ms=100)
    holds.taken(frame_in(0, 7), now_ns=0)
    holds.taken(frame_in(1, 8), now_ns=50_000_000)
    assert holds.overdue(100_000_000) == []
    assert holds.overdue(120_000_000) == [FrameHeld(7, 0, 120)]
    assert holds.overdue(130_000_000) == []
    holds.released(frame_in(0, 7))
    holds.released(frame_in(1, 8))
    holds.taken(frame_in(0, 9), now_ns=200_000_000)
    assert holds.overdue(290_000_000) == []
    assert holds.overdue(310_000_000) == [FrameHeld(9, 0, 110)]


def test_what_did_not_help_is_followed_by_something_stronger() -> None:
    ladder = RecoveryLadder(RestartBudget(100))
    assert [ladder.next(0.0) for _ in range(4)] == [
        Recovery.RESTART_STREAM,
        Recovery.REOPEN,
        Recovery.RESPAWN,
        Recovery.RESPAWN,
    ]
    ladder.frame()
    assert ladder.next(0.0) is Recovery.RESTART_STREAM


def test_five_recoveries_a_minute_then_the_process_is_replaced() -> None:
    ladder = RecoveryLadder()
    for second in range(5):
        assert ladder.next(second) is Recovery.RESTART_STREAM
        ladder.frame()
    assert ladder.next(5.0) is Recovery.RESPAWN
    ladder.frame()
    assert ladder.next(60.5) is Recovery.RESTART_STREAM
