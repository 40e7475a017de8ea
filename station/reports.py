"""What the inspection loop tells the rest of the station: the one Protocol between them."""

from __future__ import annotations

from typing import Protocol

from drivers.camera.interface import CameraEvent
from drivers.plc.messages import PlcEvent
from station.core.values import Decision, LateVerdict, Notice
from station.workers.events import WorkerDown, WorkerStuck, WorkerUp

DeviceEvent = WorkerUp | WorkerDown | WorkerStuck | PlcEvent


class Reporter(Protocol):
    """Whoever writes down, counts and shows; must return at once."""

    def decided(self, decision: Decision, handed_off_ns: int, *, delivered: bool) -> None:
        """A part has its outcome, and the PLC's registers have it (`delivered`)."""
        ...

    def late(self, late: LateVerdict) -> None:
        """A verdict came after its part was closed."""
        ...

    def notice(self, notice: Notice) -> None:
        """Something to count and to tell."""
        ...

    def device(self, event: DeviceEvent) -> None:
        """A device came, went or complained."""
        ...

    def camera(self, name: str, event: CameraEvent) -> None:
        """A camera came or went, or a frame of it did."""
        ...

    def ticked(self, now_ns: int, late_ns: int) -> None:
        """The loop is alive; it was `late_ns` behind its own clock."""
        ...
