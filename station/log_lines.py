"""What one log message looks like: plain for a terminal, JSON for a file, JSON behind its priority for the journal.

Must not know where lines go.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from drivers.child_logs import priority_of

_PLAIN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "context"}
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127)} | {10: "\\n", 13: "\\r", 9: "\\t"}


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


class JsonLines(JsonFormatter):
    """`{"time": "...Z", "level": ..., "logger": ..., "message": ..., fields}`, one object a line."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Puts the time, UTC with milliseconds, in front."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data["time"] = at.replace("+00:00", "Z")
        super().add_fields(log_data, record, message_dict)


class JournalLines(JsonLines):
    """The same behind `<3>`: journald takes the number for the entry's priority and keeps the rest as its message."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        return f"<{priority_of(record.levelno)}>{super().format(record)}"


def json_lines(kind: type[JsonLines] = JsonLines) -> logging.Formatter:
    """A formatter of this kind, set up."""
    return kind(
        "%(levelname)s %(name)s %(message)s",
        rename_fields={"levelname": "level", "name": "logger"},
        json_default=str,
        json_ensure_ascii=False,
    )


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN_FIELDS}
