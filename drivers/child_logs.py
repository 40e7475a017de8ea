"""How a child process's log messages reach the log of the program that started it: one line each over stderr.

The child writes `<3>logger: message`, the number being syslog's priority; the parent says it again in its own log,
under the same logger and level and with the child's name. Lines without a number (a C library's, an interpreter's last
words) are said, too. Imported by children that count their memory: it must import nothing but `logging`.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from typing import Protocol

LEVEL_VARIABLE = "EDGE_LOG_LEVEL"
MAX_LINE_BYTES = 1 << 16
PRIORITIES: Mapping[int, int] = {
    logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2,
}  # fmt: skip
"""Syslog's priority of each level, as journald reads it in front of a line."""
_LEVELS = {priority: level for level, priority in PRIORITIES.items()}
_OURS = re.compile(r"<([0-7])>([\w.]+): (.*)", re.DOTALL)
_OF_A_LIBRARY = re.compile(r"(INFO|WARNING|ERROR|FATAL): ")


def priority_of(level: int) -> int:
    """Syslog's priority of a logging level: 7 (debug) to 2 (critical)."""
    return next((PRIORITIES[known] for known in sorted(PRIORITIES, reverse=True) if level >= known), 7)


def child_environment() -> dict[str, str]:
    """Ours, and the level from which this program logs: a child need not say what nobody writes down."""
    level = logging.getLevelName(logging.getLogger().getEffectiveLevel())
    return {**os.environ, LEVEL_VARIABLE: str(level)}


class _ChildLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever is in it."""
        text = super().format(record).replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
        return f"<{priority_of(record.levelno)}>{record.name}: {text}"


def log_as_child() -> None:
    """All messages of this process go to stderr as the parent expects them; without a parent's level, warnings on."""
    handler = logging.StreamHandler()
    handler.setFormatter(_ChildLines("%(message)s"))
    known = logging.getLevelNamesMapping()
    level = known.get(os.environ.get(LEVEL_VARIABLE, ""), logging.WARNING)
    logging.basicConfig(level=level, handlers=[handler], force=True)


def say_for_child(line: bytes, process: str, pid: int) -> str:
    """Log one line of a child's stderr; its bare message, empty for an empty line."""
    text = line.decode(errors="replace").rstrip()
    if not text:
        return ""
    ours = _OURS.fullmatch(text)
    if ours is not None:
        level, name, message = _LEVELS.get(int(ours[1]), logging.INFO), ours[2], _unescaped(ours[3])
    else:
        library = _OF_A_LIBRARY.match(text)
        found = "WARNING" if library is None else library[1]
        level, name, message = logging.getLevelNamesMapping()[found], "drivers.child", text
    logging.getLogger(name).log(level, "%s", message, extra={"process_name": process, "process_pid": pid})
    return message


class Lines(Protocol):
    """An asyncio stream."""

    async def readline(self) -> bytes:
        """The next line, empty at the end; ValueError for one that is over the limit."""
        ...


async def relay(stream: Lines, process: str, pid: int) -> None:
    """Say all that the child says, until it has gone."""
    while True:
        try:
            line = await stream.readline()
        except ValueError:  # over the limit: it is skipped
            continue
        if not line:
            return
        say_for_child(line, process, pid)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([\\rn])", lambda found: {"n": "\n", "r": "\r"}.get(found[1], "\\"), text)
