"""Hands verdicts to the PLC side, takes them back, and stops the line: everything that the gate depends on.

The order is the safety: a verdict is in the ledger file before the PLC can read it, and the PLC has it before anybody
else hears of it. Must not know cameras or workers.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

from drivers.plc.interface import PlcLink
from drivers.plc.registers import ResultBlock
from station.core.ledger import LedgerError
from station.core.line import Line
from station.core.reasons import Outcome, Reason
from station.core.standing import Standing
from station.core.values import (
    Decision,
    Notice,
    StopLine,
    Withdraw,
)
from station.fault_codes import FaultCode
from station.logs import log_context
from station.notice_faults import FAULT_OF_ALARM, FAULT_OF_NOTICE
from station.reports import Journal, Reporter

_log = logging.getLogger("station.hand_off")

_NOT_OF_THE_PART = frozenset(
    {
        Reason.MISSED_TRIGGER,
        Reason.PLC_SILENT,
        Reason.STOPPING,
        Reason.TRACKING,
        Reason.LINE_STOPPED,
        Reason.COUNTERS,
    }
)
"""Rejects of all that was in flight: they say nothing about parts, lamp or lens, and begin no alarm over them."""


_NOT_THE_RECIPES = frozenset({Reason.WRONG_PART, Reason.UNKNOWN_PART})


def _was_wrong(reason: Reason) -> bool | None:
    """Whether the part was another than the recipe's; None where it was rejected before anybody could tell."""
    if reason in _NOT_THE_RECIPES:
        return True
    return None if reason.outcome is Outcome.FORCED else False


class HandOff:
    """Between the line machine and the PLC. `block_of` makes a decision's result block."""

    def __init__(
        self,
        line: Line,
        plc: PlcLink,
        reporter: Reporter,
        journal: Journal,
        standing: Standing,
        block_of: Callable[[Decision], ResultBlock],
    ) -> None:
        self._line, self._plc, self._reporter, self._journal = line, plc, reporter, journal
        self._standing, self._block_of = standing, block_of
        self._not_fetched: set[int] = set()

    @property
    def busy_with(self) -> str | None:
        """Why this is no instant between two parts, on the PLC's side; None: it has nothing to fetch or to tell.

        A result that is fetched later would be read as one of the recipe in use then.
        """
        if self._journal.counts.triggers != self._line.counts.triggers:
            return "a trigger of the PLC is on its way"
        if self._not_fetched:
            return f"{len(self._not_fetched)} results wait for the PLC to fetch them"
        return None

    def decided(self, decision: Decision) -> None:
        """To the ledger file, to the PLC, then to everybody else; what is logged meanwhile names the part."""
        part = decision.part
        with log_context(part_seq=part.trigger.part_seq, part_uid=part.uid):
            self._decided(decision)

    def _decided(self, decision: Decision) -> None:
        part_seq = decision.part.trigger.part_seq
        self._write(lambda: self._journal.decided(part_seq, decision.outcome))
        delivered = self._plc.publish(self._block_of(decision), decision.decided_ns)
        if delivered:
            self._not_fetched.add(part_seq)
        else:
            self._took_back(part_seq)
        self._reporter.decided(decision, time.monotonic_ns(), delivered=delivered)
        passed = decision.outcome is Outcome.PASSED
        if decision.reason not in _NOT_OF_THE_PART:
            for alarm in self._standing.decided(passed=passed, wrong_part=_was_wrong(decision.reason)):
                stands = self._standing.halted is not None
                self._reporter.alarm(alarm, stands=stands)
                if stands:
                    self._plc.raise_error(FAULT_OF_ALARM[alarm.kind].number)

    def taken(self, part_seq: int) -> None:
        """The PLC acknowledged the result."""
        self._not_fetched.discard(part_seq)
        self._line.result_taken(part_seq)
        self._journal.taken(part_seq)

    def withdraw(self, action: Withdraw) -> None:
        """Take a PASS back if the PLC has not seen it."""
        if self._plc.withdraw(action.part_seq, time.monotonic_ns()):
            self._took_back(action.part_seq)
            self._reporter.notice(Notice("verdict withdrawn", "", part_seqs=(action.part_seq,)))
            return
        self._line.result_taken(action.part_seq)  # the PLC has it: nothing here can change that any more
        if action.or_stop is not None:
            self.stop(action.or_stop)

    def dropped(self, part_seqs: Iterable[int]) -> None:
        """The gate will not open for these parts, though they were let pass: forced rejects after all."""
        for part_seq in part_seqs:
            if self._took_back(part_seq):
                self._reporter.notice(Notice("verdict withdrawn", "the gate did not open", part_seqs=(part_seq,)))

    def stop(self, action: StopLine) -> None:
        """The line stands until a person clears the error at the PLC."""
        code = FAULT_OF_NOTICE[action.kind]
        self._standing.stop(action.reason)
        self._plc.raise_error(code.number)
        self._reporter.stands(code, action.reason)

    def check_sums(self) -> None:
        """The ledger in memory against itself and against the file's own sums.

        Only when all decisions that the line machine gave at once are handed over: it has counted them all already.
        """
        counts, written = self._line.counts, self._journal.counts
        closed = (counts.passed, counts.rejected, counts.forced)
        # The file hears of a trigger before the line machine does, so it may be ahead by those under way.
        agree = closed == (written.passed, written.rejected, written.forced) and counts.triggers <= written.triggers
        if not (counts.balanced and agree):
            self._imbalance()

    def _took_back(self, part_seq: int) -> bool:
        if self._line.withdrawn(part_seq) is None:
            return False
        self._write(lambda: self._journal.withdrawn(part_seq))
        return True

    def _write(self, event: Callable[[], None]) -> None:
        try:
            event()
        except LedgerError as error:
            _log.critical("the ledger file contradicts the line: %s", error)
            self._imbalance()

    def _imbalance(self) -> None:
        self._standing.stop("the part ledger does not balance")
        self._plc.raise_error(FaultCode.LEDGER_IMBALANCE.number)
