"""Each message is one line, carries its fields, and is written before the program ends."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from station import logs
from station.logs import LogFileError, Logs, log_context, start_logging

log = logging.getLogger("station.test")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def stop() -> Iterator[list[Logs]]:
    running: list[Logs] = []
    yield running
    for one in running:
        one.stop()


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_file_gets_json_lines_with_the_fields_of_the_message_and_of_its_part(tmp_path: Path) -> None:
    file = tmp_path / "new" / "station.log"
    running = start_logging("INFO", file, io.StringIO())
    log.debug("not this")
    with log_context(part_seq=7):
        log.warning("late by %d ms", 12, extra={"reason": "deadline"})
    log.info("after: %s", "é\nü")
    running.stop()
    first, second = lines(file)
    assert first.pop("time").endswith("Z")
    assert first == {
        "level": "WARNING",
        "logger": "station.test",
        "message": "late by 12 ms",
        "part_seq": 7,
        "reason": "deadline",
    }
    assert second["message"] == "after: é\nü"
    assert "part_seq" not in second


def test_a_terminal_gets_one_plain_line_a_message_whatever_is_in_it(stop: list[Logs]) -> None:
    terminal = Terminal()
    stop.append(start_logging("INFO", None, terminal))
    with log_context(part_seq=7):
        log.error("first\nsecond \x1b[31mred")
    stop[0].stop()
    (line,) = terminal.getvalue().splitlines()
    assert line.split(" ", 1)[1] == "ERROR station.test: first\\nsecond \\x1b[31mred [part_seq=7]"


def test_a_terminal_beside_a_file_gets_plain_lines_and_a_pipe_gets_none(tmp_path: Path) -> None:
    for stream, expected in ((Terminal(), 1), (io.StringIO(), 0)):
        running = start_logging("INFO", tmp_path / "station.log", stream)
        log.info("hello")
        running.stop()
        assert len(stream.getvalue().splitlines()) == expected
    assert [line["message"] for line in lines(tmp_path / "station.log")] == ["hello", "hello"]


def test_a_pipe_without_a_file_gets_json_lines(stop: list[Logs]) -> None:
    pipe = io.StringIO()
    stop.append(start_logging("WARNING", None, pipe))
    log.info("not this")
    log.warning("this")
    stop[0].stop()
    assert json.loads(pipe.getvalue())["message"] == "this"


def test_tracebacks_and_warnings_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "station.log"
    running = start_logging("INFO", file, io.StringIO())
    try:
        1 / 0  # noqa: B018 - for its failure
    except ZeroDivisionError:
        log.exception("it failed")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("be careful", UserWarning, stacklevel=1)
    running.stop()
    failed, warned = lines(file)
    assert "ZeroDivisionError: division by zero" in failed["exc_info"]
    assert "be careful" in warned["message"]


def test_the_fields_of_one_task_are_not_those_of_another(tmp_path: Path) -> None:
    file = tmp_path / "station.log"
    running = start_logging("INFO", file, io.StringIO())

    async def one(part_seq: int, met: asyncio.Barrier) -> None:
        with log_context(part_seq=part_seq):
            await met.wait()
            log.info("part")

    async def both() -> None:
        met = asyncio.Barrier(2)
        await asyncio.gather(one(1, met), one(2, met))

    asyncio.run(both())
    running.stop()
    assert sorted(line["part_seq"] for line in lines(file)) == [1, 2]


class SlowStream(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def write(self, text: str) -> int:
        assert self.go_on.wait(20)
        return super().write(text)


def test_a_log_that_is_written_too_slowly_drops_counts_and_says_so(
    stop: list[Logs], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "QUEUE_SIZE", 5)
    stream = SlowStream()
    stop.append(start_logging("INFO", None, stream))
    for number in range(20):
        log.info("message %d", number)
    assert stop[0].dropped >= 14
    stream.go_on.set()
    limit_s = time.monotonic() + 20
    while "message 4" not in stream.getvalue() and time.monotonic() < limit_s:
        time.sleep(0.005)
    log.info("there is room again")
    stop[0].stop()
    assert "there is room again" in stream.getvalue()
    assert "log messages were dropped" in stream.getvalue()


def test_nothing_is_lost_at_exit_nor_when_the_program_fails_nor_for_a_wrong_format(tmp_path: Path) -> None:
    program = """
import logging, sys
from pathlib import Path
from station.logs import start_logging
start_logging("INFO", Path(sys.argv[1]))
for number in range(5000):
    logging.getLogger("x").info("message %d", number)
logging.getLogger("x").info("%d parts", "many")
raise SystemExit(3) if sys.argv[2] == "exit" else ZeroDivisionError
"""
    for how, code in (("exit", 3), ("failure", 1)):
        file = tmp_path / how
        done = subprocess.run(
            [sys.executable, "-c", program, str(file), how], capture_output=True, timeout=50, check=False
        )
        assert done.returncode == code
        *messages, wrong = [line["message"] for line in lines(file)]
        assert messages == [f"message {number}" for number in range(5000)]
        assert wrong == "(wrong format) '%d parts' ('many',)"


def test_a_log_file_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogFileError, match=r"^The log file .*/file/station.log cannot be written \(.*\); choose"):
        start_logging("INFO", tmp_path / "file" / "station.log")


def test_stopping_restores_what_was_before(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    running = start_logging("DEBUG", tmp_path / "station.log", io.StringIO())
    running.stop()
    running.stop()
    assert (root.level, list(root.handlers)) == before
