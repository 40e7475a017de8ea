"""Which faults there are now and which there were: each said once when it begins and once when it ends.

Safe to use from any thread. The words come from the catalogue in `faults`; must not know what raises them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from station.fault_codes import FaultCode
from station.faults import CATALOGUE, Severity, sentence_of

_log = logging.getLogger("station.faults")

HISTORY_SIZE = 200
_S = 1e9


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, from its beginning to its end (`length_s` is None while it lasts).

    `about` tells several of one code apart (a worker's number); `count` is how often it was raised meanwhile.
    """

    code: FaultCode
    about: str
    severity: Severity
    sentence: str
    action: str
    began_at: datetime
    began_ns: int
    last_ns: int
    count: int = 1
    length_s: float | None = None


def _ignore(code: FaultCode) -> None:
    del code


class FaultBoard:
    """Faults begin with `raise_`, and end with `clear` or, for events, when they stay away.

    `on_begin` hears of each beginning (a counter); it must not call the board. `clock_ns` and `now` are for tests.
    """

    def __init__(
        self,
        on_begin: Callable[[FaultCode], None] = _ignore,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._on_begin, self._clock_ns, self._now = on_begin, clock_ns, now
        self._lock = threading.Lock()
        self._active: dict[tuple[FaultCode, str], Fault] = {}
        self._history: deque[Fault] = deque(maxlen=HISTORY_SIZE)

    def raise_(self, code: FaultCode, *, about: str = "", **details: object) -> None:
        """The condition holds (or the event happened again). Only its beginning is logged."""
        clock_ns = self._clock_ns()
        with self._lock:
            self._expire(clock_ns)
            known = self._active.get((code, about))
            if known is not None:
                self._active[code, about] = replace(known, last_ns=clock_ns, count=known.count + 1)
                return
            kind, sentence = CATALOGUE[code], sentence_of(code, details)
            fault = Fault(code, about, kind.severity, sentence, kind.action, self._now(), clock_ns, clock_ns)
            self._active[code, about] = fault
        level = logging.ERROR if kind.severity == "fault" else logging.WARNING
        _log.log(level, "%s %s %s", code.value, sentence, kind.action, extra={"fault": code.value})
        self._on_begin(code)

    def clear(self, code: FaultCode, *, about: str = "") -> None:
        """The condition has ended; nothing happens where it was not there."""
        clock_ns = self._clock_ns()
        with self._lock:
            fault = self._active.pop((code, about), None)
            if fault is not None:
                self._end(fault, clock_ns)

    def active(self) -> tuple[Fault, ...]:
        """What holds now: faults before warnings, older before newer."""
        with self._lock:
            self._expire(self._clock_ns())
            return tuple(sorted(self._active.values(), key=lambda fault: (fault.severity, fault.began_ns)))

    def history(self) -> tuple[Fault, ...]:
        """What has ended, newest first; the last 200."""
        with self._lock:
            self._expire(self._clock_ns())
            return tuple(reversed(self._history))

    def worst(self) -> Fault | None:
        """The fault that the page's headline names, None where all is well."""
        return next(iter(self.active()), None)

    def _expire(self, clock_ns: int) -> None:
        for key, fault in list(self._active.items()):
            quiet_s = CATALOGUE[fault.code].quiet_s
            if quiet_s is not None and clock_ns - fault.last_ns >= quiet_s * _S:
                del self._active[key]
                self._end(fault, fault.last_ns)

    def _end(self, fault: Fault, clock_ns: int) -> None:
        length_s = (clock_ns - fault.began_ns) / _S
        self._history.append(replace(fault, length_s=length_s))
        times = f", {fault.count} times" if fault.count > 1 else ""
        extra = {"fault": fault.code.value, "length_s": round(length_s, 3)}
        _log.info("%s ended after %.1f s%s: %s", fault.code.value, length_s, times, fault.sentence, extra=extra)
