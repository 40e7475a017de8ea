"""What a station says and writes down of the parts that an earlier run left behind. Decides nothing about them.

They are rejected already: by the PLC, which lost its station, and in the ledger file, when it was opened.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from station.core.ledger import LedgerCounts
from station.core.reasons import Reason
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.ledger import Recovered
from station.records.fault_span import FaultSpan
from station.records.instant import instant
from station.records.log_queries import faults_open
from station.records.part_event import PartEvent
from station.records.queries import PartFilter, parts_page
from station.records.reading import open_for_reading
from station.records.record import PartRecord
from station.records.writer import RecordWriter

_NAMED = 8
_PASSED = 200
"""Enough to know what a usual picture is."""


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Faults whose end an earlier run did not write down, ended now; the newest passed parts, the oldest first."""

    faults: tuple[FaultSpan, ...] = ()
    passed: tuple[PartRecord, ...] = ()


def left_behind(database: Path) -> LeftBehind:
    """What the records of earlier runs say; nothing where there are none that can be read. Waits for the disk."""
    try:
        with closing(open_for_reading(database)) as connection:
            ended_at = instant(datetime.now(UTC))
            faults = tuple(replace(span, ended_at=ended_at) for span in faults_open(connection))
            newest = parts_page(connection, PartFilter(verdict="pass", limit=_PASSED)).parts
    except (sqlite3.Error, OSError):
        return LeftBehind()  # a new file, one of an older layout, or one that the writer will report
    return LeftBehind(faults, tuple(part.record for part in reversed(newest)))


def sums_of(recovered: Recovered) -> LedgerCounts:
    """The sums from which the ledger goes on: nothing is in flight any more."""
    sums = recovered.sums
    return LedgerCounts(sums.triggers, sums.passed, sums.rejected, sums.forced, 0)


def tell_restart(
    recovered: Recovered, faults: FaultBoard, records: RecordWriter, record_of_seq: Callable[[int], PartRecord]
) -> None:
    """Faults for people; a record for each part that was in flight; an event for each verdict that nobody fetched.

    `record_of_seq` makes the record of a part of which only the number is known.
    """
    if recovered.sentence is not None:
        faults.raise_(FaultCode.LEDGER_FILE, file="the ledger file", reason=recovered.sentence)
    for part_seq in recovered.in_flight:
        records.put(record_of_seq(part_seq))
    for part_seq, outcome in recovered.not_taken:
        detail = f"decided as {outcome.value}; the PLC had not acknowledged it when the station ended"
        records.note(PartEvent.now(part_seq, Reason.RESTARTED.text, detail))
    if recovered.in_flight or recovered.in_flight_unknown:
        faults.raise_(FaultCode.RESTARTED, parts=_numbers(recovered))


def _numbers(recovered: Recovered) -> str:
    named = ", ".join(str(part_seq) for part_seq in recovered.in_flight[:_NAMED])
    more = len(recovered.in_flight) - _NAMED + recovered.in_flight_unknown
    more = max(more, recovered.in_flight_unknown)
    return f"{named} and {more} more" if named and more > 0 else named or f"{more} of unknown number"
