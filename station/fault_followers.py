"""Who follows the fault board: the records, which keep each fault over restarts, and the live feed of the page.

Must not know what raises a fault.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from station.fault import Fault
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.records.fault_span import FaultSpan
from station.records.instant import instant


class FaultRecords(Protocol):
    """Whoever writes faults down, without waiting."""

    def fault(self, span: FaultSpan) -> bool:
        """Queue it; False where there is no room."""
        ...


def span_of(fault: Fault) -> FaultSpan:
    """A fault as the records keep it."""
    return FaultSpan(
        fault_uid=fault.id,
        code=fault.code.value,
        about=fault.about,
        severity=fault.severity,
        sentence=fault.sentence,
        began_at=instant(fault.began_at),
        ended_at=None if fault.ended_at is None else instant(fault.ended_at),
        count=fault.count,
        acknowledged_by=fault.acknowledged_by,
        acknowledged_at=None if fault.acknowledged_at is None else instant(fault.acknowledged_at),
    )


def keep_faults(board: FaultBoard, records: FaultRecords) -> None:
    """Each beginning, end and acknowledgement goes to the records, also of what lasts already."""

    def keep(fault: Fault) -> None:
        records.fault(span_of(fault))

    board.listen(keep, keep, keep)


def tell_faults(board: FaultBoard, tell: Callable[[Fault, bool], None]) -> None:
    """`tell(fault, begins)` is called in this event loop, whichever thread has the news; an acknowledged one lasts on.

    To be called in the loop. News that come when the loop has ended are of interest to nobody.
    """
    loop = asyncio.get_running_loop()

    def in_loop(fault: Fault, begins: bool) -> None:
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(tell, fault, begins)

    board.listen(
        lambda fault: in_loop(fault, True),
        lambda fault: in_loop(fault, False),
        lambda fault: in_loop(fault, fault.length_s is None),
    )


def users_on_board(board: FaultBoard, file: object) -> Callable[[str | None], None]:
    """What the reader of the users' `file` calls: a sentence while it cannot be read, None when all is well."""

    def told(sentence: str | None) -> None:
        if sentence is None:
            board.clear(FaultCode.USERS_FILE)
        else:
            board.raise_(FaultCode.USERS_FILE, file=file, reason=sentence)

    return told
