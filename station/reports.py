"""What the inspection loop tells the rest of the station: the one Protocol between them."""

from __future__ import annotations

from typing import Protocol

from drivers.camera.interface import CameraEvent
from drivers.plc.messages import PlcEvent
from station.core.alarms import RejectAlarm
from station.core.ledger import LedgerCounts
from station.core.reasons import Outcome
from station.core.values import (
    Decision,
    LateVerdict,
    Notice,
    PartLeft,
)
from station.fault_codes import FaultCode
from station.workers.events import WorkerDown, WorkerStuck, WorkerUp

DeviceEvent = WorkerUp | WorkerDown | WorkerStuck | PlcEvent


class Journal(Protocol):
    """The ledger on the disk: each call returns at once, and what it wrote is there after a kill.

    LedgerError where an event contradicts what was written before.
    """

    def decided(self, part_seq: int, outcome: Outcome) -> None:
        """The part has its outcome; called before the PLC can read it."""
        ...

    def withdrawn(self, part_seq: int) -> None:
        """The part's PASS was taken back unseen: a forced reject."""
        ...

    def taken(self, part_seq: int) -> object:
        """The PLC acknowledged the result."""
        ...

    @property
    def counts(self) -> LedgerCounts:
        """Its own sums."""
        ...


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

    def alarm(self, alarm: RejectAlarm, *, stands: bool) -> None:
        """Too many rejects; `stands`: the line was stopped for it."""
        ...

    def stands(self, code: FaultCode, reason: str) -> None:
        """The line was stopped for this; it lasts until a person clears it."""
        ...

    def left(self, part: PartLeft) -> None:
        """A part has come to the end of its way."""
        ...

    def line_condition(self, code: FaultCode, *, begins: bool) -> None:
        """Low air or a full bin: it begins or is over."""
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
