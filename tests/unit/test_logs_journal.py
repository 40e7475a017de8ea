"""Under systemd the journal gets JSON behind its priority, and what child processes say is in the one log by name."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import sys
import threading
from pathlib import Path
from typing import IO

import pytest

from drivers.child_logs import child_environment, priority_of, relay, say_for_child
from station import logs
from station.logs import MESSAGE_CHARS, is_journal, log_context, messages_dropped, start_logging

log = logging.getLogger("station.test")

CHILD = """
import logging, sys
from drivers.child_logs import log_as_child
log_as_child()
log = logging.getLogger("drivers.camera.capture")
log.debug("every detail")
log.info("opened")
log.error("camera %s gave up\\nafter 5 tries", "LINE01")
print("INFO: Created TensorFlow Lite XNNPACK delegate for CPU.", file=sys.stderr)
print("x" * 100_000, file=sys.stderr)
raise ZeroDivisionError
"""


def named_by_journal_stream(stream: IO[str]) -> str:
    status = os.fstat(stream.fileno())
    return f"{status.st_dev}:{status.st_ino}"


def test_the_journal_gets_one_json_line_a_message_behind_its_priority_also_beside_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "journal").open("w", encoding="utf-8") as journal:
        monkeypatch.setenv("JOURNAL_STREAM", named_by_journal_stream(journal))
        running = start_logging("INFO", tmp_path / "station.log", journal)
        with log_context(part_seq=7, part_uid=1007):
            log.warning("late by %d ms\nin two lines", 12)
        log.critical("it stands")
        running.stop()
    first, second = (tmp_path / "journal").read_text(encoding="utf-8").splitlines()
    assert (first[:3], second[:3]) == ("<4>", "<2>")
    row = json.loads(first[3:])
    assert (row["message"], row["part_seq"], row["part_uid"]) == ("late by 12 ms\nin two lines", 7, 1007)
    assert (tmp_path / "station.log").read_text(encoding="utf-8").count("\n") == 2


def test_only_the_very_stream_that_systemd_reads_is_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "one").open("w") as one, (tmp_path / "other").open("w") as other:
        assert not is_journal(one), "not started by systemd"
        monkeypatch.setenv("JOURNAL_STREAM", named_by_journal_stream(one))
        assert is_journal(one)
        assert not is_journal(other), "redirected since"
    assert not is_journal(one), "closed"
    assert not is_journal(io.StringIO())


@pytest.mark.parametrize(
    ("level", "priority"),
    [
        (logging.DEBUG, 7), (logging.INFO, 6), (25, 6), (logging.WARNING, 4), (logging.ERROR, 3), (logging.CRITICAL, 2),
    ],
)  # fmt: skip
def test_each_level_has_syslog_s_priority(level: int, priority: int) -> None:
    assert priority_of(level) == priority


def test_a_message_too_long_for_the_journal_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    running = start_logging("INFO", tmp_path / "station.log", io.StringIO())
    log.error("begin %s end", "x" * 100_000)
    running.stop()
    (line,) = (tmp_path / "station.log").read_text(encoding="utf-8").splitlines()
    message = json.loads(line)["message"]
    assert len(message) < MESSAGE_CHARS + 100
    assert message.startswith("begin xxx")
    assert message.endswith("xxx end")
    assert "characters left out" in message


def test_what_is_dropped_is_counted_for_the_whole_program(monkeypatch: pytest.MonkeyPatch) -> None:
    before = messages_dropped()
    monkeypatch.setattr(logs, "QUEUE_SIZE", 1)

    class Hanging(io.StringIO):
        def write(self, text: str) -> int:
            assert released.wait(20)
            return super().write(text)

    released = threading.Event()
    running = start_logging("INFO", None, Hanging())
    for number in range(10):
        log.info("message %d", number)
    assert messages_dropped() - before == running.dropped >= 8
    released.set()
    running.stop()


async def what_a_child_says(level: str) -> None:
    root = logging.getLogger()
    before = root.level
    root.setLevel(level)
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, stderr=asyncio.subprocess.PIPE, limit=1 << 16, env=child_environment()
        )
        assert process.stderr is not None
        await asyncio.wait_for(relay(process.stderr, "capture", process.pid), 20)
        await process.wait()
    finally:
        root.setLevel(before)


async def test_a_child_s_messages_keep_their_logger_and_level_and_get_its_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await what_a_child_says("INFO")
    said = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    assert said[:3] == [
        ("drivers.camera.capture", "INFO", "opened"),
        ("drivers.camera.capture", "ERROR", "camera LINE01 gave up\nafter 5 tries"),
        ("drivers.child", "INFO", "INFO: Created TensorFlow Lite XNNPACK delegate for CPU."),
    ]
    assert said[-1] == ("drivers.child", "WARNING", "ZeroDivisionError"), "its last words are heard, too"
    assert {vars(record)["process_name"] for record in caplog.records} == {"capture"}
    assert all(isinstance(vars(record)["process_pid"], int) for record in caplog.records)


async def test_a_child_says_only_what_the_station_s_level_lets_through(caplog: pytest.LogCaptureFixture) -> None:
    await what_a_child_says("ERROR")
    assert [record.getMessage() for record in caplog.records] == ["camera LINE01 gave up\nafter 5 tries"]


def test_a_backslash_and_a_line_break_come_through_as_they_were(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert say_for_child(rb"<6>station.x: C:\\new\nfile" + b"\n", "capture", 7) == "C:\\new\nfile"
    assert say_for_child(b"\n", "capture", 7) == ""
    assert [record.getMessage() for record in caplog.records] == ["C:\\new\nfile"]
