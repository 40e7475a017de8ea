"""What the fail-safe test sees of the running station and may do to it: all that it may break leads to rejects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from drivers.plc.interface import PlcReports
from station.changeover.recipe_run import ActiveRecipe
from station.core.reasons import Reason
from station.core.standing import Standing
from station.core.values import (
    Decision,
)
from station.failsafe.watch import LineView, News
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.inspection import Inspection
from station.records.part_event import PartEvent
from station.records.writer import RecordWriter
from station.reporter import StationReporter
from station.sabotage import Sabotage

MARK = "fail-safe test"
"""The kind of the test's events in the records."""


class LineSide(Protocol):
    """The station as the test knows it. Each call returns at once."""

    def view(self) -> LineView:
        """How the line stands."""
        ...

    def simulated(self) -> list[str]:
        """Which of its devices are simulated."""
        ...

    def break_(self, sabotage: Sabotage) -> None:
        """From now on this is broken, and nothing else."""
        ...

    def listen(self, listener: Callable[[News], None] | None) -> None:
        """Who hears of everything on the line; None: nobody."""
        ...

    def mark(self, part_seq: int | None, detail: str, part_uid: int | None = None) -> None:
        """Write down beside the records that a part, or what follows, belongs to the test."""
        ...

    def fail(self, step: str, reason: str) -> None:
        """The test failed: the line stands until a person clears it."""
        ...

    def label_of(self, decision: Decision) -> str | None:
        """The class that a verdict names, None where it names none."""
        ...


class StationSide:
    """Implements `LineSide` over the station's own parts."""

    def __init__(
        self,
        active: ActiveRecipe,
        inspection: Inspection,
        reporter: StationReporter,
        records: RecordWriter,
        standing: Standing,
        faults: FaultBoard,
        plc: PlcReports,
        in_flight: Callable[[], int],
    ) -> None:
        self._active, self._inspection, self._reporter = active, inspection, reporter
        self._records, self._standing, self._faults, self._plc = records, standing, faults, plc
        self._in_flight = in_flight

    def view(self) -> LineView:
        """See LineSide."""
        readiness = self._inspection.readiness
        return LineView(self._waits(), readiness.halted, self._in_flight())

    def _waits(self) -> str | None:
        readiness = self._inspection.readiness
        if readiness.ready:
            return None
        if readiness.halted is not None:
            return f"the line stands ({readiness.halted}); clear the error at the PLC"
        if readiness.stopping:
            return "the station is stopping"
        if not readiness.plc_alive:
            return "the station waits for the PLC's heartbeat"
        if not readiness.can_inspect:
            return "a camera or the classifier is not up"
        if readiness.pausing:
            return "another recipe is about to take over"
        return readiness.waits_for or "the station has no room for a part"

    def simulated(self) -> list[str]:
        """See LineSide."""
        pulses = self._reporter.cameras.pulses
        cameras = ["camera"] if any(pulse.simulated for pulse in pulses.values()) else []
        return [*cameras, *(["PLC"] if self._active.loaded.config.peer == "simulated" else [])]

    def break_(self, sabotage: Sabotage) -> None:
        """See LineSide."""
        self._inspection.sabotage = sabotage

    def listen(self, listener: Callable[[News], None] | None) -> None:
        """See LineSide."""
        self._reporter.listener = listener

    def mark(self, part_seq: int | None, detail: str, part_uid: int | None = None) -> None:
        """See LineSide."""
        self._records.note(PartEvent.now(part_seq, MARK, detail, part_uid))

    def fail(self, step: str, reason: str) -> None:
        """See LineSide."""
        self._standing.stop("the fail-safe test failed")
        self._faults.raise_(FaultCode.FAILSAFE_FAILED, about=step, step=step, reason=reason)
        self._plc.raise_error(FaultCode.FAILSAFE_FAILED.number)

    def label_of(self, decision: Decision) -> str | None:
        """See LineSide."""
        facts = decision.facts
        if decision.reason is not Reason.DEFECT or facts is None:
            return None
        run = self._active.run.identity
        return run.labels[run.class_of(facts)]
