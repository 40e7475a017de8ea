"""A line without a PLC: it lays part after part on the jig in its own pace, whether anybody looks or not.

Pure. It knows no verdict; gates and sensors are the coupler's. Must not know the bus.
"""

from __future__ import annotations

from drivers.cell.plc_gate import LineInputs
from drivers.cell.plc_program import ScanOutputs
from drivers.cell.plc_trigger import JigView, Turn
from drivers.plc.registers import ControlBlock

_LAST_SEQ = 0xFFFF


class LineAlone:
    """The drive's own control: a part each `period_ns` while `running`, then the belt emptied."""

    def __init__(self, period_ns: int, first_part_seq: int) -> None:
        self._period_ns = period_ns
        self._n = 0
        self._next_seq = first_part_seq
        self._due_ns: int | None = None
        self._swept = False

    def scan(self, now_ns: int, jig: JigView, line: LineInputs, *, running: bool) -> ScanOutputs:
        """One look; `running` False: the line is stopped and lays no part down.

        Before its first part it turns once empty: whoever comes to a line does not know what lies at its beginning.
        """
        self._swept = self._swept and running
        start_count = jig.next_start_count
        if start_count is None:
            return ScanOutputs(ControlBlock(), None, (), ())
        if running and jig.part_waiting and not self._swept:
            self._swept = True
            return ScanOutputs(ControlBlock(), None, (), (), move_on=True)
        turn = self._turn(now_ns, start_count) if running and jig.part_waiting else None
        return ScanOutputs(ControlBlock(), turn, (), (), move_on=turn is None and line.run_out)

    def _turn(self, now_ns: int, start_count: int) -> Turn | None:
        if self._due_ns is None:
            self._due_ns = now_ns
        if now_ns < self._due_ns:
            return None
        late_ns = now_ns - self._due_ns
        self._due_ns = (self._due_ns if late_ns < self._period_ns else now_ns) + self._period_ns
        self._n += 1
        part_seq, self._next_seq = self._next_seq, self._next_seq % _LAST_SEQ + 1
        return Turn(self._n, part_seq, start_count, now_ns)
