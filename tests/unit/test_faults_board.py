"""A fault is said once when it begins and once when it ends, and is never forgotten in between."""

from __future__ import annotations

import io
import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.fault_board import HISTORY_SIZE, Fault, FaultBoard
from station.fault_codes import FaultCode
from station.faults import CATALOGUE, EVENT_QUIET_S
from station.logs import log_context, start_logging

LASTING, EVENT, WARNING = FaultCode.CAMERA_DOWN, FaultCode.FRAME_LOST, FaultCode.VERDICT_LATE
STOPS = FaultCode.REJECT_NOT_CONFIRMED


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
    st.tuples(
        st.sampled_from(["raise", "clear", "error cleared", "wait"]),
        st.sampled_from([LASTING, EVENT, STOPS]),
        st.floats(0, 20),
    ),
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
        elif what == "error cleared":
            board.error_cleared()
        else:
            clock.pass_s(seconds)
    assert len(begun) == len(board.active()) + len(board.history())
    assert all(fault.length_s is None for fault in board.active())
    assert len({fault.id for fault in (*board.active(), *board.history())}) == len(begun)
    assert all(fault.stands or not CATALOGUE[fault.code].stands for fault in board.active())


class Listening:
    """Hears of everything, in order."""

    def __init__(self, board: FaultBoard) -> None:
        self.heard: list[tuple[str, Fault]] = []
        board.listen(
            lambda fault: self.heard.append(("begins", fault)),
            lambda fault: self.heard.append(("ends", fault)),
            lambda fault: self.heard.append(("acknowledged", fault)),
        )

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(what, fault.code.value) for what, fault in self.heard]


def test_what_stops_the_line_lasts_until_a_person_clears_the_error_and_an_event_that_does_so_this_once_too() -> None:
    clock = Clock()
    board = a_board(clock)
    board.raise_(STOPS, detail="part 7 was rejected")
    board.raise_(FaultCode.REJECT_RATE, until_cleared=True, rejects=9, parts=20, stands="; the line is stopped")
    board.raise_(LASTING, reason="x")
    clock.pass_s(1e4)
    assert len(board.active()) == 3
    board.error_cleared()
    assert [fault.code for fault in board.active()] == [LASTING]
    board.raise_(FaultCode.REJECT_RATE, rejects=9, parts=20, stands="")
    clock.pass_s(EVENT_QUIET_S)
    assert [fault.code for fault in board.active()] == [LASTING]


def test_whoever_listens_hears_of_each_beginning_and_end_in_order_and_of_what_lasts_already() -> None:
    clock = Clock()
    board = a_board(clock)
    board.raise_(LASTING, about="shank", reason="x")
    listening = Listening(board)
    board.raise_(EVENT)
    board.raise_(EVENT)
    clock.pass_s(EVENT_QUIET_S)
    board.expire()
    board.clear(LASTING, about="shank")
    assert listening.kinds == [("begins", "E101"), ("begins", "E103"), ("ends", "E103"), ("ends", "E101")]
    begins, ends = listening.heard[1][1], listening.heard[2][1]
    assert (begins.id, begins.length_s, ends.id, ends.length_s, ends.count) == (ends.id, None, begins.id, 0.0, 2)
    assert listening.heard[3][1].ended_at == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=EVENT_QUIET_S)


def test_a_listener_may_use_the_board_and_one_that_fails_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    board = a_board(Clock())

    def fails(fault: Fault) -> None:
        board.raise_(FaultCode.RECORDS_QUEUE_FULL, size=1)
        raise OSError(f"no room for {fault.code.value}")

    board.listen(fails, fails)
    listening = Listening(board)
    board.raise_(LASTING, reason="x")
    board.clear(LASTING)
    assert listening.kinds == [("begins", "E101"), ("begins", "E501"), ("ends", "E101")]
    assert caplog.text.count("could not be passed on") == 3


def test_an_acknowledged_fault_stays_visible_but_is_not_the_headline() -> None:
    clock = Clock()
    board = a_board(clock)
    listening = Listening(board)
    board.raise_(LASTING, reason="x")
    clock.pass_s(1)
    board.raise_(EVENT)
    first = board.active()[0]
    assert (first.code, first.loud) == (LASTING, True)
    seen = board.acknowledge(first.id, "anna")
    assert seen is not None
    assert (seen.acknowledged_by, seen.acknowledged_at) == ("anna", datetime(2026, 1, 1, tzinfo=UTC))
    board.raise_(LASTING, reason="y")
    assert [(fault.code, fault.loud) for fault in board.active()] == [(EVENT, True), (LASTING, False)]
    again = board.acknowledge(first.id, "bert")
    assert again is not None
    assert again.acknowledged_by == "anna", "the first one counts"
    board.clear(LASTING)
    (ended,) = board.history()
    assert (ended.acknowledged_by, ended.count) == ("anna", 2)
    board.raise_(LASTING, reason="x")
    assert board.active()[0].loud, "another beginning is loud again"
    assert listening.kinds.count(("acknowledged", "E101")) == 1


def test_what_has_ended_can_be_acknowledged_and_what_never_was_cannot() -> None:
    board = a_board(Clock())
    board.raise_(LASTING, reason="x")
    board.clear(LASTING)
    ended = board.acknowledge(board.history()[0].id, "anna")
    assert ended is not None
    assert board.history() == (ended,)
    assert board.acknowledge("17", "anna") is None


def test_each_beginning_has_an_id_of_its_own_that_grows_even_while_the_clock_stands() -> None:
    board = a_board(Clock())
    for _ in range(3):
        board.raise_(LASTING, reason="x")
        board.clear(LASTING)
    newest, older, oldest = (int(fault.id) for fault in board.history())
    assert oldest < older < newest < 2**53


def test_the_log_names_the_part_that_a_fault_is_about_and_no_other_one(tmp_path: Path) -> None:
    running = start_logging("INFO", tmp_path / "station.log", io.StringIO())
    clock = Clock()
    board = a_board(clock)
    try:
        with log_context(part_seq=7, part_uid=1007):
            board.raise_(FaultCode.IMAGE_DARK, part_seq=7)
        board.raise_(EVENT, frame_id=1)
        clock.pass_s(EVENT_QUIET_S)
        with log_context(part_seq=8, part_uid=1008):
            board.raise_(WARNING, part_seq=8)
    finally:
        running.stop()
    rows = [json.loads(line) for line in (tmp_path / "station.log").read_text(encoding="utf-8").splitlines()]
    assert [(row["fault"], row.get("part_seq"), row.get("part_uid")) for row in rows] == [
        ("E402", 7, 1007),
        ("E103", None, None),
        ("E402", 7, 1007),
        ("E103", None, None),
        ("E421", 8, 1008),
    ]
    assert board.active()[0].part == {"part_seq": 8, "part_uid": 1008}


def test_details_are_kept_as_they_were_when_it_began() -> None:
    board = a_board(Clock())
    reason = ["the cable"]
    board.raise_(LASTING, camera="line", reason=reason)
    reason.append("is out")
    fault = board.active()[0]
    assert fault.sentence.startswith("Camera line gives no pictures: ['the cable']. All parts")
    assert fault.words("de").sentence.startswith("Kamera line liefert keine Bilder: ")
    assert fault.look == "devices"
