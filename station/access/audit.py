"""One line for each command: who, what, how it went. Refused ones are bounded, so that nobody fills a disk with them.

Must not know where lines are written.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from aiohttp import web

from station.access.person import Person

REFUSED_A_MINUTE = 30
_LONGEST = 300
_MINUTE_S = 60.0
_DETAIL = web.RequestKey("audit detail", str)


class AuditSink(Protocol):
    """Takes a line and returns at once."""

    def __call__(self, at: str, user: str, role: str, peer: str, what: str, outcome: str) -> None:
        """`at` ISO 8601 UTC; `what` "POST /api/review/12: good"; `outcome` "done", or "403: why not"."""
        ...


def add_detail(request: web.Request, detail: str) -> None:
    """What the audit line of this command should say beyond method and path; never a password."""
    request[_DETAIL] = detail


class AuditTrail:
    """Writes the lines. `clock_s` is a monotonic clock."""

    def __init__(self, sink: AuditSink, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._sink, self._clock_s = sink, clock_s
        self._minute, self._written, self._left_out = 0, 0, 0

    def tell(self, request: web.Request, person: Person, outcome: str, *, refused: bool) -> None:
        """The line of one command; of those that were refused beyond 30 a minute only the number is told, later."""
        if refused and not self._may_write():
            self._left_out += 1
            return
        if self._left_out:
            outcome = f"{outcome} (before it {self._left_out} more were refused)"
            self._left_out = 0
        what = f"{request.method} {request.rel_url.raw_path}"
        detail = request.get(_DETAIL)
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        what = _printable(what if detail is None else f"{what}: {detail}")
        self._sink(at, person.shown, str(person.role), person.peer, what, _printable(outcome))

    def _may_write(self) -> bool:
        minute = int(self._clock_s() // _MINUTE_S)
        if minute != self._minute:
            self._minute, self._written = minute, 0
        self._written += 1
        return self._written <= REFUSED_A_MINUTE


def outcome_of(response: web.StreamResponse) -> str:
    """The word "done", or the status with the answer's sentence."""
    if response.status < 400:
        return "done"
    sentence = ""
    if isinstance(response, web.Response) and response.content_type == "application/json":
        try:
            answer: Any = json.loads(response.text or "")
        except ValueError:
            answer = None
        if isinstance(answer, dict):
            sentence = str(cast("dict[str, Any]", answer).get("error", ""))
    return f"{response.status}: {sentence}" if sentence else str(response.status)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_LONGEST])
