"""Where log messages go: JSON lines to a file or to stderr, one plain line each to a terminal.

Messages pass through a bounded queue to a thread of their own, so that a slow disk never holds up the loop; `stop`
(and the interpreter's exit) writes all that waits. Must not know what is logged.
"""

from __future__ import annotations

import atexit
import copy
import logging
import queue
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import QueueHandler, RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

from pythonjsonlogger.json import JsonFormatter

QUEUE_SIZE = 10_000
FILE_BYTES = 20_000_000
FILES_KEPT = 5
STOP_LIMIT_S = 5.0

_NOISY = ("aiohttp.access", "asyncio", "pymodbus", "harvesters", "urllib3")
_PLAIN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "context"}
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127)} | {10: "\\n", 13: "\\r", 9: "\\t"}
_context: ContextVar[dict[str, object] | None] = ContextVar("log_context", default=None)


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

    A terminal gets plain lines, also beside a file; a stream that is no terminal gets JSON lines, where there is no
    file. Raises LogFileError.
    """
    out: TextIO | None = sys.stderr if stream is None else stream
    handlers: list[logging.Handler] = []
    if file is not None:
        handlers.append(_with(_file_handler(file), _json_formatter()))
    if out is not None and out.isatty():
        handlers.append(_with(logging.StreamHandler(out), PlainFormatter()))
    elif out is not None and file is None:
        handlers.append(_with(logging.StreamHandler(out), _json_formatter()))
    return Logs(level, handlers)


class PlainFormatter(logging.Formatter):
    """`21:36:00.123 WARNING station.faults: what happened [part_seq=7]`, UTC; a traceback follows on its own lines."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        fields = " ".join(f"{name}={value}" for name, value in _extras(record).items())
        text = f"{at} {record.levelname} {record.name}: {record.getMessage()}" + (f" [{fields}]" if fields else "")
        text = text.translate(_CONTROL)
        trace = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else "")
        return f"{text}\n{trace}" if trace else text


class _Front(QueueHandler):
    """The side of the loop: makes the record independent of what it names, and queues it without waiting."""

    def __init__(self, messages: queue.Queue[logging.LogRecord | None]) -> None:
        super().__init__(messages)
        self._messages = messages
        self.dropped = 0
        self._untold = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """The record with its text made now and its context attached."""
        ready = copy.copy(record)
        ready.msg, ready.args = record.getMessage(), None
        if record.exc_info:
            ready.exc_text = logging.Formatter().formatException(record.exc_info)
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
            self.dropped += 1
            self._untold += 1

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """A message with a wrong format is a message still."""
        try:
            self._messages.put_nowait(_unformatted(record))
        except queue.Full:
            self.dropped += 1


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


def _unformatted(record: logging.LogRecord) -> logging.LogRecord:
    ready = copy.copy(record)
    ready.msg, ready.args, ready.exc_info = f"(wrong format) {record.msg!r} {record.args!r}", None, None
    return ready


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN_FIELDS}


def _json_formatter() -> logging.Formatter:
    return _JsonLines(
        "%(levelname)s %(name)s %(message)s", rename_fields={"levelname": "level", "name": "logger"}, json_default=str
    )


class _JsonLines(JsonFormatter):
    """`{"time": "...Z", "level": ..., "logger": ..., "message": ..., fields}`, one object a line."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Puts the time, UTC with milliseconds, in front."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data["time"] = at.replace("+00:00", "Z")
        super().add_fields(log_data, record, message_dict)


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
