"""Which faults there are now and which there were: each said once when it begins and once when it ends.

Safe to use from any thread. The words come from the catalogue in `faults`; must not know what raises them, nor who
listens.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from station.fault import Fault, fault_of
from station.fault_codes import FaultCode
from station.fault_news import FaultNews, Heard, ignore
from station.faults import CATALOGUE
from station.logs import part_in_context

__all__ = ["HISTORY_SIZE", "Fault", "FaultBoard"]

HISTORY_SIZE = 200
_S = 1e9


def _ignore(code: FaultCode) -> None:
    del code


class FaultBoard:
    """A fault begins with `raise_`, and ends with `clear`.

    An event ends when it stays away for a while, and what stops the line with `error_cleared`. `on_begin`
    hears the code of each beginning (a counter); `listen` is for those who want to know more. `clock_ns` and `now` are
    for tests.
    """

    def __init__(
        self,
        on_begin: Callable[[FaultCode], None] = _ignore,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock_ns, self._now = clock_ns, now
        self._lock = threading.Lock()
        self._news = FaultNews(on_begin)
        self._active: dict[tuple[FaultCode, str], Fault] = {}
        self._history: deque[Fault] = deque(maxlen=HISTORY_SIZE)
        self._last_id = 0

    def listen(self, on_begin: Heard = ignore, on_end: Heard = ignore, on_acknowledge: Heard = ignore) -> None:
        """From now on these hear of each beginning, end and acknowledgement, in order; of what lasts already, too.

        They are called one after the other, in whichever thread has the news, without a lock: they may use the board,
        and must not wait.
        """
        with self._lock:
            self._news.add((on_begin, on_end, on_acknowledge), self._active.values())
        self._news.tell()

    def raise_(self, code: FaultCode, *, about: str = "", until_cleared: bool = False, **details: object) -> None:
        """The condition holds (or the event happened again). Only its beginning is logged.

        `until_cleared`: the line stands by it, so it lasts until `error_cleared`, whatever the catalogue says of it.
        The part that the caller's log context names is kept with it.
        """
        details = {**part_in_context(), **details}
        clock_ns = self._clock_ns()
        with self._lock:
            self._expire(clock_ns)
            known = self._active.get((code, about))
            if known is None:
                fault = fault_of(self._next_id(), code, about, details, self._now(), clock_ns, stands=until_cleared)
                self._active[code, about] = fault
                self._news.began(fault)
            else:
                self._active[code, about] = known.again(clock_ns, stands=until_cleared)
        self._news.tell()

    def clear(self, code: FaultCode, *, about: str = "") -> None:
        """The condition has ended; nothing happens where it was not there."""
        clock_ns = self._clock_ns()
        with self._lock:
            if (code, about) in self._active:
                self._end((code, about), clock_ns)
        self._news.tell()

    def error_cleared(self) -> None:
        """A person has seen to what stopped the line: all that lasted until then ends."""
        clock_ns = self._clock_ns()
        with self._lock:
            for key, fault in list(self._active.items()):
                if fault.stands:
                    self._end(key, clock_ns)
        self._news.tell()

    def acknowledge(self, fault_id: str, user: str) -> Fault | None:
        """Somebody has seen it, whether it lasts still or not: from now on it is shown, but not loudly.

        The first one counts. None where no fault that is remembered has this id.
        """
        with self._lock:
            self._expire(self._clock_ns())
            found = self._remembered(fault_id)
            if found is not None and found.acknowledged_by is None:
                found = replace(found, acknowledged_by=user, acknowledged_at=self._now())
                self._keep(found)
                self._news.acknowledged(found)
        self._news.tell()
        return found

    def expire(self) -> None:
        """Let events end that have stayed away; to be called now and then, since nobody else may ask for long."""
        with self._lock:
            self._expire(self._clock_ns())
        self._news.tell()

    def active(self) -> tuple[Fault, ...]:
        """What holds now: faults before warnings, what nobody has acknowledged first, older before newer."""
        self.expire()
        with self._lock:
            found = tuple(self._active.values())
        return tuple(sorted(found, key=lambda fault: (fault.severity, not fault.loud, fault.began_ns)))

    def history(self) -> tuple[Fault, ...]:
        """What has ended, newest first; the last 200."""
        self.expire()
        with self._lock:
            return tuple(reversed(self._history))

    def worst(self) -> Fault | None:
        """The fault that the page's headline names, None where all is well."""
        return next(iter(self.active()), None)

    def _next_id(self) -> str:
        """Microseconds since 1970, but never one twice: it grows over restarts, too."""
        self._last_id = max(self._last_id + 1, int(self._now().timestamp() * 1e6))
        return str(self._last_id)

    def _expire(self, clock_ns: int) -> None:
        for key, fault in list(self._active.items()):
            quiet_s = CATALOGUE[fault.code].quiet_s
            if quiet_s is not None and not fault.stands and clock_ns - fault.last_ns >= quiet_s * _S:
                self._end(key, fault.last_ns)

    def _end(self, key: tuple[FaultCode, str], clock_ns: int) -> None:
        fault = self._active.pop(key)
        ended = replace(fault, length_s=(clock_ns - fault.began_ns) / _S)
        self._history.append(ended)
        self._news.ended(ended)

    def _remembered(self, fault_id: str) -> Fault | None:
        return next((fault for fault in (*self._active.values(), *self._history) if fault.id == fault_id), None)

    def _keep(self, fault: Fault) -> None:
        if fault.length_s is None:
            self._active[fault.code, fault.about] = fault
        else:
            place = next(place for place, old in enumerate(self._history) if old.id == fault.id)
            self._history[place] = fault
