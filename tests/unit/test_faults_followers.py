"""The board's news reach records and page, whichever thread has them; a broken users' file is a fault."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from pathlib import Path

import pytest

from station.access.accounts import Accounts
from station.access.users_file import UsersFile
from station.fault import Fault
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.fault_followers import keep_faults, tell_faults, users_on_board
from station.records.log_queries import faults_ended, faults_open
from station.records.reading import open_for_reading
from station.records.writer import RecordWriter

LIMIT_S = 20.0


def test_each_fault_is_kept_from_its_beginning_with_who_saw_it_to_its_end(tmp_path: Path) -> None:
    board = FaultBoard()
    path = tmp_path / "parts.sqlite"
    records = RecordWriter(path, board)
    records.start()
    board.raise_(FaultCode.MODEL_UNSIGNED, about="mantle", product="mantle")
    keep_faults(board, records)
    board.raise_(FaultCode.CAMERA_DOWN, about="line", camera="line", reason="the cable is out")
    camera = board.active()[0]
    assert board.acknowledge(camera.id, "anna") is not None
    board.clear(FaultCode.CAMERA_DOWN, about="line")
    assert records.flush(LIMIT_S)
    with closing(open_for_reading(path)) as connection:
        (ended,), (lasting,) = faults_ended(connection), faults_open(connection)
    assert records.stop(LIMIT_S)
    assert (ended.fault_uid, ended.code, ended.about, ended.acknowledged_by) == (camera.id, "E101", "line", "anna")
    assert ended.ended_at is not None
    assert ended.sentence == "Camera line gives no pictures: the cable is out. All parts are rejected."
    assert (lasting.code, lasting.ended_at, lasting.acknowledged_by) == ("E306", None, None)


async def test_the_page_hears_in_its_own_loop_of_what_another_thread_raises() -> None:
    board = FaultBoard()
    heard: asyncio.Queue[tuple[str, bool, str | None, int]] = asyncio.Queue()

    def tell(fault: Fault, begins: bool) -> None:
        heard.put_nowait((fault.code.value, begins, fault.acknowledged_by, threading.get_ident()))

    def elsewhere() -> None:
        board.raise_(FaultCode.DISK_FULL, file="parts.sqlite")
        board.acknowledge(board.active()[0].id, "anna")
        board.clear(FaultCode.DISK_FULL)

    tell_faults(board, tell)
    await asyncio.to_thread(elsewhere)
    news = [await asyncio.wait_for(heard.get(), LIMIT_S) for _ in range(3)]
    here = threading.get_ident()
    assert news == [("E502", True, None, here), ("E502", True, "anna", here), ("E502", False, "anna", here)]


def test_news_after_the_loop_has_ended_harm_nobody(caplog: pytest.LogCaptureFixture) -> None:
    board = FaultBoard()

    async def a_short_run() -> None:
        tell_faults(board, lambda fault, begins: None)

    asyncio.run(a_short_run())
    board.raise_(FaultCode.DISK_FULL, file="parts.sqlite")
    assert "could not be passed on" not in caplog.text


async def test_a_broken_users_file_is_e604_until_it_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    path.write_text("{ this is no list of users", encoding="utf-8")
    board, times = FaultBoard(), iter(range(0, 1000, 10))
    accounts = Accounts(UsersFile(path), on_broken=users_on_board(board, path), clock_s=lambda: next(times))
    await accounts.look()
    (fault,) = board.active()
    assert fault.code is FaultCode.USERS_FILE
    assert str(path) in fault.sentence
    assert fault.sentence.endswith("Nobody can log in.")
    path.unlink()
    await accounts.look()
    assert board.active() == ()
