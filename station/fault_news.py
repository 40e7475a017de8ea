"""Says what begins and ends on the fault board: in the log, and to whoever listens; each once, and in order.

News are put under the board's lock and told without it, so that a listener may use the board. Must not know what a
listener does with them.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context
from dataclasses import dataclass
from typing import Literal

from station.fault import Fault
from station.fault_codes import FaultCode

_log = logging.getLogger("station.faults")

Heard = Callable[[Fault], None]
Listener = tuple[Heard, Heard, Heard]
"""Of a beginning, of an end, of an acknowledgement."""
What = Literal["began", "ended", "acknowledged"]
_PLACE: dict[What, int] = {"began": 0, "ended": 1, "acknowledged": 2}


def ignore(fault: Fault) -> None:
    """For those who need not hear of everything."""
    del fault


@dataclass(frozen=True, slots=True)
class _Item:
    what: What
    fault: Fault
    only: Listener | None = None


class FaultNews:
    """`began`, `ended`, `acknowledged` and `add` are called under the board's lock, `tell` without it."""

    def __init__(self, count: Callable[[FaultCode], None]) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._untold: deque[_Item] = deque()
        self._telling = False

    def add(self, listener: Listener, active: Iterable[Fault]) -> None:
        """One more listener, who hears of what lasts already."""
        with self._lock:
            self._listeners = (*self._listeners, listener)
            self._untold.extend(_Item("began", fault, listener) for fault in active)

    def began(self, fault: Fault) -> None:
        """Put that it began."""
        self._untold.append(_Item("began", fault))

    def ended(self, fault: Fault) -> None:
        """Put that it ended."""
        self._untold.append(_Item("ended", fault))

    def acknowledged(self, fault: Fault) -> None:
        """Put that somebody has seen it."""
        self._untold.append(_Item("acknowledged", fault))

    def tell(self) -> None:
        """Tell what was put.

        One thread at a time, so that an end never comes before its beginning; one that comes meanwhile leaves its news
        to the other.
        """
        while True:
            with self._lock:
                if self._telling or not self._untold:
                    return
                self._telling = True
                item, listeners = self._untold.popleft(), self._listeners
            try:
                self._tell(item, listeners)
            finally:
                with self._lock:
                    self._telling = False

    def _tell(self, item: _Item, listeners: tuple[Listener, ...]) -> None:
        if item.only is None:
            # An empty context: the caller's part may be another one than the fault's.
            Context().run(_write, item.what, item.fault)
            if item.what == "began":
                self._count(item.fault.code)
        for listener in listeners if item.only is None else (item.only,):
            try:
                listener[_PLACE[item.what]](item.fault)
            except Exception:  # noqa: BLE001  # whoever listens must not stop the one who raises
                _log.exception("%s %s could not be passed on", item.fault.code.value, item.what)


def _write(what: What, fault: Fault) -> None:
    extra: dict[str, object] = {"fault": fault.code.value, "fault_id": fault.id, **fault.part}
    code, sentence = fault.code.value, fault.sentence
    if what == "began":
        level = logging.ERROR if fault.severity == "fault" else logging.WARNING
        _log.log(level, "%s %s %s", code, sentence, fault.action, extra=extra)
    elif what == "acknowledged":
        _log.info("%s acknowledged by %s: %s", code, fault.acknowledged_by, sentence, extra=extra)
    else:
        length_s = fault.length_s or 0.0
        times = f", {fault.count} times" if fault.count > 1 else ""
        extra["length_s"] = round(length_s, 3)
        _log.info("%s ended after %.1f s%s: %s", code, length_s, times, sentence, extra=extra)
