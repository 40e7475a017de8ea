"""What a check found, and how checks are run so that none can hang the others. Must not know what they look at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "note", "bad"]
"""ok; note: the station runs, and somebody should know; bad: mend it before the line relies on it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what is so, and what to do about it (empty where nothing is)."""

    status: Status
    what: str
    what_to_do: str = ""


def ok(what: str) -> Finding:
    """As it should be."""
    return Finding("ok", what)


def note(what: str, what_to_do: str) -> Finding:
    """Worth knowing; the station runs."""
    return Finding("note", what, what_to_do)


def bad(what: str, what_to_do: str) -> Finding:
    """To be mended."""
    return Finding("bad", what, what_to_do)


@dataclass(frozen=True, slots=True)
class Check:
    """One look at one thing, given up after `limit_s`."""

    group: str
    name: str
    look: Callable[[], Iterable[Finding]]
    limit_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Examined:
    """A check with what it found, and how long it took."""

    group: str
    name: str
    findings: tuple[Finding, ...]
    took_s: float


def examine(checks: Iterable[Check]) -> Iterator[Examined]:
    """One check after the other; a check that hangs is left behind, one that fails by itself is a finding."""
    for check in checks:
        started = time.monotonic()
        findings = _within_limit(check)
        yield Examined(check.group, check.name, findings, time.monotonic() - started)


def all_good(examined: Iterable[Examined]) -> bool:
    """Is nothing bad?"""
    return all(finding.status != "bad" for each in examined for finding in each.findings)


def _within_limit(check: Check) -> tuple[Finding, ...]:
    found: list[Sequence[Finding]] = []

    def look() -> None:
        try:
            found.append(tuple(check.look()))
        except Exception as error:  # noqa: BLE001 - whatever a check stumbles over, the others still tell
            found.append((bad(f"this check failed: {type(error).__name__}: {error}", "report this with the output"),))

    thread = threading.Thread(target=look, name=f"doctor: {check.name}", daemon=True)
    thread.start()
    thread.join(check.limit_s)
    if not found:
        return (bad(f"no answer within {check.limit_s:g} s", "something hangs here: a disk, a driver or a network"),)
    return tuple(found[0])
