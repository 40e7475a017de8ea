"""Where log messages go: JSON lines to the journal, a file or stderr, one plain line each to a terminal.

Messages pass through a bounded queue to a thread of their own, so that a slow disk never holds up the loop; `stop`
(and the interpreter's exit) writes all that waits. Must not know what is logged.
"""

from __future__ import annotations

import atexit
import copy
import logging
import os
import queue
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from logging.handlers import QueueHandler, RotatingFileHandler
from pathlib import Path
from typing import TextIO

from station.log_lines import JournalLines, PlainFormatter, json_lines

QUEUE_SIZE = 10_000
FILE_BYTES = 20_000_000
FILES_KEPT = 5
STOP_LIMIT_S = 5.0
MESSAGE_CHARS, TRACE_CHARS = 8_000, 24_000
"""journald splits lines over 48 KB, and then neither half is JSON."""
PART_FIELDS = ("part_seq", "part_uid")
"""The PLC's number of a part, which repeats, and our own, which does not."""

_NOISY = ("aiohttp.access", "asyncio", "pymodbus", "harvesters", "urllib3")
_context: ContextVar[dict[str, object] | None] = ContextVar("log_context", default=None)


class _Dropped:
    total = 0


_dropped = _Dropped()


class LogFileError(Exception):
    """The log file cannot be written; one sentence."""


@contextmanager
def log_context(**fields: object) -> Generator[None]:
    """All messages of this task within the block carry these fields, e.g. `log_context(part_seq=7)`."""
    token = _context.set({**(_context.get() or {}), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def part_in_context() -> dict[str, int]:
    """The part that this task's messages are about: `part_seq` and `part_uid`, as far as the context names them."""
    fields = _context.get() or {}
    named = {name: fields.get(name) for name in PART_FIELDS}
    return {name: number for name, number in named.items() if isinstance(number, int)}


class Logs:
    """The running log. `stop` writes what waits, restores what was before, and is safe to repeat."""

    def __init__(self, level: str, handlers: list[logging.Handler]) -> None:
        self._handlers = handlers
        messages: queue.Queue[logging.LogRecord | None] = queue.Queue(QUEUE_SIZE)
        self._front = _Front(messages)
        self._back = _Back(messages, handlers)
        root = logging.getLogger()
        self._level_before = root.level
        self._stopped = False
        for name in _NOISY:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._back.start()
        root.addHandler(self._front)
        root.setLevel(level)
        logging.captureWarnings(True)
        atexit.register(self.stop)

    @property
    def dropped(self) -> int:
        """Messages that found the queue full."""
        return self._front.dropped

    def stop(self) -> None:
        """Ends logging; nothing that was logged before is lost, unless the disk hangs longer than the limit."""
        if self._stopped:
            return
        self._stopped = True
        atexit.unregister(self.stop)
        logging.captureWarnings(False)
        root = logging.getLogger()
        root.removeHandler(self._front)
        root.setLevel(self._level_before)
        self._back.stop()
        for handler in self._handlers:
            handler.close()


def start_logging(level: str = "INFO", file: Path | None = None, stream: TextIO | None = None) -> Logs:
    """Sends all messages from `level` on to `file` (JSON lines, rotated) and to `stream` (default: stderr).

    A terminal gets plain lines and the journal JSON lines behind their priority, both also beside a file; another
    stream gets JSON lines, where there is no file. Raises LogFileError.
    """
    out: TextIO | None = sys.stderr if stream is None else stream
    handlers: list[logging.Handler] = []
    if file is not None:
        handlers.append(_with(_file_handler(file), json_lines()))
    if out is not None and out.isatty():
        handlers.append(_with(logging.StreamHandler(out), PlainFormatter()))
    elif out is not None and is_journal(out):
        handlers.append(_with(logging.StreamHandler(out), json_lines(JournalLines)))
    elif out is not None and file is None:
        handlers.append(_with(logging.StreamHandler(out), json_lines()))
    return Logs(level, handlers)


def is_journal(stream: TextIO) -> bool:
    """Whether systemd reads this very stream into its journal: JOURNAL_STREAM names its device and inode."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or no file at all
        return False
    return os.environ.get("JOURNAL_STREAM", "") == f"{status.st_dev}:{status.st_ino}"


def messages_dropped() -> int:
    """Messages that this program has dropped since it began, because its log was written too slowly."""
    return _dropped.total


class _Front(QueueHandler):
    """The side of the loop: makes the record independent of what it names, and queues it without waiting."""

    def __init__(self, messages: queue.Queue[logging.LogRecord | None]) -> None:
        super().__init__(messages)
        self._messages = messages
        self.dropped = 0
        self._untold = 0

    def _drop(self) -> None:
        self.dropped += 1
        self._untold += 1
        _dropped.total += 1

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """The record with its text made now and its context attached."""
        ready = copy.copy(record)
        ready.msg, ready.args = _cut(record.getMessage(), MESSAGE_CHARS), None
        if record.exc_info:
            ready.exc_text = _cut(logging.Formatter().formatException(record.exc_info), TRACE_CHARS)
            ready.exc_info = None
        for name, value in (_context.get() or {}).items():
            if not hasattr(ready, name):
                setattr(ready, name, value)
        return ready

    def enqueue(self, record: logging.LogRecord) -> None:
        """Queues the record; a full queue drops it, counts it, and says so as soon as there is room."""
        try:
            self._messages.put_nowait(record)
            if self._untold:
                told, self._untold = self._untold, 0
                text = f"{told} log messages were dropped: the log is written too slowly"
                notice = logging.LogRecord("station.logs", logging.WARNING, __file__, 0, text, None, None)
                self._messages.put_nowait(notice)
        except queue.Full:
            self._drop()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """A message with a wrong format is a message still."""
        try:
            self._messages.put_nowait(_unformatted(record))
        except queue.Full:
            self._drop()


class _Back:
    """The side of the disk: a thread that writes what was queued. `stop` has a limit, which QueueListener's has not."""

    def __init__(self, messages: queue.Queue[logging.LogRecord | None], handlers: list[logging.Handler]) -> None:
        self._messages, self._handlers = messages, handlers
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self.start = self._thread.start

    def stop(self) -> None:
        with suppress(queue.Full):
            self._messages.put(None, timeout=STOP_LIMIT_S)
        self._thread.join(STOP_LIMIT_S)

    def _run(self) -> None:
        while (record := self._messages.get()) is not None:
            for handler in self._handlers:
                handler.handle(record)


class _QuietFileHandler(RotatingFileHandler):
    """A disk that is full must not fill stderr with tracebacks, one for each message."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """The message is lost; the records' writer reports the disk."""


def _cut(text: str, limit: int) -> str:
    """The beginning and the end of a text that is too long: a traceback's last line says what it was."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]} ... {len(text) - 2 * half} characters left out ... {text[-half:]}"


def _unformatted(record: logging.LogRecord) -> logging.LogRecord:
    ready = copy.copy(record)
    ready.msg, ready.args, ready.exc_info = f"(wrong format) {record.msg!r} {record.args!r}", None, None
    return ready


def _file_handler(file: Path) -> logging.Handler:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return _QuietFileHandler(file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8")
    except OSError as error:
        raise LogFileError(
            f"The log file {file} cannot be written ({error.strerror}); choose another path under 'log:'."
        ) from None


def _with(handler: logging.Handler, formatter: logging.Formatter) -> logging.Handler:
    handler.setFormatter(formatter)
    return handler
