"""The events of a PLC connection on their way to their one reader: in order, bounded, and what is lost is said.

Must not know what the events tell, or which role the connection has.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from drivers.plc import sentences
from drivers.plc.errors import PlcError
from drivers.plc.messages import HandshakeFault, PlcEvent, PlcFault

_PLACES = 512


class EventQueue:
    """Holds 512 events. One more is lost; a HandshakeFault after those that are there says how many were."""

    def __init__(self) -> None:
        self._events: deque[PlcEvent] = deque()
        self._news = asyncio.Event()
        self._unsaid = 0
        self.lost = 0
        """Events that found no place, since start."""

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: PlcEvent) -> bool:
        """One more; False = it is lost."""
        has_place = len(self._events) < _PLACES
        if has_place:
            self._events.append(event)
        else:
            self._unsaid += 1
            self.lost += 1
        self._news.set()
        return has_place

    def look_anew(self) -> None:
        """A reader that waits asks again whether the connection still runs."""
        self._news.set()

    def pop(self) -> PlcEvent | None:
        """The oldest event; None = there is none."""
        if self._events:
            return self._events.popleft()
        if not self._unsaid:
            return None
        lost, self._unsaid = self._unsaid, 0
        return HandshakeFault(PlcFault.EVENTS_LOST.code, sentences.events_lost(lost))

    async def next(self, why_ended: Callable[[], str | None]) -> PlcEvent:
        """The oldest event, waiting for it; PlcError once none is left and `why_ended` has a sentence. One reader."""
        while (event := self.pop()) is None:
            if (ended := why_ended()) is not None:
                raise PlcError(ended)
            self._news.clear()
            await self._news.wait()
        return event
