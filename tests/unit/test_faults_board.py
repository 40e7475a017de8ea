"""A fault is said once when it begins and once when it ends, and is never forgotten in between."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.fault_board import HISTORY_SIZE, FaultBoard
from station.fault_codes import FaultCode
from station.faults import CATALOGUE, EVENT_QUIET_S

LASTING, EVENT, WARNING = FaultCode.CAMERA_DOWN, FaultCode.FRAME_LOST, FaultCode.VERDICT_LATE


class Clock:
    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns

    def pass_s(self, seconds: float) -> None:
        self.ns += int(seconds * 1e9)


def a_board(clock: Clock, begun: list[FaultCode] | None = None) -> FaultBoard:
    seen: list[FaultCode] = [] if begun is None else begun
    return FaultBoard(on_begin=seen.append, clock_ns=clock, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))


def test_a_condition_is_logged_at_its_beginning_and_at_its_end_with_its_length(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    clock = Clock()
    board = a_board(clock)
    for _ in range(5):
        board.raise_(LASTING, camera="line", reason="the cable is out.")
        clock.pass_s(1)
    board.clear(LASTING)
    board.clear(LASTING)
    first, last = caplog.records
    assert first.getMessage() == (
        "E101 Camera line gives no pictures: the cable is out. All parts are rejected. "
        "Check the camera's cable and power. The station keeps trying."
    )
    assert (first.levelno, last.levelno) == (logging.ERROR, logging.INFO)
    assert last.getMessage().startswith("E101 ended after 5.0 s, 5 times: Camera line gives no pictures")


def test_an_event_ends_by_itself_when_it_stays_away_and_begins_anew_later() -> None:
    clock = Clock()
    begun: list[FaultCode] = []
    board = a_board(clock, begun)
    board.raise_(EVENT, camera="line", frame_id=1, reason="ring full")
    clock.pass_s(EVENT_QUIET_S - 0.1)
    board.raise_(EVENT, frame_id=2, reason="ring full")
    clock.pass_s(EVENT_QUIET_S - 0.1)
    (fault,) = board.active()
    assert (fault.count, fault.sentence) == (2, "Frame 1 of camera line was lost (ring full). Its part is rejected.")
    clock.pass_s(0.1)
    assert board.active() == ()
    (ended,) = board.history()
    assert ended.length_s == pytest.approx(EVENT_QUIET_S - 0.1)
    board.raise_(EVENT, frame_id=9, reason="ring full")
    assert begun == [EVENT, EVENT]


def test_a_lasting_condition_never_ends_by_itself() -> None:
    clock = Clock()
    board = a_board(clock)
    board.raise_(LASTING, reason="x")
    clock.pass_s(1e6)
    assert len(board.active()) == 1


def test_two_workers_have_two_faults_of_one_code() -> None:
    board = a_board(Clock())
    board.raise_(FaultCode.WORKER_DIED, about="0", worker=0, reason="signal 9")
    board.raise_(FaultCode.WORKER_DIED, about="1", worker=1, reason="signal 9")
    board.clear(FaultCode.WORKER_DIED, about="0")
    assert [fault.about for fault in board.active()] == ["1"]


def test_the_headline_is_the_oldest_fault_and_a_warning_only_where_there_is_none() -> None:
    clock = Clock()
    board = a_board(clock)
    assert board.worst() is None
    for code in (WARNING, LASTING, EVENT):
        board.raise_(code)
        clock.pass_s(1)
    assert [fault.code for fault in board.active()] == [LASTING, EVENT, WARNING]
    board.clear(LASTING)
    board.clear(EVENT)
    worst = board.worst()
    assert worst is not None
    assert worst.code is WARNING


def test_the_history_is_bounded_and_newest_first() -> None:
    clock = Clock()
    board = a_board(clock)
    for number in range(HISTORY_SIZE + 50):
        board.raise_(LASTING, about=str(number))
        board.clear(LASTING, about=str(number))
    history = board.history()
    assert len(history) == HISTORY_SIZE
    assert history[0].about == str(HISTORY_SIZE + 49)


def test_threads_may_raise_at_the_same_time() -> None:
    begun: list[FaultCode] = []
    board = FaultBoard(on_begin=begun.append)
    threads = [
        threading.Thread(target=lambda: [board.raise_(LASTING, reason="x") for _ in range(500)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert begun == [LASTING]
    assert board.active()[0].count == 2000


steps = st.lists(
    st.tuples(st.sampled_from(["raise", "clear", "wait"]), st.sampled_from([LASTING, EVENT]), st.floats(0, 20)),
    max_size=30,
)


@given(steps)
def test_every_beginning_has_one_end_or_is_still_active(
    story: list[tuple[str, FaultCode, float]],
) -> None:
    clock = Clock()
    begun: list[FaultCode] = []
    board = a_board(clock, begun)
    for what, code, seconds in story:
        if what == "raise":
            board.raise_(code)
        elif what == "clear":
            board.clear(code)
        else:
            clock.pass_s(seconds)
    assert len(begun) == len(board.active()) + len(board.history())
    assert all(CATALOGUE[fault.code].quiet_s or fault.length_s is None for fault in board.active())
