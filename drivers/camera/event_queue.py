"""A camera's events on their way to their one reader: in order, bounded, frames never dropped."""

from __future__ import annotations

import asyncio
from collections import deque

from drivers.camera.interface import CameraCounts, CameraDown, CameraEvent, CameraUp, Frame

MAX_EVENTS = 128
"""A ring has 64 slots at most, so that frames alone never fill it."""


class EventQueue:
    """Holds MAX_EVENTS events. When it is full the oldest that is neither a frame nor the camera's state makes room.

    Totals that were not read yet are replaced by newer ones.
    """

    def __init__(self) -> None:
        self._events: deque[CameraEvent] = deque()
        self._arrived = asyncio.Event()
        self.dropped = 0
        """Events that made room."""

    def put(self, event: CameraEvent) -> None:
        """One more."""
        if isinstance(event, CameraCounts):
            older = next((each for each in self._events if isinstance(each, CameraCounts)), None)
            if older is not None:
                self._events.remove(older)
        if len(self._events) >= MAX_EVENTS:
            self._make_room()
        self._events.append(event)
        self._arrived.set()

    def _make_room(self) -> None:
        states = (Frame, CameraUp, CameraDown)
        oldest = next((event for event in self._events if not isinstance(event, states)), None)
        if oldest is None:
            oldest = next(event for event in self._events if not isinstance(event, Frame))
        self._events.remove(oldest)
        self.dropped += 1

    async def next(self) -> CameraEvent:
        """The oldest event, when there is one. One reader at a time."""
        while not self._events:
            self._arrived.clear()
            await self._arrived.wait()
        return self._events.popleft()

    def clear(self) -> None:
        """Forget what was not read."""
        self._events.clear()
